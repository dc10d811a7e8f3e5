package vm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// key returns the key of an entry: equal for arguments that are === to each
// other. NaN, which is not, counts as one value.
func (o *cacheOptions) key(args *value.Array) string {
	var w keyWriter
	if o.filter == nil {
		for v := range args.Values() {
			w.write(v, 0)
		}
		return w.b.String()
	}
	for _, i := range o.filter {
		w.write(args.At(i-1), 0)
	}
	return w.b.String()
}

type keyWriter struct {
	b    strings.Builder
	seen map[*value.Array]int // arrays met since the key became long
}

// longKey is the length from which an array that stands in a value again is
// written as a reference: such values can have far more text than memory. Equal
// values that share their parts differently then have entries of their own.
const longKey = 1 << 16

// write appends a text that tells values apart as === does. What is nested deeper
// than other functions look stands for itself alone.
func (w *keyWriter) write(v value.Value, depth int) {
	b := &w.b
	switch v.Kind() {
	case value.KArray:
		if b.Len() > longKey {
			if n, met := w.seen[v.Array()]; met {
				fmt.Fprintf(b, "again %d;", n)
				return
			}
			if w.seen == nil {
				w.seen = map[*value.Array]int{}
			}
			w.seen[v.Array()] = len(w.seen)
		}
		if depth > value.MaxDepth {
			fmt.Fprintf(b, "array %p;", v.Array())
			return
		}
		b.WriteByte('[')
		for _, e := range ordered(v.Array(), depth) {
			b.WriteString(e.key)
			w.write(e.value, depth+1)
		}
		b.WriteByte(']')
	case value.KFunc:
		f := v.Func()
		if f.Identity == nil {
			fmt.Fprintf(b, "function %p;", f)
			return
		}
		fmt.Fprintf(b, "function %p %p;", f.Identity, f.Module)
		w.write(f.This, depth)
	case value.KObject:
		fmt.Fprintf(b, "object %p;", v.Object())
	case value.KResource:
		fmt.Fprintf(b, "resource %p;", v.Resource())
	default:
		b.WriteString(value.Literal(v))
		b.WriteByte(';')
	}
}

// keyed is an element of an array with the text of its key.
type keyed struct {
	key   string
	value value.Value
}

// ordered lists the elements by the text of their keys, since the order of the
// array does not count.
func ordered(a *value.Array, depth int) []keyed {
	list := make([]keyed, 0, a.Len())
	for k, v := range a.All() {
		var w keyWriter
		w.write(k, depth+1)
		list = append(list, keyed{w.b.String(), v})
	}
	slices.SortStableFunc(list, func(x, y keyed) int { return strings.Compare(x.key, y.key) })
	return list
}
