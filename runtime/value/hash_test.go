package value

import (
	"fmt"
	"testing"
)

// walk returns how many slots a lookup of a present key looks at, and its first row.
func walk(a *Array, k Value) (slots int, first uint32) {
	hash := hashKey(k)
	entry := uint32(a.find(k) + 1)
	mask := uint32(len(a.t.index) - 1)
	for r := a.t.rows(hash); ; r.next() {
		for i := range uint32(row) {
			slots++
			if r.slots()[(hash+i)%row]&mask == entry {
				return slots, hash & mask / row
			}
		}
	}
}

// TestIndexRows fills indexes with keys of the shapes that scripts use, and with
// those that would crowd an index whose hash forgot a part of the key.
func TestIndexRows(t *testing.T) {
	const n = 20000
	for _, test := range []struct {
		name  string
		key   func(i int) Value
		share int     // keys per row at least, of those that follow each other
		most  float64 // slots that a lookup looks at, on average
	}{
		{"numbers with gaps", func(i int) Value { return Int(2*i + 1) }, 7, 5},
		{"negative numbers", func(i int) Value { return Int(-i - 1) }, 14, 5},
		{"multiples of a row", func(i int) Value { return Int(i * row) }, 0, 5},
		{"multiples of a power", func(i int) Value { return Num(float64(i) * (1 << 32)) }, 0, 40},
		{"above the integers", func(i int) Value { return Num(float64(i+1) * (1 << 53)) }, 0, 4},
		{"counted names", func(i int) Value { return Str(fmt.Sprint("key", i)) }, 9, 20},
		{"equal ends", func(i int) Value { return Str(fmt.Sprintf("user%d@example.org", i)) }, 0, 4},
		{"two bytes at the end", func(i int) Value { return Str(string([]byte{'k', byte(i >> 8), byte(i)})) }, 14, 60},
		{"two bytes in front", func(i int) Value { return Str(string([]byte{byte(i >> 8), byte(i), 'k'})) }, 0, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &Array{}
			a.unpack()
			for i := range n {
				a.insert(test.key(i), Int(i))
			}
			if len(a.t.index) == 0 {
				a.reindex() // only grew
			}
			sum, rows, last := 0, 0, ^uint32(0)
			for i := range n {
				if j := a.find(test.key(i)); j != i {
					t.Fatalf("key %d is entry %d", i, j)
				}
				slots, first := walk(a, test.key(i))
				if first != last {
					rows, last = rows+1, first
				}
				sum += slots
			}
			if mean := float64(sum) / n; mean > test.most {
				t.Errorf("a lookup looks at %.1f slots on average, want %g at most", mean, test.most)
			}
			if test.share > 0 && n/rows < test.share {
				t.Errorf("%d keys in a row of the index, want %d", n/rows, test.share)
			}
			for i := 0; i < n; i += 3 {
				a.remove(i, test.key(i))
			}
			for i := range n {
				if found := a.find(test.key(i)) >= 0; found != (i%3 != 0) {
					t.Fatalf("key %d is there: %v", i, found)
				}
			}
		})
	}
}
