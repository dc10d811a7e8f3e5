package value

import (
	"hash/maphash"
	"math"
	"unsafe"
)

// The index of an unpacked array is an open-addressing table of entry numbers
// with linear probing. 0 is a free slot, deleted a slot to probe past.
const deleted = -1

var seed = maphash.MakeSeed()

// hashKey hashes a converted key.
func hashKey(k Value) uint32 {
	if k.IsNumber() {
		x := math.Float64bits(k.Num()+0) * 0x9e3779b97f4a7c15
		return uint32(x >> 32)
	}
	if k.Kind() == KString {
		return uint32(maphash.String(seed, k.Str()))
	}
	if k.Kind() == KArray {
		return 0x5bd1 + uint32(k.Array().Len())
	}
	x := uint64(uintptr(k.p))*0x9e3779b97f4a7c15 ^ k.n
	return uint32(x >> 32)
}

// sameKey compares converted keys.
func sameKey(a, b Value) bool {
	if a.IsNumber() && b.IsNumber() {
		return a.Num() == b.Num()
	}
	return Identical(a, b)
}

// find returns the entry of a converted key, -1 when it is absent.
func (a *Array) find(k Value) int {
	if a.keys == nil {
		if k.IsNumber() {
			if f := k.Num(); f >= 0 && f < float64(len(a.vals)) && f == math.Trunc(f) {
				return int(f)
			}
		}
		return -1
	}
	if len(a.index) == 0 {
		return -1
	}
	mask := uint32(len(a.index) - 1)
	for h := hashKey(k) & mask; ; h = (h + 1) & mask {
		switch e := a.index[h]; {
		case e == 0:
			return -1
		case e != deleted && sameKey(a.keys[e-1], k):
			return int(e - 1)
		}
	}
}

// unpack gives a packed array its keys and index.
func (a *Array) unpack() {
	a.keys = make([]Value, len(a.vals), max(cap(a.vals), 4))
	for i := range a.keys {
		a.keys[i] = Num(float64(i))
	}
	a.live = len(a.vals)
	a.next = int64(len(a.vals))
	a.rehash()
}

// rehash drops holes and rebuilds the index with room to grow.
func (a *Array) rehash() {
	if a.live < len(a.keys) {
		j := 0
		for i, k := range a.keys {
			if !k.IsUndefined() {
				a.keys[j], a.vals[j] = k, a.vals[i]
				j++
			}
		}
		clear(a.keys[j:])
		clear(a.vals[j:])
		a.keys, a.vals = a.keys[:j], a.vals[:j]
	}
	size := 8
	for size < 2*(len(a.keys)+1) {
		size *= 2
	}
	a.index = make([]int32, size)
	mask := uint32(size - 1)
	for i, k := range a.keys {
		h := hashKey(k) & mask
		for a.index[h] != 0 {
			h = (h + 1) & mask
		}
		a.index[h] = int32(i + 1)
	}
}

// insert adds an absent converted key and returns the place of its value.
func (a *Array) insert(k, v Value) *Value {
	if 4*(len(a.keys)+1) > 3*len(a.index) {
		a.rehash()
	}
	mask := uint32(len(a.index) - 1)
	h := hashKey(k) & mask
	for a.index[h] > 0 {
		h = (h + 1) & mask
	}
	if k.IsNumber() && a.next >= 0 && isInteger(k.Num()) && int64(k.Num()) >= a.next {
		a.next = int64(k.Num()) + 1
	}
	if Kind(k.n) == kBuffer && !k.IsNumber() {
		k = Str(string([]byte(k.Str())))
	}
	a.keys = append(a.keys, k)
	a.vals = append(a.vals, v)
	a.index[h] = int32(len(a.keys))
	a.live++
	return &a.vals[len(a.vals)-1]
}

// remove turns entry i, which holds key k, into a hole.
func (a *Array) remove(i int, k Value) {
	mask := uint32(len(a.index) - 1)
	h := hashKey(k) & mask
	for a.index[h] != int32(i+1) {
		h = (h + 1) & mask
	}
	a.index[h] = deleted
	a.keys[i], a.vals[i] = Value{}, Value{}
	a.live--
	if k.IsNumber() && isInteger(k.Num()) && int64(k.Num())+1 == a.next {
		a.next = -1
	}
	if n := len(a.keys); n > 16 && a.live < n/2 {
		a.rehash()
	}
}

// Size returns the bytes that the array itself occupies, its elements'
// own memory excluded.
func (a *Array) Size() int {
	const v = int(unsafe.Sizeof(Value{}))
	return int(unsafe.Sizeof(*a)) + cap(a.vals)*v + cap(a.keys)*v + cap(a.index)*4
}
