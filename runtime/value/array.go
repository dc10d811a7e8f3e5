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
	t      *table // nil while packed
	shared bool   // two holders may exist: clone before writing
	frozen bool   // shared to its whole depth, never written again
}

// table is what an array has besides its values when it is not packed.
type table struct {
	keys  []Value
	index []uint32 // see hash.go; a power of two, or none
	live  int      // elements that are not holes
	next  int64    // lowest integer key never used; -1 unknown
	lent  bool     // of Keys: never written
}

// NewArray returns an empty array with room for n elements.
func NewArray(n int) *Array {
	// Small arrays, which are most of them, are one allocation with their values.
	switch {
	case n <= 0:
		return &Array{}
	case n <= 2:
		s := &struct {
			Array
			room [2]Value
		}{}
		s.vals = s.room[:0:2]
		return &s.Array
	case n <= 4:
		s := &struct {
			Array
			room [4]Value
		}{}
		s.vals = s.room[:0:4]
		return &s.Array
	case n <= 8:
		s := &struct {
			Array
			room [8]Value
		}{}
		s.vals = s.room[:0:8]
		return &s.Array
	}
	return &Array{vals: make([]Value, 0, n)}
}

// Room returns how many elements have a place in a packed array.
func (a *Array) Room() int { return cap(a.vals) }

// Reuse empties an array that nobody holds any more. It reports false when it is not
// worth keeping for another use: it is not a short list.
func (a *Array) Reuse() bool {
	if a.t != nil || cap(a.vals) == 0 || cap(a.vals) > 4 {
		return false
	}
	clear(a.vals)
	a.vals = a.vals[:0]
	return true
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
	if a.t == nil {
		return len(a.vals)
	}
	return a.t.live
}

// IsList reports whether the keys are 0, 1, …, n-1 in this order.
func (a *Array) IsList() bool {
	if a.t == nil {
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
func (a *Array) Packed() (vals []Value, ok bool) { return a.vals, a.t == nil }

// clone returns a copy that its caller may write. Nested arrays become shared.
func (a *Array) clone() *Array {
	c := &Array{vals: make([]Value, len(a.vals), len(a.vals)+len(a.vals)/4+1)}
	copy(c.vals, a.vals)
	if c.t = a.t; c.t != nil && !c.t.lent {
		c.t = c.t.clone(cap(c.vals))
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
	if a.t == nil {
		if len(a.vals) == cap(a.vals) {
			a.vals = reserve(a.vals)
		}
		a.vals = append(a.vals, v)
		return
	}
	a.insertNext(v)
}

// insertNext adds a value under the next integer key. Behind 2⁵³-1, the last one
// that is exact, there is one more place, which is used again and again.
func (a *Array) insertNext(v Value) *Value {
	n := a.nextKey()
	k := Num(float64(n))
	if n > maxInteger {
		if i := a.find(k); i >= 0 {
			a.vals[i] = v
			return &a.vals[i]
		}
	}
	return a.insert(k, v)
}

const maxInteger = 1<<53 - 1

// reserve makes room for more values. It doubles where append would grow by a
// quarter: arrays that are filled one by one are copied less often.
func reserve(vals []Value) []Value {
	n := max(4, 2*cap(vals))
	if n > 1<<21 {
		n = cap(vals) + cap(vals)/2
	}
	more := make([]Value, len(vals), n)
	copy(more, vals)
	return more
}

func (a *Array) nextKey() int64 {
	if a.t == nil {
		return int64(len(a.vals))
	}
	if a.t.next < 0 {
		a.t.next = 0
		for _, k := range a.t.keys {
			if k.IsNumber() && isInteger(k.Num()) && int64(k.Num()) >= a.t.next {
				a.t.next = int64(k.Num()) + 1
			}
		}
	}
	return a.t.next
}

// Set stores v under key (any value; converted as spec language 4.5).
func (a *Array) Set(key, v Value) { *a.Ref(key) = v.Share() }

// SetStr stores v under a string key.
func (a *Array) SetStr(key string, v Value) { a.Set(Str(key), v) }

// Get returns the element under key and whether it is there.
func (a *Array) Get(key Value) (Value, bool) {
	if key.IsNumber() && a.t == nil {
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
	return Undef, false
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
	if a.t == nil {
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
	if key.IsNumber() && a.t == nil {
		f := key.Num()
		if i := int(f); f >= 0 && f < float64(len(a.vals)) {
			return &a.vals[i]
		}
	}
	k := Key(key)
	if a.t == nil {
		if i := a.find(k); i >= 0 {
			return &a.vals[i]
		}
		if k.IsNumber() && k.Num() == float64(len(a.vals)) {
			a.vals = append(a.vals, Undef)
			return &a.vals[len(a.vals)-1]
		}
		a.unpack()
	}
	if len(a.t.index) == 0 {
		if i := a.search(k); i >= 0 {
			return &a.vals[i]
		}
		return a.insert(k, Undef)
	}
	hash := hashKey(k)
	i, free := a.lookup(k, hash)
	if i >= 0 {
		return &a.vals[i]
	}
	return a.insertAt(free, k, Undef, hash)
}

// RefAppend returns the place of a new last element.
func (a *Array) RefAppend() *Value {
	if a.t == nil {
		a.vals = append(a.vals, Undef)
		return &a.vals[len(a.vals)-1]
	}
	return a.insertNext(Undef)
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
	if a.t == nil {
		if i == len(a.vals)-1 {
			a.vals[i] = Undef
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
		if a.t == nil {
			for i, v := range a.vals {
				if !yield(Num(float64(i)), v) {
					return
				}
			}
			return
		}
		for i, k := range a.t.keys {
			if !k.IsUndefined() && !yield(k, a.vals[i]) {
				return
			}
		}
	}
}

// Values walks the values in order.
func (a *Array) Values() iter.Seq[Value] {
	return func(yield func(v Value) bool) {
		for i, v := range a.vals {
			if (a.t == nil || !a.t.keys[i].IsUndefined()) && !yield(v) {
				return
			}
		}
	}
}

// Next returns the element at or behind entry pos and the entry to go on with;
// ok is false at the end. It serves loops that are interrupted.
func (a *Array) Next(pos int) (k, v Value, next int, ok bool) {
	if a.t == nil {
		if pos < len(a.vals) {
			return Num(float64(pos)), a.vals[pos], pos + 1, true
		}
		return Undef, Undef, pos, false
	}
	for ; pos < len(a.t.keys); pos++ {
		if k := a.t.keys[pos]; !k.IsUndefined() {
			return k, a.vals[pos], pos + 1, true
		}
	}
	return Undef, Undef, pos, false
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
	if n > maxInteger {
		return v
	}
	if s[0] == '-' {
		n = -n
	}
	return Num(float64(n))
}

func isInteger(f float64) bool { return f == math.Trunc(f) && math.Abs(f) <= maxInteger }

// Put stores under key a value that has no other holder.
func (a *Array) Put(key, v Value) { *a.Ref(key) = v.Own() }

// SetElement is $ref[key] = v for a place that holds an array; v has no other
// holder. It reports whether the array grew.
func SetElement(ref *Value, key, v Value) (grew bool) {
	a := Writable(ref)
	if a.t == nil && key.IsNumber() {
		if f := key.Num(); f >= 0 && f < float64(len(a.vals)) {
			a.vals[int(f)] = v.Own()
			return false
		}
	}
	n := len(a.vals)
	*a.Ref(key) = v.Own()
	return len(a.vals) != n
}

// OwnList returns the values of a packed array for writing in place; ok is false
// when v is something else or the array has, or may have, other holders.
func (v *Value) OwnList() (vals []Value, ok bool) {
	if v.n != uint64(KArray) || v.p == nil {
		return nil, false
	}
	a := (*Array)(v.p)
	return a.vals, !a.shared && a.t == nil
}

// OwnArray returns the array that v holds when it has no other holder, else nil.
func (v *Value) OwnArray() *Array {
	if v.n != uint64(KArray) || v.p == nil || (*Array)(v.p).shared {
		return nil
	}
	return (*Array)(v.p)
}

// PushElement is $ref[] = v for a place that holds an array; v has no other
// holder.
func PushElement(ref *Value, v Value) {
	a := ref.Array()
	if a.shared || a.t != nil || len(a.vals) == cap(a.vals) || ref.n == borrowedArray {
		Writable(ref).push(v.Own())
		return
	}
	a.vals = append(a.vals, v.Own())
}

// Element reads a[key] for reading at once: none when it is absent.
func (a *Array) Element(key Value) Value {
	if v, ok := a.Get(key); ok {
		return v.Borrow()
	}
	return None
}
