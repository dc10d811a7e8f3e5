package encode

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// item is one code of a pack format.
type item struct {
	code  byte
	count int // -1: *
	given bool
}

// numeric tells the size of the number codes in bytes.
var numeric = map[byte]int{'c': 1, 'C': 1, 'n': 2, 'v': 2, 'N': 4, 'V': 4, 'e': 8, 'E': 8}

// parseFormat reads a pack format.
func parseFormat(s string) ([]item, bool) {
	var out []item
	for i := 0; i < len(s); {
		c := s[i]
		i++
		if c == ' ' {
			continue
		}
		for i < len(s) && s[i] == ' ' {
			i++ // between a code and its count
		}
		if numeric[c] == 0 && strings.IndexByte("aZHx", c) < 0 {
			return nil, false
		}
		it := item{code: c, count: 1}
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		switch {
		case i > from:
			n, err := strconv.Atoi(s[from:i])
			if err != nil || n > value.MaxString {
				return nil, false
			}
			it.count, it.given = n, true
		case i < len(s) && s[i] == '*':
			i++
			it.count, it.given = -1, true
		}
		out = append(out, it)
	}
	return out, true
}

// Pack returns the bytes that a format makes of arguments; ok is false where the
// format and the arguments do not fit.
func Pack(format string, args []value.Value) (string, bool) {
	items, ok := parseFormat(format)
	if !ok || packedSize(items, args) > value.MaxString {
		return "", false
	}
	var out []byte
	for _, it := range items {
		switch {
		case it.code == 'x':
			if it.count < 0 {
				return "", false
			}
			out = append(out, make([]byte, it.count)...)
		case numeric[it.code] > 0:
			n := it.count
			if n < 0 {
				n = len(args)
			}
			if n > len(args) {
				return "", false
			}
			for _, a := range args[:n] {
				if a.Kind() != value.KNumber {
					return "", false
				}
				out = appendNumber(out, it.code, a.Num())
			}
			args = args[n:]
		default:
			if len(args) == 0 || !args[0].IsString() {
				return "", false
			}
			if out, ok = appendText(out, it, args[0].Str()); !ok {
				return "", false
			}
			args = args[1:]
		}
	}
	return string(out), len(args) == 0
}

// packedSize returns about how many bytes a format makes: never fewer than it does.
func packedSize(items []item, args []value.Value) int {
	size := 0
	for _, it := range items {
		n := max(it.count, 0)
		switch per := numeric[it.code]; {
		case it.code == 'x':
		case per > 0:
			if it.count < 0 {
				n = len(args)
			}
			n = min(n, len(args))
			args = args[n:]
			n *= per
		case len(args) > 0:
			if it.count < 0 || it.code == 'H' {
				n = 1
				if args[0].IsString() {
					n += len(args[0].Str())
				}
			}
			args = args[1:]
		}
		if size += n; size > value.MaxString {
			return size
		}
	}
	return size
}

func appendNumber(b []byte, code byte, f float64) []byte {
	switch code {
	case 'e':
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	case 'E':
		return binary.BigEndian.AppendUint64(b, math.Float64bits(f))
	}
	n := uint32(value.Int32(f))
	switch code {
	case 'n':
		return binary.BigEndian.AppendUint16(b, uint16(n))
	case 'v':
		return binary.LittleEndian.AppendUint16(b, uint16(n))
	case 'N':
		return binary.BigEndian.AppendUint32(b, n)
	case 'V':
		return binary.LittleEndian.AppendUint32(b, n)
	}
	return append(b, byte(n))
}

func appendText(b []byte, it item, s string) ([]byte, bool) {
	if it.code == 'H' {
		n := it.count
		if n < 0 {
			n = len(s)
		}
		if n > len(s) {
			return nil, false
		}
		s = s[:n]
		if n%2 == 1 {
			s += "0"
		}
		raw, err := hex.DecodeString(s)
		return append(b, raw...), err == nil
	}
	n := it.count
	if n < 0 {
		if n = len(s); it.code == 'Z' {
			n++
		}
	}
	keep := n
	if it.code == 'Z' {
		keep = max(n-1, 0)
	}
	s = s[:min(len(s), keep)]
	b = append(b, s...)
	return append(b, make([]byte, n-len(s))...), true
}

// errPack says that a format and its data do not fit.
var errPack = errors.New("the format does not fit")

// Unpack returns the values that a format reads from data at offset. grow is told
// of the memory that they take.
func Unpack(format, data string, offset int, grow func(n int) error) (*value.Array, error) {
	items, ok := parseFormat(format)
	if !ok || offset < 0 || offset > len(data) {
		return nil, errPack
	}
	data = data[offset:]
	out := value.NewArray(0)
	for _, it := range items {
		if size := numeric[it.code]; size > 0 {
			n := it.count
			if n < 0 {
				n = len(data) / size
			}
			if n > len(data)/size {
				return nil, errPack
			}
			if err := grow(2 * n * value.ElementSize); err != nil {
				return nil, err
			}
			for range n {
				out.Append(value.Num(readNumber(data[:size], it.code)))
				data = data[size:]
			}
			continue
		}
		n := it.count
		if it.code == 'H' && n > 0 {
			n = (n + 1) / 2
		}
		if n < 0 {
			n = len(data)
			if i := strings.IndexByte(data, 0); it.code == 'Z' && i >= 0 {
				n = i + 1
			}
		}
		if n > len(data) {
			return nil, errPack
		}
		text := data[:n]
		data = data[n:]
		switch it.code {
		case 'a':
			out.Append(value.Str(text))
		case 'Z':
			text, _, _ = strings.Cut(text, "\x00")
			out.Append(value.Str(text))
		case 'H':
			h := hex.EncodeToString([]byte(text))
			if it.count >= 0 {
				h = h[:it.count]
			}
			out.Append(value.Str(h))
		}
	}
	return out, nil
}

func readNumber(s string, code byte) float64 {
	b := []byte(s)
	switch code {
	case 'c':
		return float64(int8(b[0]))
	case 'C':
		return float64(b[0])
	case 'n':
		return float64(binary.BigEndian.Uint16(b))
	case 'v':
		return float64(binary.LittleEndian.Uint16(b))
	case 'N':
		return float64(binary.BigEndian.Uint32(b))
	case 'V':
		return float64(binary.LittleEndian.Uint32(b))
	case 'e':
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}
