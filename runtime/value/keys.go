package value

// Keys are the keys of arrays that are made often and all have the same ones. These
// arrays share them until they get another key, or lose one.
type Keys struct{ table *table }

// NewKeys returns the given keys, which differ from each other and are no numbers.
func NewKeys(names ...string) *Keys {
	a := NewArray(len(names))
	for _, name := range names {
		a.SetStr(name, None)
	}
	a.t.lent = true
	return &Keys{a.t}
}

// Array returns an array of values that have no other holder, one for each key in its
// order.
func (k *Keys) Array(vals ...Value) *Array {
	if len(vals) != len(k.table.keys) {
		panic("value: as many values as keys")
	}
	a := NewArray(len(vals))
	for _, v := range vals {
		a.vals = append(a.vals, v.Own())
	}
	a.t = k.table
	return a
}

// own gives an array keys that it may write.
func (a *Array) own() {
	if a.t.lent {
		a.t = a.t.clone(cap(a.vals))
	}
}

// clone returns a copy with room for so many keys.
func (t *table) clone(room int) *table {
	c := &table{keys: make([]Value, len(t.keys), room), live: t.live, next: t.next}
	copy(c.keys, t.keys)
	c.index = append(c.index, t.index...)
	return c
}
