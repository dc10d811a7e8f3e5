package str

import (
	"encoding/binary"
	"strings"
	"unsafe"
)

// Find returns the first position of sub at or behind offset, -1 for none. A
// negative offset counts from the end.
func Find(s, sub string, offset int) int {
	if offset < 0 {
		offset = max(0, len(s)+offset)
	}
	if offset > len(s) {
		return -1
	}
	i := strings.Index(s[offset:], sub)
	if i < 0 {
		return -1
	}
	return offset + i
}

// FindLast returns the last position of sub in s without its final offset
// bytes, -1 for none.
func FindLast(s, sub string, offset int) int {
	if offset < 0 || offset > len(s) {
		return -1
	}
	return strings.LastIndex(s[:len(s)-offset], sub)
}

// Split cuts s at delimiter: into at most limit parts when it is positive, with
// the rest in the last, at most -limit parts from the right when it is negative,
// with the rest in the first. An empty delimiter gives single bytes.
func Split(s, delimiter string, limit int) []string {
	if delimiter == "" {
		return bytesOf(s, limit)
	}
	if limit >= 0 {
		if limit == 0 {
			limit = -1
		}
		return strings.SplitN(s, delimiter, limit)
	}
	parts := -limit
	var out []string
	for len(out) < parts-1 {
		i := strings.LastIndex(s, delimiter)
		if i < 0 {
			break
		}
		out = append(out, s[i+len(delimiter):])
		s = s[:i]
	}
	out = append(out, s)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func bytesOf(s string, limit int) []string {
	n := len(s)
	first := 1
	switch {
	case n == 0:
		return []string{""}
	case limit > 0:
		n = min(n, limit)
	case limit < 0:
		n = min(n, -limit)
		first = len(s) - n + 1
	}
	out := make([]string, 0, n)
	at := 0
	for i := range n {
		size := 1
		if i == 0 {
			size = first
		}
		if i == n-1 {
			size = len(s) - at
		}
		out = append(out, s[at:at+size])
		at += size
	}
	return out
}

// Slice returns length bytes from offset on; both may count from the end, and
// what lies outside the string is cut. A nil length means the rest.
func Slice(s string, offset int, length *int) string {
	from := offset
	if from < 0 {
		from += len(s)
	}
	from = min(max(from, 0), len(s))
	to := len(s)
	if length != nil {
		if n := *length; n < 0 {
			to = len(s) + n
		} else if n < len(s)-from {
			to = from + n
		}
	}
	return s[from:max(from, to)]
}

// Chunk cuts s into pieces of length bytes, the first of first bytes.
func Chunk(s string, length, first int) []string {
	var out []string
	for size := first; s != ""; size = length {
		n := min(size, len(s))
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// Lower changes A to Z, and nothing else.
func Lower(s string) string { return shift(s, 'A', 'Z') }

// Upper changes a to z, and nothing else.
func Upper(s string) string { return shift(s, 'a', 'z') }

func shift(s string, lo, hi byte) string {
	for i := 0; i < len(s); i++ {
		if s[i] < lo || s[i] > hi {
			continue
		}
		b := []byte(s)
		for ; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], shift8(binary.LittleEndian.Uint64(b[i:]), lo))
		}
		for ; i < len(b); i++ {
			// 0xff above the low byte when b[i] is one of the 26: names and addresses
			// mix cases in ways that no branch foretells.
			b[i] ^= byte((uint16(b[i]-lo)-26)>>8) & 0x20
		}
		return unsafe.String(unsafe.SliceData(b), len(b)) // nobody else has b
	}
	return s
}

// shift8 is shift for eight bytes. The sums of seven bits each tell by their highest
// bit whether a byte is at least lo, and whether it is above the 26.
func shift8(x uint64, lo byte) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	low := x &^ high
	from := low + each*uint64(0x80-lo)
	above := low + each*uint64(0x80-lo-26)
	return x ^ (from&^above&^x&high)>>2
}

// Trim removes bytes of the set cut from one or both ends.
func Trim(s, cut string, left, right bool) string {
	from, to := 0, len(s)
	for left && from < to && strings.IndexByte(cut, s[from]) >= 0 {
		from++
	}
	for right && from < to && strings.IndexByte(cut, s[to-1]) >= 0 {
		to--
	}
	return s[from:to]
}
