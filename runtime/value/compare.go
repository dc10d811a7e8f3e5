package value

// Identical is === (spec language 3.6).
func Identical(a, b Value) bool {
	var c comparison
	return c.same(a, b, 0)
}

// comparison remembers pairs of arrays that it has met, once there were many:
// arrays that share their parts would be walked over and over.
type comparison struct {
	n    int
	seen map[[2]*Array]struct{}
}

func (c *comparison) same(a, b Value, depth int) bool {
	k := a.Kind()
	if k != b.Kind() {
		return false
	}
	switch k {
	case KNumber:
		return a.Num() == b.Num()
	case KString:
		return a.Str() == b.Str()
	case KArray:
		return c.sameArray(a.Array(), b.Array(), depth)
	case KFunc:
		return sameFunc(a.Func(), b.Func())
	case KBool:
		return a.n == b.n
	}
	return a.p == b.p
}

func (c *comparison) sameArray(a, b *Array, depth int) bool {
	if a == b {
		return true
	}
	if a.Len() != b.Len() || depth > MaxDepth {
		return false
	}
	if c.n++; c.n > 1000 {
		pair := [2]*Array{a, b}
		if _, met := c.seen[pair]; met {
			return true // or it is about to be found out
		}
		if c.seen == nil {
			c.seen = map[[2]*Array]struct{}{}
		}
		c.seen[pair] = struct{}{}
	}
	for k, v := range a.All() {
		w := b.find(k)
		if w < 0 || !c.same(v, b.vals[w], depth+1) {
			return false
		}
	}
	return true
}

// Equal is == (spec language 3.6).
func Equal(a, b Value) bool {
	ka, kb := a.Kind(), b.Kind()
	if ka == kb {
		return Identical(a, b)
	}
	if ka > kb {
		a, b, ka, kb = b, a, kb, ka
	}
	switch ka {
	case Undefined, KNone:
		return kb <= KNone
	case KBool:
		if kb == KNumber {
			return a.Number() == b.Num()
		}
		return a.IsTrue() == b.Truth()
	case KNumber:
		if kb == KString {
			return a.Num() == b.Number()
		}
		t := 0.0
		if b.Truth() {
			t = 1
		}
		return a.Num() == t
	}
	return false
}

// Less reports a < b; LessEqual a <= b. Values without an order give false.
func Less(a, b Value) bool {
	if a.Kind() == KString && b.Kind() == KString {
		return a.Str() < b.Str()
	}
	return ordered(a) && ordered(b) && a.Number() < b.Number()
}

// LessEqual reports a <= b.
func LessEqual(a, b Value) bool {
	if a.Kind() == KString && b.Kind() == KString {
		return a.Str() <= b.Str()
	}
	return ordered(a) && ordered(b) && a.Number() <= b.Number()
}

func ordered(v Value) bool { return v.Kind() <= KString }
