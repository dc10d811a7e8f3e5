package value

import (
	"iter"
	"math"
)

// Array is an ordered map. While its keys are 0, 1, …, n-1 in this order it is
// packed: a slice of values. Otherwise keys stand beside the values and an
// index finds them (see hash.go). Removed elements leave holes (undefined keys)
// until the next compaction.
type Array struct {
	vals   []Value
	keys   []Value // nil while packed
	index  []int32 // hash of key → entry+1; power of two, nil while packed
	live   int     // elements that are not holes; only when not packed
	next   int64   // lowest integer key never used; only when not packed; -1 unknown
	shared bool    // two holders may exist: clone before writing
	frozen bool    // shared to its whole depth, never written again
}

// NewArray returns an empty array with room for n elements.
func NewArray(n int) *Array {
	a := &Array{}
	if n > 0 {
		a.vals = make([]Value, 0, n)
	}
	return a
}

// List returns an array of the values with keys from 0.
func List(vals ...Value) *Array {
	a := NewArray(len(vals))
	for _, v := range vals {
		a.Append(v)
	}
	return a
}

// Strings returns an array of strings.
func Strings(s ...string) *Array {
	a := NewArray(len(s))
	for _, t := range s {
		a.vals = append(a.vals, Str(t))
	}
	return a
}

// Map returns an array of alternating string keys and values.
func Map(pairs ...any) *Array {
	a := NewArray(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		a.SetStr(pairs[i].(string), pairs[i+1].(Value))
	}
	return a
}

func (a *Array) share() {
	if !a.shared {
		a.shared = true
	}
}

// Len returns the number of elements.
func (a *Array) Len() int {
	if a.keys == nil {
		return len(a.vals)
	}
	return a.live
}

// IsList reports whether the keys are 0, 1, …, n-1 in this order.
func (a *Array) IsList() bool {
	if a.keys == nil {
		return true
	}
	i := 0
	for k := range a.All() {
		if !k.IsNumber() || k.Num() != float64(i) {
			return false
		}
		i++
	}
	return true
}

// Packed returns the values of a packed array; ok is false for others.
func (a *Array) Packed() (vals []Value, ok bool) { return a.vals, a.keys == nil }

// clone returns a copy that its caller may write. Nested arrays become shared.
func (a *Array) clone() *Array {
	c := &Array{vals: make([]Value, len(a.vals), len(a.vals)+len(a.vals)/4+1), live: a.live, next: a.next}
	copy(c.vals, a.vals)
	if a.keys != nil {
		c.keys = make([]Value, len(a.keys), cap(c.vals))
		copy(c.keys, a.keys)
		c.index = append([]int32(nil), a.index...)
	}
	if !a.frozen {
		for i := range c.vals {
			c.vals[i] = c.vals[i].Share()
		}
	}
	return c
}

// Clone returns an array equal to a that its caller may write.
func (a *Array) Clone() *Array { return a.clone() }

// Writable returns the array of *v for writing in place: *v itself when it is
// the only holder, else a clone that is stored in *v.
func Writable(v *Value) *Array {
	a := v.Array()
	if a.shared || v.n == borrowedArray {
		a = a.clone()
		*v = FromArray(a)
	}
	return a
}

// Append adds a value under the next integer key.
func (a *Array) Append(v Value) {
	v = v.Share()
	a.push(v)
}

// Push adds a value that has no other holder.
func (a *Array) Push(v Value) { a.push(v.Own()) }

func (a *Array) push(v Value) {
	if a.keys == nil {
		a.vals = append(a.vals, v)
		return
	}
	a.insert(Num(float64(a.nextKey())), v)
}

func (a *Array) nextKey() int64 {
	if a.keys == nil {
		return int64(len(a.vals))
	}
	if a.next < 0 {
		a.next = 0
		for _, k := range a.keys {
			if k.IsNumber() && isInteger(k.Num()) && int64(k.Num()) >= a.next {
				a.next = int64(k.Num()) + 1
			}
		}
	}
	return a.next
}

// Set stores v under key (any value; converted as spec language 4.5).
func (a *Array) Set(key, v Value) { *a.Ref(key) = v.Share() }

// SetStr stores v under a string key.
func (a *Array) SetStr(key string, v Value) { a.Set(Str(key), v) }

// Get returns the element under key and whether it is there.
func (a *Array) Get(key Value) (Value, bool) {
	if key.IsNumber() && a.keys == nil {
		f := key.Num()
		if i := int(f); f >= 0 && f < float64(len(a.vals)) {
			return a.vals[i], true
		} else if f > -1 && f < 0 && len(a.vals) > 0 {
			return a.vals[0], true
		}
	}
	if i := a.find(Key(key)); i >= 0 {
		return a.vals[i], true
	}
	return Value{}, false
}

// GetStr returns the element under a string key, none when it is absent.
func (a *Array) GetStr(key string) Value {
	if v, ok := a.Get(Str(key)); ok {
		return v
	}
	return None
}

// At returns the element at an integer key, none when it is absent.
func (a *Array) At(i int) Value {
	if a.keys == nil {
		if i >= 0 && i < len(a.vals) {
			return a.vals[i]
		}
		return None
	}
	if v, ok := a.Get(Int(i)); ok {
		return v
	}
	return None
}

// Ref returns the place of the element under key, made when absent. It is
// valid until the next change of the array.
func (a *Array) Ref(key Value) *Value {
	if key.IsNumber() && a.keys == nil {
		f := key.Num()
		if i := int(f); f >= 0 && f < float64(len(a.vals)) {
			return &a.vals[i]
		}
	}
	k := Key(key)
	if i := a.find(k); i >= 0 {
		return &a.vals[i]
	}
	if a.keys == nil {
		if k.IsNumber() && k.Num() == float64(len(a.vals)) {
			a.vals = append(a.vals, Value{})
			return &a.vals[len(a.vals)-1]
		}
		a.unpack()
	}
	return a.insert(k, Value{})
}

// RefAppend returns the place of a new last element.
func (a *Array) RefAppend() *Value {
	if a.keys == nil {
		a.vals = append(a.vals, Value{})
		return &a.vals[len(a.vals)-1]
	}
	return a.insert(Num(float64(a.nextKey())), Value{})
}

// Find returns the place of an existing element, nil when it is absent.
func (a *Array) Find(key Value) *Value {
	if i := a.find(Key(key)); i >= 0 {
		return &a.vals[i]
	}
	return nil
}

// Delete removes the element under key and reports whether it was there.
func (a *Array) Delete(key Value) bool {
	k := Key(key)
	i := a.find(k)
	if i < 0 {
		return false
	}
	if a.keys == nil {
		if i == len(a.vals)-1 {
			a.vals[i] = Value{}
			a.vals = a.vals[:i]
			return true
		}
		a.unpack()
	}
	a.remove(i, k)
	return true
}

// All walks keys and values in order. The array must not change meanwhile.
func (a *Array) All() iter.Seq2[Value, Value] {
	return func(yield func(k, v Value) bool) {
		if a.keys == nil {
			for i, v := range a.vals {
				if !yield(Num(float64(i)), v) {
					return
				}
			}
			return
		}
		for i, k := range a.keys {
			if !k.IsUndefined() && !yield(k, a.vals[i]) {
				return
			}
		}
	}
}

// Values walks the values in order.
func (a *Array) Values() iter.Seq[Value] {
	return func(yield func(v Value) bool) {
		for _, v := range a.All() {
			if !yield(v) {
				return
			}
		}
	}
}

// Next returns the element at or behind entry pos and the entry to go on with;
// ok is false at the end. It serves loops that are interrupted.
func (a *Array) Next(pos int) (k, v Value, next int, ok bool) {
	if a.keys == nil {
		if pos < len(a.vals) {
			return Num(float64(pos)), a.vals[pos], pos + 1, true
		}
		return Value{}, Value{}, pos, false
	}
	for ; pos < len(a.keys); pos++ {
		if k := a.keys[pos]; !k.IsUndefined() {
			return k, a.vals[pos], pos + 1, true
		}
	}
	return Value{}, Value{}, pos, false
}

// Key converts a value to the key it addresses (spec language 4.5).
func Key(v Value) Value {
	switch v.Kind() {
	case KNumber:
		f := v.Num()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return v
		}
		if t := math.Trunc(f); t != f || f == 0 {
			return Num(t + 0)
		}
		return v
	case KBool:
		if v.IsTrue() {
			return Num(1)
		}
		return Num(0)
	case KString:
		return stringKey(v)
	}
	return v
}

// stringKey turns the decimal form of an integer within ±(2⁵³-1) into it.
func stringKey(v Value) Value {
	s := v.Str()
	if len(s) == 0 || len(s) > 17 || s[len(s)-1] > '9' {
		return v
	}
	d := s
	if d[0] == '-' {
		d = d[1:]
	}
	if d == "" || d[0] < '0' || d[0] > '9' || d[0] == '0' && len(s) > 1 {
		return v
	}
	n := int64(0)
	for i := 0; i < len(d); i++ {
		if d[i] < '0' || d[i] > '9' {
			return v
		}
		n = n*10 + int64(d[i]-'0')
	}
	if n > 1<<53-1 {
		return v
	}
	if s[0] == '-' {
		n = -n
	}
	return Num(float64(n))
}

func isInteger(f float64) bool { return f == math.Trunc(f) && math.Abs(f) <= 1<<53 }

// Put stores under key a value that has no other holder.
func (a *Array) Put(key, v Value) { *a.Ref(key) = v.Own() }
