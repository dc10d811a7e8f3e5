package encode

import (
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// DecodeBase64 decodes up to padding or the first byte that is not in the
// alphabet; ASCII white space is skipped (RFC 4648 section 4).
func DecodeBase64(s string) string { return decode64(s, base64.StdEncoding, '+', '/') }

// DecodeBase64URL decodes the URL alphabet, padded or not (RFC 4648 section 5).
func DecodeBase64URL(s string) string { return decode64(s, base64.URLEncoding, '-', '_') }

func decode64(s string, enc *base64.Encoding, c62, c63 byte) string {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if space(c) {
			continue
		}
		if !alnum(c) && c != c62 && c != c63 {
			break
		}
		clean = append(clean, c)
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1] // six bits make no byte
	}
	out := make([]byte, enc.WithPadding(base64.NoPadding).DecodedLen(len(clean)))
	n, _ := enc.WithPadding(base64.NoPadding).Decode(out, clean)
	return string(out[:n])
}

// DecodeBase32 decodes up to padding or the first byte that is not in the
// alphabet, in either case (RFC 4648 section 6).
func DecodeBase32(s string) string {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if space(c) {
			continue
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if !('A' <= c && c <= 'Z' || '2' <= c && c <= '7') {
			break
		}
		clean = append(clean, c)
	}
	if n := len(clean) % 8; n == 1 || n == 3 || n == 6 {
		clean = clean[:len(clean)-1]
	}
	enc := base32.StdEncoding.WithPadding(base32.NoPadding)
	out := make([]byte, enc.DecodedLen(len(clean)))
	n, _ := enc.Decode(out, clean)
	return string(out[:n])
}

func space(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

const upperHex = "0123456789ABCDEF"

// EncodeURL escapes everything but the unreserved characters (RFC 3986 section
// 2.3).
func EncodeURL(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; alnum(c) || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}

// DecodeURL decodes %XX; everything else stays, also a malformed %.
func DecodeURL(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
