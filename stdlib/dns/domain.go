package dns

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// profile is UTS 46 with the rules of IDNA2008, for one label.
var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule(), idna.VerifyDNSLength(true))

// dots are what UTS 46 takes for one.
var dots = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")

// Bounds of RFC 1035 section 2.3.4, in octets; a name is counted without its final dot.
const (
	maxLabel = 63
	maxName  = 253
)

// ToASCII returns the A-label form of a domain. ASCII labels only get lower case: names
// such as _dmarc or r3---sn-x are in use. ok is false when the domain is invalid.
func ToASCII(domain string) (string, bool) {
	return labels(domain, (*idna.Profile).ToASCII)
}

// ToUnicode returns the U-label form of a domain.
func ToUnicode(domain string) (string, bool) {
	if _, ok := ToASCII(domain); !ok { // so that its length is right, too
		return "", false
	}
	return labels(domain, (*idna.Profile).ToUnicode)
}

// labels converts a domain label by label. A final dot stays.
func labels(domain string, convert func(*idna.Profile, string) (string, error)) (string, bool) {
	if len(domain) > 8*maxName || strings.ContainsRune(domain, utf8.RuneError) { // or no UTF-8 at all
		return "", false
	}
	list := strings.Split(dots.Replace(domain), ".")
	end := ""
	if n := len(list); n > 1 && list[n-1] == "" {
		list, end = list[:n-1], "."
	}
	ascii := 0
	for i, l := range list {
		if l == "" || len(l) > 8*maxLabel {
			return "", false
		}
		special := strings.ContainsFunc(l, func(r rune) bool { return r > 127 })
		switch plain := lower(l); {
		case strings.ContainsFunc(plain, func(r rune) bool { return r <= ' ' || r == 0x7f }):
			return "", false
		case !special && !strings.HasPrefix(plain, "xn--"):
			if list[i] = plain; len(plain) > maxLabel {
				return "", false
			}
		default:
			s, err := convert(profile, l)
			if err != nil || s == "" || strings.ContainsAny(s, ". ") {
				return "", false
			}
			list[i] = s
		}
		ascii += len(list[i]) + 1
	}
	out := strings.Join(list, ".")
	return out + end, ascii-1 <= maxName || !isASCII(out)
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 }) }

// lower changes A to Z only.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// PublicSuffix returns the longest public suffix of a domain in lower case, in the form
// (ASCII or Unicode) that the domain has; ok is false when no rule of the Public Suffix
// List fits or the domain is invalid.
func PublicSuffix(domain string) (suffix string, ok bool) {
	domain = strings.TrimSuffix(domain, ".")
	ascii, ok := ToASCII(domain)
	if _, err := netip.ParseAddr(ascii); !ok || err == nil {
		return "", false
	}
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	n := strings.Count(suffix, ".") + 1
	if !icann && n == 1 { // the list has an implicit rule for what it does not know
		return "", false
	}
	if isASCII(domain) {
		return suffix, true
	}
	decoded, ok := ToUnicode(domain)
	list := strings.Split(decoded, ".")
	return strings.Join(list[max(0, len(list)-n):], "."), ok
}
