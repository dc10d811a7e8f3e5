package value

import "unsafe"

// buffer is the shared store of strings made by appending.
type buffer struct{ b []byte }

// smallString is the length up to which appending makes a plain string.
const smallString = 64

// Append returns the string s with t behind it. When s ends where its buffer
// ends, the bytes are added in place.
func Append(s Value, t string) Value {
	if len(t) == 0 {
		return s
	}
	n := int(s.n >> 8)
	if Kind(s.n) == kBuffer {
		buf := (*buffer)(s.p)
		if len(buf.b) == n {
			buf.b = append(buf.b, t...)
			s.n = uint64(kBuffer) | uint64(n+len(t))<<8
			return s
		}
	}
	if n+len(t) <= smallString {
		b := make([]byte, 0, n+len(t))
		b = append(append(b, s.Str()...), t...)
		return Bytes(b)
	}
	b := make([]byte, 0, 2*(n+len(t)))
	b = append(append(b, s.Str()...), t...)
	return Value{unsafe.Pointer(&buffer{b}), uint64(kBuffer) | uint64(len(b))<<8}
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
