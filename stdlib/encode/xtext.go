package encode

import "strings"

// EncodeXtext encodes for an ESMTP parameter: + and = and everything outside
// printable ASCII as +XX (RFC 3461 section 4).
func EncodeXtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c > ' ' && c <= '~' && c != '+' && c != '=' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'+', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}

// DecodeXtext decodes +XX; a malformed + stays.
func DecodeXtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			b.WriteByte(byte(hexDigit(s[i+1])<<4 | hexDigit(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
