package array

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func combine(_ *vm.Thread, a []value.Value) (value.Value, error) {
	keys, vals := a[0].Array(), a[1].Array()
	missing := value.None
	if len(a) > 2 {
		missing = a[2]
	}
	out := value.NewArray(keys.Len())
	at := 0
	for k := range keys.Values() {
		switch k.Kind() {
		case value.KString, value.KNumber, value.KBool:
		default:
			return value.None, fmt.Errorf("array_combine(): a key must be string, number or boolean, got %s", k.TypeName())
		}
		_, v, next, ok := vals.Next(at)
		if at = next; !ok {
			v = missing
		}
		out.Set(k, v)
	}
	return value.FromArray(out), nil
}

func join(t *vm.Thread, a []value.Value) (value.Value, error) {
	sep := ""
	if len(a) > 1 && !a[1].IsNone() {
		sep = a[1].Str()
	}
	parts, packed := a[0].Array().Packed()
	if !packed {
		parts = slices.Collect(a[0].Array().Values())
	}
	size := 0
	for _, v := range parts {
		size += len(sep)
		if v.IsArray() { // its text may be endless
			s, err := t.Text(v)
			if err != nil {
				return value.None, err
			}
			size += len(s)
		} else {
			size += value.TextSize(v)
		}
		if size > value.MaxString {
			return value.None, value.ErrTooLong
		}
	}
	if err := t.Reserve(size); err != nil {
		return value.None, err
	}
	b := make([]byte, 0, size)
	for i, v := range parts {
		if i > 0 {
			b = append(b, sep...)
		}
		b = value.AppendText(b, v)
	}
	return value.Bytes(b), nil
}

func keys(_ *vm.Thread, a []value.Value) (value.Value, error) {
	out := value.NewArray(a[0].Array().Len())
	for k := range a[0].Array().All() {
		out.Append(k)
	}
	return value.FromArray(out), nil
}

// maxRange is the greatest number of items of array_range.
const maxRange = 10_000_000

func numbers(t *vm.Thread, a []value.Value) (value.Value, error) {
	start, stop, step := a[0].Num(), a[1].Num(), 1.0
	if len(a) > 2 && !a[2].IsNone() {
		step = a[2].Num()
	}
	if step == 0 {
		return value.None, errors.New("array_range(): step must not be 0")
	}
	n := math.Ceil((stop - start) / step)
	switch {
	case math.IsNaN(n) || n > maxRange:
		return value.None, fmt.Errorf("array_range(): more than %d items", maxRange)
	case n <= 0:
		return value.FromArray(value.NewArray(0)), nil
	}
	// The quotient is rounded, so the end is looked at with the items themselves.
	for before := func(x float64) bool { return step > 0 && x < stop || step < 0 && x > stop }; n > 0; n-- {
		if before(start + (n-1)*step) {
			for before(start+n*step) && n < maxRange {
				n++
			}
			break
		}
	}
	if err := t.Reserve(int(n) * value.ElementSize); err != nil {
		return value.None, err
	}
	out := value.NewArray(int(n))
	for i := range int(n) {
		out.Append(value.Num(start + float64(i)*step))
	}
	return value.FromArray(out), nil
}

// unique finds earlier strings, numbers and objects in a map; others are compared
// with those that have the same look, one by one.
func unique(t *vm.Thread, a []value.Value) (value.Value, error) {
	seen := map[any]bool{}
	others := map[string][]value.Value{}
	compared := 0
	out := value.NewArray(0)
next:
	for k, v := range a[0].Array().All() {
		switch v.Kind() {
		case value.KString:
			if seen[v.Str()] {
				continue
			}
			seen[v.Str()] = true
		case value.KNumber:
			if seen[v.Num()] {
				continue
			}
			seen[v.Num()] = true
		case value.KObject:
			if seen[v.Object()] {
				continue
			}
			seen[v.Object()] = true
		default:
			l := look(v)
			for _, o := range others[l] {
				if value.Identical(o, v) {
					continue next
				}
				if compared++; compared%4096 == 0 {
					if err := t.Stopped(nil); err != nil {
						return value.None, err
					}
				}
			}
			others[l] = append(others[l], v)
		}
		out.Set(k, v)
	}
	return value.FromArray(out), nil
}

// look is the same for identical values: the length and the first scalars of an
// array, the type of anything else.
func look(v value.Value) string {
	if !v.IsArray() {
		return v.TypeName()
	}
	b := strconv.AppendInt(nil, int64(v.Array().Len()), 10)
	n := 0
	for k, x := range v.Array().All() {
		if n++; n > 8 {
			break
		}
		for _, s := range [2]value.Value{k, x} {
			if b = append(b, 0); s.IsString() || s.IsNumber() {
				b = value.AppendText(b, s)
			}
		}
	}
	return string(b)
}
