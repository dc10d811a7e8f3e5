package value

import "errors"

// MaxDepth bounds the nesting of arrays in what is stored, printed and compared
// (spec language 6.4): storing throws ErrDepth, printing gives [...] for what lies
// deeper, and deeper arrays compare as different.
const MaxDepth = 1000

// ErrDepth is thrown for data that is nested deeper than MaxDepth.
var ErrDepth = errors.New("Data depth limit exceeded")

// Deep reports whether arrays are nested deeper than MaxDepth in v. Each array is
// visited once, however often it stands in v.
func Deep(v Value) bool {
	return v.IsArray() && height(v.Array(), 0, map[*Array]int{}) > MaxDepth
}

func height(a *Array, depth int, seen map[*Array]int) int {
	if h, ok := seen[a]; ok || depth > MaxDepth {
		return h + 1
	}
	h := 0
	for _, e := range a.vals {
		if e.IsArray() {
			h = max(h, height(e.Array(), depth+1, seen))
		}
	}
	seen[a] = h
	return h + 1
}
