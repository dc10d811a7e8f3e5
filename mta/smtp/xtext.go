package smtp

import (
	"errors"
	"fmt"
)

// ErrXtext is wrapped by the errors of DecodeXtext.
var ErrXtext = errors.New("bad xtext")

const upperHex = "0123456789ABCDEF"

// EncodeXtext encodes s as xtext (RFC 3461 section 4): everything but visible
// ASCII other than '+' and '=' becomes +HH.
func EncodeXtext(s string) string {
	n := 0
	for i := 0; i < len(s); i++ {
		if !xchar(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	dst := make([]byte, 0, len(s)+2*n)
	for i := 0; i < len(s); i++ {
		if xchar(s[i]) {
			dst = append(dst, s[i])
		} else {
			dst = appendHexchar(dst, s[i])
		}
	}
	return string(dst)
}

// DecodeXtext decodes xtext. Digits of both cases are taken; an incomplete
// hexchar, a '=' or a byte that is not visible ASCII is an error.
func DecodeXtext(s string) (string, error) {
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			if i+2 >= len(s) {
				return "", fmt.Errorf("%w: incomplete hexchar", ErrXtext)
			}
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if !ok1 || !ok2 {
				return "", fmt.Errorf("%w: %s is not a hexchar", ErrXtext, quoteShort([]byte(s[i:i+3])))
			}
			dst = append(dst, hi<<4|lo)
			i += 2
		case xchar(c):
			dst = append(dst, c)
		default:
			return "", fmt.Errorf("%w: byte %#02x", ErrXtext, c)
		}
	}
	return string(dst), nil
}

func xchar(c byte) bool { return '!' <= c && c <= '~' && c != '+' && c != '=' }

func appendHexchar(dst []byte, c byte) []byte {
	return append(dst, '+', upperHex[c>>4], upperHex[c&15])
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
