package array

import (
	"errors"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// each calls the callback with every value until f says stop.
func each(t *vm.Thread, callback value.Value, a *value.Array, f func(k, v, result value.Value) (more bool)) error {
	for k, v := range a.All() {
		r, err := t.Call(callback, v.Share())
		if err != nil {
			return err
		}
		if !f(k, v, r) {
			return nil
		}
	}
	return nil
}

func every(t *vm.Thread, a []value.Value) (value.Value, error) {
	all := true
	err := each(t, a[0], a[1].Array(), func(_, _, r value.Value) bool {
		all = r.Truth()
		return all
	})
	return value.Bool(all), err
}

func filter(t *vm.Thread, a []value.Value) (value.Value, error) {
	out := value.NewArray(0)
	err := each(t, a[0], a[1].Array(), func(k, v, r value.Value) bool {
		if r.Truth() {
			out.Set(k, v)
		}
		return true
	})
	return value.FromArray(out), err
}

func find(t *vm.Thread, a []value.Value) (value.Value, error) {
	found := value.None
	err := each(t, a[0], a[1].Array(), func(_, v, r value.Value) bool {
		if r.Truth() {
			found = v.Share()
			return false
		}
		return true
	})
	return found, err
}

func includes(t *vm.Thread, a []value.Value) (value.Value, error) {
	found := false
	if a[0].Kind() == value.KFunc {
		err := each(t, a[0], a[1].Array(), func(_, _, r value.Value) bool {
			found = r.Truth()
			return !found
		})
		return value.Bool(found), err
	}
	for v := range a[1].Array().Values() {
		if value.Identical(a[0], v) {
			return value.True, nil
		}
	}
	return value.False, nil
}

func mapItems(t *vm.Thread, a []value.Value) (value.Value, error) {
	in := a[1].Array()
	out := value.NewArray(in.Len())
	list := in.IsList()
	err := each(t, a[0], in, func(k, _, r value.Value) bool {
		if list {
			out.Append(r)
		} else {
			out.Set(k, r)
		}
		return true
	})
	return value.FromArray(out), err
}

func reduce(t *vm.Thread, a []value.Value) (value.Value, error) {
	callback, started := a[0], len(a) > 2
	var carry value.Value
	if started {
		carry = a[2].Share()
	}
	for v := range a[1].Array().Values() {
		if !started {
			carry, started = v.Share(), true
			continue
		}
		var err error
		if carry, err = t.Call(callback, carry, v.Share()); err != nil {
			return value.None, err
		}
	}
	if !started {
		return value.None, errors.New("array_reduce(): the array is empty and there is no initial value")
	}
	return carry, nil
}
