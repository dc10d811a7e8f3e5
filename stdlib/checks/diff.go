package checks

import (
	"bytes"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/rogpeppe/go-internal/diff"
)

// Diff tells where two values differ, line by line: "-" what only old has, "+"
// what only now has.
func Diff(old, now value.Value) string {
	d := diff.Diff("", lines(old), "", lines(now))
	// The head names files and lines, which the reader of a test does not have.
	var out strings.Builder
	for i, l := range bytes.SplitAfter(d, []byte("\n")) {
		if i < 3 {
			continue
		}
		if bytes.HasPrefix(l, []byte("@@")) {
			if !bytes.HasPrefix(l, []byte("@@ -1,")) {
				out.WriteString("...\n")
			}
			continue
		}
		out.Write(l)
	}
	return out.String()
}

// lines writes a value with every element on a line of its own, and every line
// of a long text too.
func lines(v value.Value) []byte {
	var b bytes.Buffer
	write(&b, v, 0)
	b.WriteByte('\n')
	return b.Bytes()
}

const maxDepth = 50

func write(b *bytes.Buffer, v value.Value, depth int) {
	indent := strings.Repeat("  ", depth+1)
	switch {
	case v.IsArray() && v.Array().Len() > 0 && depth < maxDepth:
		b.WriteString("[\n")
		list := v.Array().IsList()
		for k, e := range v.Array().All() {
			b.WriteString(indent)
			if !list {
				b.WriteString(value.Literal(k) + " => ")
			}
			write(b, e, depth+1)
			b.WriteString(",\n")
		}
		b.WriteString(indent[2:] + "]")
	case v.IsString() && strings.Count(v.Str(), "\n") > 1:
		for i, l := range strings.SplitAfter(v.Str(), "\n") {
			if i > 0 {
				b.WriteString(" .\n" + indent)
			}
			b.WriteString(value.Literal(value.Str(l)))
		}
	default:
		b.WriteString(value.Literal(v))
	}
}
