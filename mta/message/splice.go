package message

import (
	"cmp"
	"slices"
)

// survivors returns the changes of bytes that hold, in ascending order: of those
// that overlap the later wins and the earlier one is dropped whole, even when the
// later one is dropped itself. Ranges overlap when they share a byte; an insertion
// overlaps a range that it lies inside, and another one at the same place.
//
// It takes n log n steps: from the last change to the first, the places between
// and at their ends are marked, and a change holds when none of its own is.
func survivors(mods []Splice) []Splice {
	if len(mods) == 0 {
		return nil
	}
	ends := make([]int64, 0, 2*len(mods))
	for _, m := range mods {
		ends = append(ends, m.Start, m.Start+m.Count)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	// Place 2i is the point ends[i], place 2i+1 the bytes up to the next one.
	place := func(at int64) int {
		i, _ := slices.BinarySearch(ends, at)
		return 2 * i
	}
	marks := newMarks(2 * len(ends))
	var out []Splice
	for _, m := range slices.Backward(mods) {
		from, to := place(m.Start), place(m.Start+m.Count)
		if m.Count == 0 {
			to++
		} else {
			from++
		}
		if marks.none(from, to) {
			out = append(out, m)
		}
		marks.set(from, to)
	}
	slices.SortFunc(out, func(a, b Splice) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Count, b.Count)) })
	return out
}

// marks is a set of places: a Fenwick tree that counts those marked, and for each
// place a way to the next one that is not.
type marks struct {
	count []int
	next  []int
}

func newMarks(n int) *marks {
	m := &marks{count: make([]int, n+1), next: make([]int, n+1)}
	for i := range m.next {
		m.next[i] = i
	}
	return m
}

// free returns the first place from i on that is not marked.
func (m *marks) free(i int) int {
	for m.next[i] != i {
		m.next[i] = m.next[m.next[i]]
		i = m.next[i]
	}
	return i
}

func (m *marks) set(from, to int) {
	for i := m.free(from); i < to; i = m.free(i) {
		m.next[i] = i + 1
		for k := i + 1; k < len(m.count); k += k & -k {
			m.count[k]++
		}
	}
}

// none reports whether no place of [from, to) is marked.
func (m *marks) none(from, to int) bool { return m.below(from) == m.below(to) }

// below counts the marked places below i.
func (m *marks) below(i int) (n int) {
	for ; i > 0; i -= i & -i {
		n += m.count[i]
	}
	return n
}
