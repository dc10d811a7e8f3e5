package iconv

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// sink writes a character set.
type sink interface {
	// put appends the form of s, which is UTF-8, and tells how much of it that was: not
	// all of it when the next character has no form.
	put(out, s []byte) ([]byte, int)
	// end appends what must stand at the end.
	end(out []byte) []byte
}

// writer is a sink made of a function that appends one character, or reports false.
type writer func(out []byte, r rune) ([]byte, bool)

func (f writer) put(out, s []byte) ([]byte, int) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		var ok bool
		if out, ok = f(out, r); !ok {
			return out, i
		}
		i += n
	}
	return out, len(s)
}

func (f writer) end(out []byte) []byte { return out }

func toUTF8(out []byte, r rune) ([]byte, bool) { return utf8.AppendRune(out, r), true }

func toUTF16(order binary.AppendByteOrder, pairs bool) writer {
	return func(out []byte, r rune) ([]byte, bool) {
		if r <= 0xFFFF {
			return order.AppendUint16(out, uint16(r)), true
		}
		if !pairs {
			return out, false
		}
		a, b := utf16.EncodeRune(r)
		return order.AppendUint16(order.AppendUint16(out, uint16(a)), uint16(b)), true
	}
}

func toUTF32(order binary.AppendByteOrder) writer {
	return func(out []byte, r rune) ([]byte, bool) { return order.AppendUint32(out, uint32(r)), true }
}

// withMark writes a byte order mark before the first character.
func withMark(f writer) writer {
	begun := false
	return func(out []byte, r rune) ([]byte, bool) {
		if !begun {
			begun = true
			out, _ = f(out, 0xFEFF)
		}
		return f(out, r)
	}
}

// encoder writes a set of golang.org/x/text.
type encoder struct{ transform.Transformer }

func (e encoder) put(out, s []byte) ([]byte, int) {
	var buf [step]byte
	took := 0
	for took < len(s) {
		n, k, err := e.Transform(buf[:], s[took:], false)
		out, took = append(out, buf[:n]...), took+k
		if err != nil && err != transform.ErrShortDst {
			break
		}
	}
	return out, took
}

func (e encoder) end(out []byte) []byte {
	var buf [16]byte
	n, _, _ := e.Transform(buf[:], nil, true)
	return append(out, buf[:n]...)
}
