package address

import "strings"

// Address is one SMTP mailbox (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//
// The zero value is the null reverse-path "<>".
type Address struct {
	Local  string // local part, unquoted, case kept
	Domain string // domain as received (A-labels kept) or address literal with brackets; "" for a bare postmaster
}

// IsNull reports whether a is the null reverse-path.
func (a Address) IsNull() bool { return a.Local == "" && a.Domain == "" }

// String returns the wire form without angle brackets: the local part quoted
// when it is not a dot-atom. The null address gives "".
func (a Address) String() string {
	if a.IsNull() {
		return ""
	}
	if a.Domain == "" {
		return QuoteLocal(a.Local)
	}
	return QuoteLocal(a.Local) + "@" + a.Domain
}

// Lower returns the lower-case form that scripts and logs compare.
func (a Address) Lower() string { return strings.ToLower(a.String()) }
