package iconv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// Errors of conversion.
var (
	errInvalid = errors.New("invalid sequence")
	errCut     = errors.New("sequence is cut")
)

// source reads a character set.
type source interface {
	// next appends UTF-8 for the beginning of src and tells how much of it that was:
	// 1 byte at least without an error. With errInvalid the bytes of the fault, with
	// errCut the whole rest is taken.
	next(out, src []byte) ([]byte, int, error)
}

// step is the most that a source takes at once, in bytes.
const step = 4 << 10

// runes is a source made of a function that reads one character: n is 0 for a cut one,
// r is -1 for n invalid bytes.
type runes func(src []byte) (r rune, n int)

func (f runes) next(out, src []byte) ([]byte, int, error) {
	took := 0
	for took < len(src) && took < step {
		r, n := f(src[took:])
		switch {
		case n == 0:
			return out, len(src), errCut
		case r < 0:
			return out, took + n, errInvalid
		}
		out = utf8.AppendRune(out, r)
		took += n
	}
	return out, took, nil
}

func fromUTF8(src []byte) (rune, int) {
	if !utf8.FullRune(src) {
		return 0, 0
	}
	r, n := utf8.DecodeRune(src)
	if r == utf8.RuneError && n == 1 {
		return -1, 1
	}
	return r, n
}

// fromUTF16 reads UTF-16, or UCS-2, which has no pairs.
func fromUTF16(order binary.ByteOrder, pairs bool) runes {
	return func(src []byte) (rune, int) {
		if len(src) < 2 {
			return 0, 0
		}
		r := rune(order.Uint16(src))
		switch {
		case !utf16.IsSurrogate(r):
			return r, 2
		case !pairs || r >= 0xDC00:
			return -1, 2
		case len(src) < 4:
			return 0, 0
		}
		if p := utf16.DecodeRune(r, rune(order.Uint16(src[2:]))); p != utf8.RuneError {
			return p, 4
		}
		return -1, 2
	}
}

func fromUTF32(order binary.ByteOrder) runes {
	return func(src []byte) (rune, int) {
		if len(src) < 4 {
			return 0, 0
		}
		if u := order.Uint32(src); u <= utf8.MaxRune && utf8.ValidRune(rune(u)) {
			return rune(u), 4
		}
		return -1, 4
	}
}

// marked reads a set whose byte order the first character tells.
type marked struct {
	little, big runes
	unit        int
	chosen      runes
}

func (m *marked) next(out, src []byte) ([]byte, int, error) {
	if m.chosen != nil {
		return m.chosen.next(out, src)
	}
	m.chosen = m.little
	if r, n := m.little(src); n == m.unit && r == 0xFEFF {
		return out, n, nil
	}
	if r, n := m.big(src); n == m.unit && r == 0xFEFF {
		m.chosen = m.big
		return out, n, nil
	}
	return m.chosen.next(out, src)
}

// multibyte reads a set of golang.org/x/text, which gives U+FFFD for what is invalid.
type multibyte struct {
	transform.Transformer
	has bool // the set has U+FFFD itself: GB18030
}

const (
	replacement   = "\uFFFD"
	replacementGB = "\x84\x31\xA4\x37"
)

func (m multibyte) next(out, src []byte) ([]byte, int, error) {
	var buf [2 * step]byte
	dst := buf[:]
	for {
		n, took, err := m.Transform(dst, src[:min(len(src), step)], false)
		part := dst[:n]
		switch {
		case !bytes.Contains(part, []byte(replacement)):
		case !m.has:
			return append(out, bytes.ReplaceAll(part, []byte(replacement), nil)...), took, errInvalid
		case len(dst) > utf8.UTFMax-1:
			dst = dst[:len(replacement)] // no room for another character beside it
			continue
		case string(src[:took]) != replacementGB:
			return out, took, errInvalid
		}
		if out = append(out, part...); took == 0 {
			// A character that does not end within step bytes is none.
			if errors.Is(err, transform.ErrShortSrc) && len(src) <= step {
				return out, len(src), errCut
			}
			return out, 1, errInvalid
		}
		return out, took, nil
	}
}
