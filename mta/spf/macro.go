package spf

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// part is a piece of a macro string: text, or one macro.
type part struct {
	text   string
	letter byte // lower case, 0 for text
	escape bool // upper-case letter: URL-escaped
	keep   int  // right-most parts, 0 for all
	revert bool
	delims string
}

const delimiters = ".-+,/_="

// macros parses a macro string (RFC 7208 section 7.1). In an explanation spaces and
// the letters c, r and t are allowed.
func macros(s string, explanation bool) ([]part, error) {
	var out []part
	text := func(c string) {
		if n := len(out); n > 0 && out[n-1].letter == 0 {
			out[n-1].text += c
		} else {
			out = append(out, part{text: c})
		}
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c != '%' {
			if c < 0x21 && !(explanation && c == ' ') || c > 0x7e {
				return nil, errors.New("a character that is not allowed")
			}
			j := i + 1
			for j < len(s) && s[j] != '%' && s[j] > ' ' && s[j] <= 0x7e {
				j++
			}
			text(s[i:j])
			i = j
			continue
		}
		if i+1 == len(s) {
			return nil, errors.New("a single %")
		}
		switch s[i+1] {
		case '%':
			text("%")
		case '_':
			text(" ")
		case '-':
			text("%20")
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return nil, errors.New("a macro without }")
			}
			p, err := macro(s[i+2:i+end], explanation)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
			i += end + 1
			continue
		default:
			return nil, errors.New("a single %")
		}
		i += 2
	}
	return out, nil
}

// macro parses what stands between the braces.
func macro(s string, explanation bool) (part, error) {
	bad := errors.New("a macro that is not valid")
	if s == "" {
		return part{}, bad
	}
	p := part{letter: s[0] | 0x20, escape: s[0] < 'a'}
	letters := "slodiphv"
	if explanation {
		letters += "crt"
	}
	if !strings.Contains(letters, string(p.letter)) || s[0] != p.letter && s[0] != p.letter-0x20 {
		return p, bad
	}
	rest := strings.TrimLeft(s[1:], "0123456789")
	if digits := s[1 : len(s)-len(rest)]; digits != "" {
		n, err := strconv.Atoi(digits)
		if err != nil {
			n = 128 // more than any name has
		}
		if n == 0 {
			return p, bad
		}
		p.keep = n
	}
	if rest != "" && rest[0]|0x20 == 'r' {
		p.revert, rest = true, rest[1:]
	}
	if strings.Trim(rest, delimiters) != "" {
		return p, bad
	}
	p.delims = rest
	return p, nil
}

// transform applies the transformers of a macro to its value.
func (p *part) transform(s string) string {
	if p.keep > 0 || p.revert || p.delims != "" {
		delims := p.delims
		if delims == "" {
			delims = "."
		}
		parts := splitAny(s, delims)
		if p.revert {
			slices.Reverse(parts)
		}
		if p.keep > 0 && p.keep < len(parts) {
			parts = parts[len(parts)-p.keep:]
		}
		s = strings.Join(parts, ".")
	}
	if p.escape {
		s = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	}
	return s
}

// splitAny splits at each of the bytes, empty parts included.
func splitAny(s, delims string) []string {
	var out []string
	for {
		i := strings.IndexAny(s, delims)
		if i < 0 {
			return append(out, s)
		}
		out, s = append(out, s[:i]), s[i+1:]
	}
}

// expand expands a macro string that was parsed well before, for a domain.
func (c *check) expand(s, domain string, explanation bool) (string, error) {
	parts, err := macros(s, explanation)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range parts {
		p := &parts[i]
		if p.letter == 0 {
			b.WriteString(p.text)
			continue
		}
		v, err := c.value(p.letter, domain)
		if err != nil {
			return "", err
		}
		b.WriteString(p.transform(v))
		if b.Len() > maxExpansion {
			return "", errPerm("an expansion that is too long")
		}
	}
	return b.String(), nil
}

// maxExpansion bounds what macros expand to, in bytes.
const maxExpansion = 8192

func (c *check) value(letter byte, domain string) (string, error) {
	switch letter {
	case 's':
		return c.local + "@" + c.sender, nil
	case 'l':
		return c.local, nil
	case 'o':
		return c.sender, nil
	case 'd':
		return domain, nil
	case 'i':
		return dotted(c.ip), nil
	case 'p':
		return c.validated(domain)
	case 'v':
		if c.ip.Is4() {
			return "in-addr", nil
		}
		return "ip6", nil
	case 'h':
		return c.o.Helo, nil
	case 'c':
		return c.ip.String(), nil
	case 'r':
		if c.o.Receiver == "" {
			return "unknown", nil
		}
		return c.o.Receiver, nil
	}
	return strconv.FormatInt(c.o.Now.Unix(), 10), nil // t
}

// dotted is an address in the form of macro i: nibbles for IPv6.
func dotted(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	const hex = "0123456789ABCDEF"
	var out []byte
	for _, b := range ip.As16() {
		out = append(out, hex[b>>4], '.', hex[b&15], '.')
	}
	return string(out[:len(out)-1])
}
