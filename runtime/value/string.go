package value

import (
	"strings"
	"unsafe"
)

// buffer is the shared store of strings made by appending.
type buffer struct{ b []byte }

// smallString is the length up to which appending makes a plain string.
const smallString = 64

// Append returns the string s with the text of the parts behind it. When s ends
// where its buffer ends, the bytes are added in place.
func Append(s Value, parts []Value) Value {
	n := int(s.n >> 8)
	if Kind(s.n) == kBuffer {
		if buf := (*buffer)(s.p); len(buf.b) == n {
			b := buf.b
			for _, p := range parts {
				b = AppendText(b, p)
			}
			buf.b = b
			s.n = uint64(kBuffer) | uint64(len(b))<<8
			return s
		}
	}
	if size, exact := textSize(parts); exact && n+size <= smallString {
		var room [smallString]byte
		b := append(room[:0], s.Str()...)
		for _, p := range parts {
			b = AppendText(b, p)
		}
		return Str(string(b))
	} else {
		b := append(make([]byte, 0, 2*(n+size)), s.Str()...)
		for _, p := range parts {
			b = AppendText(b, p)
		}
		return Value{unsafe.Pointer(&buffer{b}), uint64(kBuffer) | uint64(len(b))<<8}
	}
}

// AppendText appends the text of v, as String gives it, to b.
func AppendText(b []byte, v Value) []byte {
	if v.IsNumber() {
		return AppendNumber(b, v.Num())
	}
	if v.IsString() {
		return append(b, v.Str()...)
	}
	return append(b, v.String()...)
}

// textSize bounds the text of the parts; exact is false when there are others
// than strings and numbers, which are not counted.
func textSize(parts []Value) (n int, exact bool) {
	exact = true
	for _, p := range parts {
		if p.IsNumber() {
			n += maxNumber
		} else if p.IsString() {
			n += int(p.n >> 8)
		} else {
			exact = false
		}
	}
	return n, exact
}

// TextSize is the length of the text of v, exact for strings, at least that for
// others.
func TextSize(v Value) int {
	if v.IsString() {
		return len(v.Str())
	}
	if v.IsNumber() {
		return maxNumber
	}
	return len(v.String())
}

// maxNumber is the length of the longest number as text.
const maxNumber = 25

// Joined returns the text of the parts as one string.
func Joined(parts []Value) Value {
	n, exact := textSize(parts)
	if exact && n <= smallString {
		var room [smallString]byte
		b := room[:0]
		for _, p := range parts {
			b = AppendText(b, p)
		}
		return Str(string(b))
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = AppendText(b, p)
	}
	return Bytes(b)
}

// Concat returns the string a followed by b.
func Concat(a, b string) Value {
	if len(a) == 0 {
		return Str(b)
	}
	if len(b) == 0 {
		return Str(a)
	}
	buf := make([]byte, len(a)+len(b))
	copy(buf, a)
	copy(buf[len(a):], b)
	return Bytes(buf)
}

var singles = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	return t
}()

// Byte returns a string of one byte without allocating.
func Byte(c byte) Value { return Value{unsafe.Pointer(&singles[c]), uint64(KString) | 1<<8} }

// Split fills an empty array with room for n with the n parts of s between the n-1
// delimiters in it, which are not empty. They share its memory.
func (a *Array) Split(s, delimiter string, n int) {
	a.vals = a.vals[:n]
	for i := range n - 1 {
		var end int
		if len(delimiter) == 1 {
			end = strings.IndexByte(s, delimiter[0])
		} else {
			end = strings.Index(s, delimiter)
		}
		a.vals[i] = Str(s[:end])
		s = s[end+len(delimiter):]
	}
	a.vals[n-1] = Str(s)
}
