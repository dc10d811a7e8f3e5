package value

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// model is an ordered map of the plainest kind.
type model struct {
	keys, vals []string
	next       int
}

func (m *model) find(key string) int {
	for i, k := range m.keys {
		if k == key {
			return i
		}
	}
	return -1
}

func (m *model) set(key Value, val string) {
	name := Literal(Key(key))
	if i := m.find(name); i >= 0 {
		m.vals[i] = val
		return
	}
	m.keys, m.vals = append(m.keys, name), append(m.vals, val)
	m.count()
}

func (m *model) delete(key Value) bool {
	i := m.find(Literal(Key(key)))
	if i < 0 {
		return false
	}
	m.keys = append(m.keys[:i:i], m.keys[i+1:]...)
	m.vals = append(m.vals[:i:i], m.vals[i+1:]...)
	m.count()
	return true
}

// count sets the next key: one above the largest integer.
func (m *model) count() {
	m.next = 0
	for _, k := range m.keys {
		var n int
		if _, err := fmt.Sscanf(k, "%d", &n); err == nil && n >= m.next {
			m.next = n + 1
		}
	}
}

// randomKey draws from so few keys that they meet again.
func randomKey(r *rand.Rand, most int) Value {
	n := r.IntN(most)
	switch r.IntN(4) {
	case 0:
		return Str(fmt.Sprint("key", n))
	case 1:
		return Str(string(rune('a' + n%26)))
	case 2:
		return Bool(n%2 == 0)
	}
	return Int(n - 2)
}

// TestArrayModel changes arrays at random beside a model. Sizes stay around the
// places where an array gets its keys, its index, and a larger one.
func TestArrayModel(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		most, steps := 1<<r.IntN(8), 300
		ascending := r.IntN(3) == 0
		a, m := NewArray(r.IntN(6)), &model{}
		changeArray(t, r, a, m, most, steps, ascending)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestKeys changes an array that has its keys from others of its kind: these have what
// they had.
func TestKeys(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		names, vals, m := []string{}, []Value{}, &model{}
		for i := range 1 + r.IntN(7) { // without an index, and with one
			names, vals = append(names, string(rune('a'+i))), append(vals, Int(i))
			m.set(Str(names[i]), fmt.Sprint(i))
		}
		keys, fresh := NewKeys(names...), *m
		fresh.keys, fresh.vals = slices.Clone(m.keys), slices.Clone(m.vals)
		before := keys.Array(vals...)
		changeArray(t, r, keys.Array(vals...), m, 16, 60, false)
		compare(t, before, &fresh, Str("a"))
		compare(t, keys.Array(vals...), &fresh, Str("key1"))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func changeArray(t *testing.T, r *rand.Rand, a *Array, m *model, most, steps int, ascending bool) {
	for step := range steps {
		key, val := randomKey(r, most), fmt.Sprint(step)
		if ascending {
			key = Int(step * 2)
		}
		switch op := r.IntN(10); {
		case op < 5:
			a.Set(key, Str(val))
			m.set(key, val)
		case op < 7:
			a.Append(Str(val))
			m.set(Int(m.next), val)
		case op < 9:
			if ascending && len(m.keys) > 0 {
				key = Int(r.IntN(step*2 + 1))
			}
			if got, want := a.Delete(key), m.delete(key); got != want {
				t.Fatalf("step %d: delete of %s gives %t, want %t", step, Literal(key), got, want)
			}
		default:
			a = a.Clone()
		}
		compare(t, a, m, randomKey(r, most))
		if t.Failed() {
			t.Errorf("step %d", step)
			return
		}
	}
}

func compare(t *testing.T, a *Array, m *model, probe Value) {
	var keys, vals []string
	for k, v := range a.All() {
		keys, vals = append(keys, Literal(k)), append(vals, v.String())
		if got, ok := a.Get(k); !ok || got.String() != v.String() {
			t.Errorf("element %s is not found", Literal(k))
		}
	}
	if d := cmp.Diff(append([]string{}, m.keys...), append([]string{}, keys...)); d != "" {
		t.Errorf("keys (want -, got +):\n%s", d)
	}
	if d := cmp.Diff(append([]string{}, m.vals...), append([]string{}, vals...)); d != "" {
		t.Errorf("values (want -, got +):\n%s", d)
	}
	if _, ok := a.Get(probe); ok != (m.find(Literal(Key(probe))) >= 0) {
		t.Errorf("%s is there: %t", Literal(probe), ok)
	}
	if a.Len() != len(m.keys) {
		t.Errorf("length %d, want %d", a.Len(), len(m.keys))
	}
}

func BenchmarkArrayLookup(b *testing.B) {
	for _, n := range []int{3, 8, 30, 1000, 1000000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a, keys := NewArray(0), make([]Value, n)
			for i := range keys {
				keys[i] = Str(fmt.Sprint("key", i))
				a.Set(keys[i], Int(i))
			}
			i := 0
			for b.Loop() {
				if i++; i == n {
					i = 0
				}
				if _, ok := a.Get(keys[i]); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}
