package spf

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// record is a parsed policy.
type record struct {
	terms         []term
	redirect, exp string // domain-specs, "" for none
}

// term is one directive.
type term struct {
	text   string // as it stands in the record
	result Result // when it matches
	kind   string // all, include, a, mx, ptr, ip4, ip6, exists
	domain string // domain-spec, "" for the current domain
	net    netip.Prefix
	v4, v6 int // prefix lengths of a and mx
}

var qualifiers = map[byte]Result{'+': Pass, '-': Fail, '~': SoftFail, '?': Neutral}

// version reports whether a TXT record is a policy (RFC 7208 section 4.5).
func version(txt string) bool {
	return len(txt) >= 6 && strings.EqualFold(txt[:6], "v=spf1") && (len(txt) == 6 || txt[6] == ' ')
}

var (
	modifierName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)
	cidr         = regexp.MustCompile(`^(.*?)(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?$`)
)

// parse reads a policy; any error makes the whole of it a permerror.
func parse(txt string) (*record, error) {
	r := &record{}
	seen := map[string]bool{}
	for _, word := range strings.Split(txt[6:], " ") {
		if word == "" {
			continue
		}
		i := strings.IndexAny(word, ":/=")
		if i >= 0 && word[i] == '=' {
			if err := r.modifier(word[:i], word[i+1:], seen); err != nil {
				return nil, err
			}
			continue
		}
		t, err := directive(word)
		if err != nil {
			return nil, err
		}
		r.terms = append(r.terms, t)
	}
	return r, nil
}

func (r *record) modifier(name, text string, seen map[string]bool) error {
	name = strings.ToLower(name)
	if !modifierName.MatchString(name) {
		return fmt.Errorf("'%s=' is no modifier", printable(name))
	}
	if name != "redirect" && name != "exp" {
		_, err := macros(text, false)
		return err
	}
	if seen[name] {
		return fmt.Errorf("'%s=' is given twice", name)
	}
	seen[name] = true
	if err := domainSpec(text); err != nil {
		return err
	}
	if name == "redirect" {
		r.redirect = text
	} else {
		r.exp = text
	}
	return nil
}

func directive(word string) (term, error) {
	t := term{text: printable(word), result: Pass, v4: 32, v6: 128}
	if q, ok := qualifiers[word[0]]; ok {
		t.result, word = q, word[1:]
	}
	i := strings.IndexAny(word, ":/")
	name, rest := word, ""
	if i >= 0 {
		name, rest = word[:i], word[i:]
	}
	t.kind = strings.ToLower(name)
	bad := func() (term, error) { return t, fmt.Errorf("'%s' is not valid", t.text) }
	value, given := strings.CutPrefix(rest, ":")
	switch t.kind {
	case "all":
		if rest != "" {
			return bad()
		}
	case "ip4", "ip6":
		var ok bool
		if t.net, ok = network(t.kind, value); !ok {
			return bad()
		}
	case "include", "exists":
		t.domain = value
		if !given || domainSpec(value) != nil {
			return bad()
		}
	case "ptr":
		t.domain = value
		if rest != "" && (!given || domainSpec(value) != nil) {
			return bad()
		}
	case "a", "mx":
		m := cidr.FindStringSubmatch(rest)
		t.domain, given = strings.CutPrefix(m[1], ":")
		if m[1] != "" && (!given || domainSpec(t.domain) != nil) {
			return bad()
		}
		if m[2] != "" {
			t.v4, _ = strconv.Atoi(m[2])
		}
		if m[3] != "" {
			t.v6, _ = strconv.Atoi(m[3])
		}
		if t.v4 > 32 || t.v6 > 128 {
			return bad()
		}
	default:
		return t, fmt.Errorf("'%s' is no mechanism", t.text)
	}
	return t, nil
}

// network reads the address and prefix of ip4 and ip6.
func network(kind, s string) (netip.Prefix, bool) {
	text, bits, cut := strings.Cut(s, "/")
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" || ip.Is4() != (kind == "ip4") {
		return netip.Prefix{}, false
	}
	n := ip.BitLen()
	if cut {
		m := cidr.FindStringSubmatch("//" + bits)
		if m[1] != "" || m[3] == "" {
			return netip.Prefix{}, false
		}
		if n, _ = strconv.Atoi(m[3]); n > ip.BitLen() {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(ip, n).Masked(), true
}

var topLabel = regexp.MustCompile(`\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?$`)

// domainSpec checks a domain with macros: it ends in a macro, or in a label that is
// not all digits (RFC 7208 section 7.1).
func domainSpec(s string) error {
	parts, err := macros(s, false)
	if err != nil {
		return err
	}
	if len(parts) > 0 && parts[len(parts)-1].letter != 0 {
		return nil
	}
	m := topLabel.FindString(s)
	if m == "" || strings.Trim(m, ".0123456789") == "" {
		return errors.New("want a domain")
	}
	return nil
}

// printable is text for a log line.
func printable(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, s)
}
