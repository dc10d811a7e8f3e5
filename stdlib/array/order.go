package array

import (
	"sort"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

type pair struct{ k, v value.Value }

func pairs(a *value.Array) []pair {
	out := make([]pair, 0, a.Len())
	for k, v := range a.All() {
		out = append(out, pair{k, v})
	}
	return out
}

// renumbered builds an array in which number keys count anew from 0.
func renumbered(ps []pair) value.Value {
	out := value.NewArray(len(ps))
	n := 0
	for _, p := range ps {
		if p.k.Kind() == value.KNumber {
			out.Set(value.Int(n), p.v)
			n++
		} else {
			out.Set(p.k, p.v)
		}
	}
	return value.FromArray(out)
}

func reverse(_ *vm.Thread, a []value.Value) (value.Value, error) {
	ps := pairs(a[0].Array())
	for i, j := 0, len(ps)-1; i < j; i, j = i+1, j-1 {
		ps[i], ps[j] = ps[j], ps[i]
	}
	return renumbered(ps), nil
}

func shuffle(t *vm.Thread, a []value.Value) (value.Value, error) {
	ps := pairs(a[0].Array())
	for i := len(ps) - 1; i > 0; i-- {
		j := below(t, i+1)
		ps[i], ps[j] = ps[j], ps[i]
	}
	return renumbered(ps), nil
}

func random(t *vm.Thread, a []value.Value) (value.Value, error) {
	ps := a[0].Array()
	if ps.Len() == 0 {
		return value.None, nil
	}
	i := below(t, ps.Len())
	for k, v := range ps.All() {
		if i--; i < 0 {
			return value.FromArray(value.List(k, v)), nil
		}
	}
	return value.None, nil
}

// below returns a uniform number from 0 to n-1. The values at the end of the
// 64-bit range that would make small numbers likelier are drawn again.
func below(t *vm.Thread, n int) int {
	most := ^uint64(0) - ^uint64(0)%uint64(n)
	for {
		if r := t.Host().Random(); r < most {
			return int(r % uint64(n))
		}
	}
}

// sortItems stops asking once a callback failed: whatever order results is
// dropped with the error.
func sortItems(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("array_sort", a, 2)
	byKey := o.Bool("keys", false)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	callback := a[0]
	ps := pairs(a[1].Array())
	var failed error
	sort.SliceStable(ps, func(i, j int) bool {
		if failed != nil {
			return false
		}
		x, y := ps[i].v, ps[j].v
		if byKey {
			x, y = ps[i].k, ps[j].k
		}
		r, err := t.Call(callback, x.Share(), y.Share())
		failed = err
		return err == nil && r.Truth()
	})
	if failed != nil {
		return value.None, failed
	}
	out := value.NewArray(len(ps))
	for _, p := range ps {
		out.Set(p.k, p.v)
	}
	return value.FromArray(out), nil
}
