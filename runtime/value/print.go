package value

import (
	"fmt"
	"strings"
)

// maxLiteral bounds the text that Literal gives: arrays that share their parts
// have far more text than memory.
const maxLiteral = 64 << 20

// Literal returns v as literals are written (spec language 4.9). A text over 64 MiB
// breaks off; Text tells.
func Literal(v Value) string {
	w := literal{max: maxLiteral}
	w.write(v, 0)
	return w.b.String()
}

// Text is String with a bound on the result.
func Text(v Value, max int) (string, error) {
	if !v.IsArray() {
		return v.String(), nil
	}
	w := literal{max: max}
	w.write(v, 0)
	if w.b.Len() > max {
		return "", ErrTooLong
	}
	return w.b.String(), nil
}

type literal struct {
	b   strings.Builder
	max int
}

func (w *literal) write(v Value, depth int) {
	b := &w.b
	switch v.Kind() {
	case Undefined, KNone:
		b.WriteString("none")
	case KBool:
		if v.IsTrue() {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case KNumber:
		b.WriteString(FormatNumber(v.Num()))
	case KString:
		Quote(b, v.Str())
	case KArray:
		if depth >= MaxDepth {
			b.WriteString("[...]")
			return
		}
		b.WriteByte('[')
		first := true
		for k, e := range v.Array().All() {
			if b.Len() > w.max {
				return
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			w.write(k, depth+1)
			b.WriteString("=>")
			w.write(e, depth+1)
		}
		b.WriteByte(']')
	case KFunc:
		b.WriteString("function")
	case KObject:
		b.WriteString(v.Object().Text())
	case KResource:
		b.WriteString(v.Resource().Text())
	}
}

// Quote writes s as a double-quoted literal.
func Quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\', '"', '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			if c < ' ' || c == 0x7f {
				fmt.Fprintf(b, `\x%02x`, c)
			} else {
				b.WriteByte(c)
			}
		}
	}
	b.WriteByte('"')
}
