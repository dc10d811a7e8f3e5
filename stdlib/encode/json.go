package encode

import (
	"errors"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/runtime/value"
)

// maxNesting is how deep JSON values may lie in each other.
const maxNesting = 512

// JSONOptions shape the text.
type JSONOptions struct {
	ASCII  bool // every other character as \uXXXX
	Pretty bool // four spaces per level
	Bytes  bool // bytes that are not UTF-8 as U+0080 to U+00FF, instead of a fault
	Max    int  // bytes that the text may have; 0: value.MaxString
}

var (
	errJSONValue = errors.New("value has no JSON form")
	errJSONDepth = errors.New("nested too deep")
)

// ToJSON returns the JSON text of a value (RFC 8259). It fails for values
// without a JSON form and for text that is not UTF-8.
func ToJSON(v value.Value, o JSONOptions) (string, error) {
	if o.Max == 0 {
		o.Max = value.MaxString
	}
	w := jsonWriter{o: o}
	if err := w.value(v, 0); err != nil {
		return "", err
	}
	return w.b.String(), nil
}

type jsonWriter struct {
	b strings.Builder
	o JSONOptions
}

func (w *jsonWriter) value(v value.Value, depth int) error {
	if w.b.Len() > w.o.Max {
		return value.ErrTooLong
	}
	switch v.Kind() {
	case value.KNone, value.Undefined:
		w.b.WriteString("null")
	case value.KBool:
		w.b.WriteString(v.String())
	case value.KNumber:
		if f := v.Num(); math.IsNaN(f) || math.IsInf(f, 0) {
			return errJSONValue
		}
		w.b.WriteString(value.FormatNumber(v.Num()))
	case value.KString:
		return w.text(v.Str())
	case value.KArray:
		return w.array(v.Array(), depth)
	default:
		return errJSONValue
	}
	return nil
}

func (w *jsonWriter) array(a *value.Array, depth int) error {
	if depth == maxNesting {
		return errJSONDepth
	}
	list := a.IsList()
	open, end := "{", "}"
	if list {
		open, end = "[", "]"
	}
	w.b.WriteString(open)
	first := true
	for k, v := range a.All() {
		if !first {
			w.b.WriteByte(',')
		}
		first = false
		w.line(depth + 1)
		if !list {
			if err := w.text(k.String()); err != nil {
				return err
			}
			w.b.WriteByte(':')
			if w.o.Pretty {
				w.b.WriteByte(' ')
			}
		}
		if err := w.value(v, depth+1); err != nil {
			return err
		}
	}
	if !first {
		w.line(depth)
	}
	w.b.WriteString(end)
	return nil
}

func (w *jsonWriter) line(depth int) {
	if w.o.Pretty {
		w.b.WriteByte('\n')
		for range depth {
			w.b.WriteString("    ")
		}
	}
}

func (w *jsonWriter) text(s string) error {
	if !utf8.ValidString(s) {
		if !w.o.Bytes {
			return errJSONValue
		}
		s = latin(s)
	}
	w.b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(r)
		case r == '\b':
			w.b.WriteString(`\b`)
		case r == '\f':
			w.b.WriteString(`\f`)
		case r == '\n':
			w.b.WriteString(`\n`)
		case r == '\r':
			w.b.WriteString(`\r`)
		case r == '\t':
			w.b.WriteString(`\t`)
		case r < 0x20 || r > 0x7f && w.o.ASCII:
			w.escape(r)
		default:
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
	return nil
}

// latin turns the bytes of s that are not UTF-8 into the characters of their numbers.
func latin(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (w *jsonWriter) escape(r rune) {
	const digits = "0123456789abcdef"
	if r > 0xffff {
		r -= 0x10000
		w.escape(0xd800 + r>>10)
		w.escape(0xdc00 + r&0x3ff)
		return
	}
	w.b.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		w.b.WriteByte(digits[r>>shift&15])
	}
}
