package encode

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/runtime/value"
)

// FromJSON reads one JSON value (RFC 8259), with comments where allowed. Its
// error tells line and column.
func FromJSON(s string, comments bool) (v value.Value, err error) {
	return ReadJSON(s, JSONReadOptions{Comments: comments})
}

// JSONReadOptions say how a text is read.
type JSONReadOptions struct {
	Comments bool
	Bytes    bool // \u0080 to \u00ff are bytes

	// Grow is told of the memory that arrays take; nil: nobody asks.
	Grow func(n int) error
}

// ReadJSON is FromJSON with more options.
func ReadJSON(s string, o JSONReadOptions) (v value.Value, err error) {
	if !utf8.ValidString(s) {
		return value.None, fmt.Errorf("the text is not UTF-8")
	}
	r := jsonReader{s: s, comments: o.Comments, bytes: o.Bytes, grow: o.Grow}
	if r.grow == nil {
		r.grow = func(int) error { return nil }
	}
	if v, err = r.value(0); err == nil {
		if err = r.skip(); err == nil && r.i < len(s) {
			err = r.fault("end of text")
		}
	}
	if err != nil {
		return value.None, err
	}
	return v, nil
}

type jsonReader struct {
	s        string
	i        int
	comments bool
	bytes    bool
	grow     func(n int) error
}

func (r *jsonReader) fault(want string) error {
	got := "end of text"
	if r.i < len(r.s) {
		c, _ := utf8.DecodeRuneInString(r.s[r.i:])
		got = strconv.QuoteRune(c)
	}
	line := 1 + strings.Count(r.s[:r.i], "\n")
	col := r.i - strings.LastIndexByte(r.s[:r.i], '\n')
	return fmt.Errorf("line %d column %d: got %s, want %s", line, col, got, want)
}

// skip passes over white space and comments.
func (r *jsonReader) skip() error {
	for r.i < len(r.s) {
		rest := r.s[r.i:]
		switch c := r.s[r.i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			r.i++
		case r.comments && (c == '#' || strings.HasPrefix(rest, "//")):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			r.i += n
		case r.comments && strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return r.fault("end of comment")
			}
			r.i += n + 4
		default:
			return nil
		}
	}
	return nil
}

func (r *jsonReader) next() (byte, error) {
	if err := r.skip(); err != nil {
		return 0, err
	}
	if r.i == len(r.s) {
		return 0, nil
	}
	return r.s[r.i], nil
}

// arraySize is about what an array takes besides its elements.
const arraySize = 128

func (r *jsonReader) value(depth int) (value.Value, error) {
	c, err := r.next()
	if err != nil {
		return value.None, err
	}
	if c == '{' || c == '[' {
		if depth == maxNesting {
			return value.None, errJSONDepth
		}
		if err := r.grow(arraySize); err != nil {
			return value.None, err
		}
	}
	switch c {
	case '{':
		return r.object(depth)
	case '[':
		return r.list(depth)
	case '"':
		s, err := r.text()
		return value.Str(s), err
	}
	for word, v := range map[string]value.Value{"true": value.True, "false": value.False, "null": value.None} {
		if strings.HasPrefix(r.s[r.i:], word) {
			r.i += len(word)
			return v, nil
		}
	}
	return r.number()
}

func (r *jsonReader) object(depth int) (value.Value, error) {
	out := value.NewArray(0)
	r.i++
	for first := true; ; first = false {
		c, err := r.next()
		if err != nil {
			return value.None, err
		}
		if c == '}' && first {
			r.i++
			return value.FromArray(out), nil
		}
		if c != '"' {
			return value.None, r.fault("name in quotes")
		}
		k, err := r.text()
		if err != nil {
			return value.None, err
		}
		if c, err = r.next(); err != nil || c != ':' {
			return value.None, r.orFault(err, "':'")
		}
		r.i++
		v, err := r.value(depth + 1)
		if err != nil {
			return value.None, err
		}
		if err := r.grow(4 * value.ElementSize); err != nil {
			return value.None, err
		}
		out.SetStr(k, v)
		if c, err = r.next(); err != nil || c != ',' && c != '}' {
			return value.None, r.orFault(err, "',' or '}'")
		}
		r.i++
		if c == '}' {
			return value.FromArray(out), nil
		}
	}
}

func (r *jsonReader) orFault(err error, want string) error {
	if err != nil {
		return err
	}
	return r.fault(want)
}

func (r *jsonReader) list(depth int) (value.Value, error) {
	out := value.NewArray(0)
	r.i++
	if c, err := r.next(); err != nil || c == ']' {
		r.i++
		return value.FromArray(out), err
	}
	for {
		v, err := r.value(depth + 1)
		if err != nil {
			return value.None, err
		}
		if err := r.grow(2 * value.ElementSize); err != nil {
			return value.None, err
		}
		out.Append(v)
		c, err := r.next()
		if err != nil || c != ',' && c != ']' {
			return value.None, r.orFault(err, "',' or ']'")
		}
		r.i++
		if c == ']' {
			return value.FromArray(out), nil
		}
	}
}

func (r *jsonReader) number() (value.Value, error) {
	from := r.i
	digits := func() bool {
		at := r.i
		for r.i < len(r.s) && '0' <= r.s[r.i] && r.s[r.i] <= '9' {
			r.i++
		}
		return r.i > at
	}
	at := func(set string) bool { return r.i < len(r.s) && strings.IndexByte(set, r.s[r.i]) >= 0 }
	if at("-") {
		r.i++
	}
	switch {
	case at("0"):
		r.i++
	case !digits():
		r.i = from
		return value.None, r.fault("value")
	}
	if at(".") {
		r.i++
		if !digits() {
			return value.None, r.fault("digit")
		}
	}
	if at("eE") {
		r.i++
		if at("+-") {
			r.i++
		}
		if !digits() {
			return value.None, r.fault("digit")
		}
	}
	f, err := strconv.ParseFloat(r.s[from:r.i], 64)
	if err != nil && math.IsInf(f, 0) {
		return value.None, fmt.Errorf("number out of range: %.40s", r.s[from:r.i])
	}
	return value.Num(f), nil
}

// text reads a string behind its opening quote.
func (r *jsonReader) text() (string, error) {
	r.i++
	rest := r.s[r.i:]
	if n := strings.IndexAny(rest, `"\`); n >= 0 && rest[n] == '"' && !control(rest[:n]) {
		r.i += n + 1
		return rest[:n], nil
	}
	var b strings.Builder
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return b.String(), nil
		case c < 0x20:
			return "", r.fault("escaped control character")
		case c == '\\':
			if err := r.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			r.i++
		}
	}
	return "", r.fault("'\"'")
}

func control(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 {
			return true
		}
	}
	return false
}

func (r *jsonReader) escape(b *strings.Builder) error {
	r.i++
	if r.i == len(r.s) {
		return r.fault("escape")
	}
	c := r.s[r.i]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		r.i++
		return nil
	}
	u, ok := r.unit()
	if !ok {
		return r.fault("escape")
	}
	switch {
	case 0xd800 <= u && u < 0xdc00:
		if r.i < len(r.s) && r.s[r.i] == '\\' {
			r.i++
			if lo, ok := r.unit(); ok && 0xdc00 <= lo && lo < 0xe000 {
				b.WriteRune(0x10000 + (u-0xd800)<<10 + (lo - 0xdc00))
				return nil
			}
		}
		return r.fault("second half of a surrogate pair")
	case 0xdc00 <= u && u < 0xe000:
		return r.fault("first half of a surrogate pair")
	}
	if r.bytes && 0x80 <= u && u <= 0xff {
		b.WriteByte(byte(u))
	} else {
		b.WriteRune(u)
	}
	return nil
}

// unit reads uXXXX.
func (r *jsonReader) unit() (rune, bool) {
	if r.i+5 > len(r.s) || r.s[r.i] != 'u' {
		return 0, false
	}
	u := rune(0)
	for _, c := range []byte(r.s[r.i+1 : r.i+5]) {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		u = u<<4 | rune(d)
	}
	r.i += 5
	return u, true
}
