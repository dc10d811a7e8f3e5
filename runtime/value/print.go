package value

import (
	"fmt"
	"strings"
)

// maxPrintDepth bounds the nesting that is printed.
const maxPrintDepth = 1000

// Literal returns v as literals are written (spec language 4.9).
func Literal(v Value) string {
	var b strings.Builder
	writeLiteral(&b, v, 0)
	return b.String()
}

func writeLiteral(b *strings.Builder, v Value, depth int) {
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
		if depth >= maxPrintDepth {
			b.WriteString("[...]")
			return
		}
		b.WriteByte('[')
		first := true
		for k, e := range v.Array().All() {
			if !first {
				b.WriteByte(',')
			}
			first = false
			writeLiteral(b, k, depth+1)
			b.WriteString("=>")
			writeLiteral(b, e, depth+1)
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
