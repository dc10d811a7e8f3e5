package address

import (
	"strings"

	"golang.org/x/net/idna"
)

var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// ASCIIDomain returns the form in which domains are compared and looked up:
// lower case, A-labels, no final dot. What cannot be converted is only brought
// to lower case.
func ASCIIDomain(s string) string {
	s = strings.TrimSuffix(s, ".")
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			if a, err := lookup.ToASCII(s); err == nil {
				return strings.ToLower(a)
			}
			break
		}
	}
	return strings.ToLower(s)
}

// NeedsUTF8 reports whether an address can be sent only with SMTPUTF8.
func (a Address) NeedsUTF8() bool {
	for i := 0; i < len(a.Local); i++ {
		if a.Local[i] >= 0x80 {
			return true
		}
	}
	return false
}
