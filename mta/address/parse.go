package address

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Limits in bytes (RFC 5321 section 4.5.3.1). The local part is longer than
// the RFC asks for: generated senders are.
const (
	MaxLocal  = 256
	MaxDomain = 255
)

// Errors of Parse and ParsePath.
var (
	ErrLocal  = errors.New("bad local part")
	ErrDomain = errors.New("bad domain")
	ErrPath   = errors.New("bad path")
)

// Parse reads a mailbox without angle brackets (RFC 5321 section 4.1.2 with the
// UTF-8 of RFC 6531 section 3.3). "" is the null address; a local part without a
// domain is an error but for postmaster.
func Parse(s string) (Address, error) {
	if s == "" {
		return Address{}, nil
	}
	a, rest, err := mailbox(s)
	if err == nil && rest != "" {
		err = ErrDomain
	}
	if err != nil {
		return Address{}, err
	}
	return a, nil
}

// ParsePath reads the path at the start of the argument of MAIL or RCPT: in
// angle brackets, or bare up to white space as many clients send it. A source
// route is dropped (RFC 5321 appendix C). It returns what follows the path.
func ParsePath(s string) (a Address, rest string, err error) {
	inner, angle := strings.CutPrefix(s, "<")
	if !angle {
		a, rest, err = mailbox(s)
		if err == nil && rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			err = ErrPath
		}
		return a, rest, err
	}
	if rest, ok := strings.CutPrefix(inner, ">"); ok {
		return Address{}, rest, nil
	}
	if strings.HasPrefix(inner, "@") {
		i := strings.IndexByte(inner, ':')
		if i < 0 || strings.ContainsAny(inner[:i], "<> \t\"") {
			return Address{}, "", ErrPath
		}
		inner = inner[i+1:]
	}
	if a, rest, err = mailbox(inner); err != nil {
		return Address{}, "", err
	}
	rest, closed := strings.CutPrefix(rest, ">")
	if !closed {
		return Address{}, "", ErrPath
	}
	return a, rest, nil
}

// mailbox reads local-part@domain at the start of s.
func mailbox(s string) (a Address, rest string, err error) {
	if a.Local, rest, err = localPart(s); err != nil {
		return a, "", err
	}
	domain, ok := strings.CutPrefix(rest, "@")
	if !ok {
		if strings.EqualFold(a.Local, "postmaster") {
			return a, rest, nil
		}
		return a, "", ErrDomain
	}
	end := domainEnd(domain)
	a.Domain = domain[:end]
	if !ValidDomain(a.Domain) {
		return a, "", ErrDomain
	}
	return a, domain[end:], nil
}

func localPart(s string) (local, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		local, rest, err = quotedString(s)
	} else {
		end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && !atext(r) })
		if end < 0 {
			end = len(s)
		}
		if local, rest = s[:end], s[end:]; !dotAtom(local) {
			err = ErrLocal
		}
	}
	if err == nil && (len(local) > MaxLocal || !utf8.ValidString(local)) {
		err = ErrLocal
	}
	return local, rest, err
}

// quotedString reads "..." at the start of s, with quoted pairs (RFC 5321
// Quoted-string).
func quotedString(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\':
			if i++; i == len(s) || s[i] < ' ' || s[i] > '~' {
				return "", "", ErrLocal
			}
			b.WriteByte(s[i])
		case c < ' ' || c == 0x7f:
			return "", "", ErrLocal
		default:
			b.WriteByte(c)
		}
	}
	return "", "", ErrLocal
}

// atext is a character of an atom (RFC 5322 section 3.2.3, RFC 6532).
func atext(r rune) bool {
	switch {
	case 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80, '0' <= r && r <= '9':
		return true
	case r >= 0x80:
		return r != utf8.RuneError
	}
	return r != 0 && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// dotAtom reports whether s is atoms parted by single dots.
func dotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		if r != '.' && !atext(r) {
			return false
		}
	}
	return true
}

// domainEnd returns where a domain or address literal at the start of s ends.
func domainEnd(s string) int {
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 {
			return i + 1
		}
		return len(s)
	}
	if i := strings.IndexAny(s, "<> \t,;()\""); i >= 0 {
		return i
	}
	return len(s)
}

// ValidDomain reports whether s is a domain name, A-labels or UTF-8, or an
// address literal in brackets.
func ValidDomain(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if text, v6 := strings.CutPrefix(inner, "IPv6:"); v6 {
			ip, err := netip.ParseAddr(text)
			return ok && err == nil && ip.Is6() && ip.Zone() == ""
		}
		ip, err := netip.ParseAddr(inner)
		return ok && err == nil && ip.Is4()
	}
	if s == "" || len(s) > MaxDomain || !utf8.ValidString(s) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63*4 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r < 0x80 && r != '-' && r != '_' && !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9') {
				return false
			}
		}
	}
	return true
}

// QuoteLocal returns a local part as it stands before the @: quoted when it is
// no dot-atom.
func QuoteLocal(local string) string {
	if dotAtom(local) {
		return local
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(local); i++ {
		if c := local[i]; c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(local[i])
	}
	return b.String() + `"`
}
