package value

import (
	"hash/maphash"
	"math"
	"math/bits"
	"unsafe"
)

// The index of an unpacked array is an open-addressing table of uint32.
// A slot holds the number of an entry plus one in the bits that count the slots of
// the index, and those bits of the hash of its key that do not choose the slot above
// them: probing compares them before it touches keys, and a slot takes four bytes,
// since most of the time of a lookup in a large array goes into fetching it. 0 is a
// free slot, the mask itself, which no entry reaches, a deleted one to probe past.
//
// Sixteen slots, a line of the processor's cache, are a row. Keys that follow each
// other (numbers, texts that differ in their last character) share a row and have
// different places in it: counting through keys fetches a row once, not once per
// key. Which row it is depends on all the rest of the key through a seeded hash, so
// that no more than sixteen texts can be made to meet. Among the numbers of one million
// more can, but not many: the 65,536 rows they have are dealt evenly to those of the
// index, and a small index has few keys to look at. Probing goes round the row first,
// then to others at growing distances.
//
// There is no index at all
//   - with few entries, which are compared one by one,
//   - while all keys are integers that only grow (what array_filter leaves of a list):
//     they are searched by halving, and a larger key is known to be new.

// few is the number of entries up to which an array needs no index.
const few = 4

// row is the number of slots that share a line of the cache.
const row = 16

// golden spreads numbers that follow each other evenly over the rows.
const golden = 0x9e3779b97f4a7c15

var (
	seed = maphash.MakeSeed()
	odd  = maphash.String(seed, "odd") | 1
)

// hashKey hashes a converted key.
func hashKey(k Value) uint32 {
	switch {
	case k.IsNumber():
		if !isInteger(k.Num()) {
			return uint32(maphash.Comparable(seed, k.n))
		}
		// Each million numbers have their secret place, from which multiples of the
		// golden ratio lead. It is their highest bits that are spread evenly, so these
		// become the lowest, where they choose the row, whatever the number of rows.
		n := uint64(int64(k.Num()))
		return near(bits.Reverse64(mix(n>>20)+n>>4%(1<<16)*golden)<<36, uint32(n))
	case k.Kind() == KString:
		s := k.Str()
		if s == "" {
			return 0
		}
		last := s[len(s)-1]
		return near(maphash.String(seed, s[:len(s)-1])+uint64(last/row)*odd, uint32(last))
	case k.Kind() == KArray:
		return 0x5bd1 + uint32(k.Array().Len())
	case k.Kind() == KFunc: // several values can be one function, see sameFunc
		return uint32(maphash.String(seed, k.Func().Name))
	}
	return uint32(mix(uint64(uintptr(k.p))^k.n) >> 32)
}

// mix depends on a secret.
func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x, odd)
	return hi ^ lo
}

// near is the hash of the key n among those that share the hash of a row. Its lowest
// bits are the place in the row, shuffled by the row, else keys with equal ends would
// fill one column; its highest tell the keys of a row apart.
func near(hash uint64, n uint32) uint32 {
	h := uint32(hash >> 32)
	return (h^n<<28)&^(row-1) | (h>>28^n)&(row-1)
}

// sameKey compares converted keys.
func sameKey(a, b Value) bool {
	if a.p == nil || b.p == nil {
		return a.p == b.p && a.Num() == b.Num()
	}
	if uint8(a.n) == uint8(KString) && a.n == b.n {
		return a.p == b.p || a.Str() == b.Str()
	}
	return Identical(a, b)
}

// find returns the entry of a converted key, -1 when it is absent.
func (a *Array) find(k Value) int {
	if a.t == nil {
		if k.IsNumber() {
			if f := k.Num(); f >= 0 && f < float64(len(a.vals)) && f == math.Trunc(f) {
				return int(f)
			}
		}
		return -1
	}
	if len(a.t.keys) <= few && len(a.t.index) == 0 {
		return a.scan(k)
	}
	if len(a.t.index) == 0 {
		return a.search(k)
	}
	i, _ := a.lookup(k, hashKey(k))
	return i
}

// search is find in an array without an index.
func (a *Array) search(k Value) int {
	if len(a.t.keys) <= few {
		return a.scan(k)
	}
	if !k.IsNumber() {
		return -1
	}
	lo, hi := 0, len(a.t.keys)
	for f := k.Num(); lo < hi; {
		switch m := int(uint(lo+hi) / 2); {
		case a.t.keys[m].Num() < f:
			lo = m + 1
		case a.t.keys[m].Num() > f:
			hi = m
		default:
			return m
		}
	}
	return -1
}

// scan is find among few keys. Texts of other lengths are passed over at once.
func (a *Array) scan(k Value) int {
	switch {
	case k.IsNumber():
		for i := range a.t.keys {
			if key := &a.t.keys[i]; key.p == nil && key.Num() == k.Num() {
				return i
			}
		}
	case uint8(k.n) == uint8(KString):
		text := k.Str()
		for i := range a.t.keys {
			if key := &a.t.keys[i]; key.n == k.n && key.p != nil && (key.p == k.p || key.Str() == text) {
				return i
			}
		}
	case !k.IsUndefined(): // as which holes stand
		for i, key := range a.t.keys {
			if sameKey(key, k) {
				return i
			}
		}
	}
	return -1
}

// larger reports whether k is an integer above all keys, which are ascending.
// That is so in every array without an index that has more than few of them.
func (a *Array) larger(k Value) bool {
	if len(a.t.keys) == few && !a.ascending() {
		return false
	}
	return k.IsNumber() && isInteger(k.Num()) && (len(a.t.keys) == 0 || k.Num() > a.t.keys[len(a.t.keys)-1].Num())
}

// ascending reports whether the keys are integers, each above the last.
func (a *Array) ascending() bool {
	for i, k := range a.t.keys {
		if !k.IsNumber() || !isInteger(k.Num()) || i > 0 && k.Num() <= a.t.keys[i-1].Num() {
			return false
		}
	}
	return true
}

// lookup is find for a key whose hash is known, in an array with an index. For an
// absent key it returns the slot that is free for it.
func (a *Array) lookup(k Value, hash uint32) (entry int, free *uint32) {
	mask := uint32(len(a.t.index) - 1)
	for r := a.t.rows(hash); ; r.next() {
		slots := r.slots()
		for i := range uint32(row) {
			slot := &slots[(hash+i)%row]
			s := *slot
			if s == 0 {
				return -1, slot
			}
			if (s^hash)&^mask == 0 {
				if e := s & mask; e != mask && sameKey(a.t.keys[e-1], k) {
					return int(e - 1), nil
				}
			}
		}
	}
}

// enter puts an entry into the index, which has a free slot.
func (t *table) enter(hash uint32, entry int) {
	for r := t.rows(hash); ; r.next() {
		slots := r.slots()
		for i := range uint32(row) {
			if s := &slots[(hash+i)%row]; *s == 0 {
				*s = t.slot(hash, entry)
				return
			}
		}
	}
}

// slot is the slot of an entry.
func (t *table) slot(hash uint32, entry int) uint32 {
	return hash&^uint32(len(t.index)-1) | uint32(entry+1)
}

// leave takes an entry out of the index.
func (t *table) leave(hash uint32, entry int) {
	mask := uint32(len(t.index) - 1)
	for r := t.rows(hash); ; r.next() {
		slots := r.slots()
		for i := range uint32(row) {
			if s := &slots[(hash+i)%row]; *s&mask == uint32(entry+1) {
				*s = mask
				return
			}
		}
	}
}

// rows walks the rows where a key may be. The distances between them grow by one,
// which reaches them all.
type rows struct {
	index     []uint32
	at, steps uint32
}

func (t *table) rows(hash uint32) rows {
	return rows{index: t.index, at: hash & uint32(len(t.index)-row)}
}

func (r *rows) slots() *[row]uint32 { return (*[row]uint32)(r.index[r.at:]) }

func (r *rows) next() {
	r.steps += row
	r.at = (r.at + r.steps) & uint32(len(r.index)-1)
}

// unpack gives a packed array its keys and index.
func (a *Array) unpack() {
	// The keys of small arrays are one allocation with the table.
	n := len(a.vals)
	switch room := cap(a.vals); {
	case room <= 4:
		s := &struct {
			table
			room [4]Value
		}{}
		a.t, s.keys = &s.table, s.room[:n]
	case room <= 8:
		s := &struct {
			table
			room [8]Value
		}{}
		a.t, s.keys = &s.table, s.room[:n]
	default:
		a.t = &table{keys: make([]Value, n, room)}
	}
	for i := range a.t.keys {
		a.t.keys[i] = Num(float64(i))
	}
	a.t.live, a.t.next = n, int64(n)
}

// indexSize is the size of an index for n entries with room to grow.
func indexSize(n int) int {
	size := row
	for size < 2*(n+1) {
		size *= 2
	}
	return size
}

// reindex drops holes and builds the index, with room to grow, from the keys.
func (a *Array) reindex() {
	if a.t.live < len(a.t.keys) {
		j := 0
		for i, k := range a.t.keys {
			if !k.IsUndefined() {
				a.t.keys[j], a.vals[j] = k, a.vals[i]
				j++
			}
		}
		clear(a.t.keys[j:])
		clear(a.vals[j:])
		a.t.keys, a.vals = a.t.keys[:j], a.vals[:j]
	}
	a.t.index = nil
	if len(a.t.keys) < few {
		return // and the next entry needs none either
	}
	a.t.index = make([]uint32, indexSize(len(a.t.keys)))
	for i, k := range a.t.keys {
		a.t.enter(hashKey(k), i)
	}
}

// insert adds an absent converted key and returns the place of its value.
func (a *Array) insert(k, v Value) *Value {
	a.own()
	if len(a.t.index) == 0 && len(a.t.keys) >= few && !a.larger(k) {
		a.reindex()
	}
	if len(a.t.index) == 0 {
		return a.add(k, v)
	}
	hash := hashKey(k)
	_, free := a.lookup(k, hash)
	return a.insertAt(free, k, v, hash)
}

// insertAt is insert where lookup has found a free slot.
func (a *Array) insertAt(free *uint32, k, v Value, hash uint32) *Value {
	if a.t.lent {
		a.own()
		_, free = a.lookup(k, hash)
	}
	if 4*(len(a.t.keys)+1) > 3*len(a.t.index) {
		a.reindex()
		if len(a.t.index) == 0 {
			return a.add(k, v)
		}
		_, free = a.lookup(k, hash)
	}
	*free = a.t.slot(hash, len(a.t.keys))
	return a.add(k, v)
}

// add appends an entry.
func (a *Array) add(k, v Value) *Value {
	if k.IsNumber() && a.t.next >= 0 && isInteger(k.Num()) && int64(k.Num()) >= a.t.next {
		a.t.next = int64(k.Num()) + 1
	}
	if Kind(k.n) == kBuffer && k.p != nil {
		k = Str(string([]byte(k.Str())))
	}
	if len(a.t.keys) == cap(a.t.keys) {
		a.t.keys = reserve(a.t.keys)
	}
	if len(a.vals) == cap(a.vals) {
		a.vals = reserve(a.vals)
	}
	a.t.keys = append(a.t.keys, k)
	a.vals = append(a.vals, v)
	a.t.live++
	return &a.vals[len(a.vals)-1]
}

// remove turns entry i, which holds key k, into a hole.
func (a *Array) remove(i int, k Value) {
	a.own()
	if len(a.t.index) == 0 && len(a.t.keys) > few {
		a.reindex() // there are no holes yet: entries keep their numbers
	}
	if len(a.t.index) > 0 {
		a.t.leave(hashKey(k), i)
	}
	a.t.keys[i], a.vals[i] = Undef, Undef
	a.t.live--
	if k.IsNumber() && isInteger(k.Num()) && int64(k.Num())+1 == a.t.next {
		a.t.next = -1
	}
	if n := len(a.t.keys); n > 16 && a.t.live < n/2 {
		a.reindex()
	}
}

// ElementSize is what an element of a list occupies, its own memory excluded.
const ElementSize = int(unsafe.Sizeof(Value{}))

// Size returns the bytes that the array itself occupies, its elements'
// own memory excluded.
func (a *Array) Size() int {
	const v = int(unsafe.Sizeof(Value{}))
	n := int(unsafe.Sizeof(*a)) + cap(a.vals)*v
	if a.t != nil {
		n += int(unsafe.Sizeof(*a.t)) + cap(a.t.keys)*v + cap(a.t.index)*4
	}
	return n
}
