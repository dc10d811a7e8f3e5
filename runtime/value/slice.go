package value

import "errors"

// ErrSliceStep is thrown for a step of zero.
var ErrSliceStep = errors.New("Slice step is zero")

// Bounds are the parts of a slice expression; undefined means left out.
type Bounds struct{ Lo, Hi, Step Value }

// resolve returns the positions first, first+step, … (count of them) that the
// bounds select from n items.
func (b Bounds) resolve(n int) (first, count, step int, err error) {
	step = 1
	if !b.Step.IsUndefined() {
		if step, err = b.Step.Integer(); err != nil {
			return
		}
	}
	if step == 0 {
		return 0, 0, 0, ErrSliceStep
	}
	lo, hi := 0, n
	if step < 0 {
		lo, hi = n-1, -1
	}
	clamp := func(v Value, def int) (int, error) {
		if v.IsUndefined() {
			return def, nil
		}
		i, err := v.Integer()
		if err != nil {
			return 0, err
		}
		if i < 0 {
			i += n
		}
		if step < 0 {
			return min(max(i, -1), n-1), nil
		}
		return min(max(i, 0), n), nil
	}
	if lo, err = clamp(b.Lo, lo); err != nil {
		return
	}
	if hi, err = clamp(b.Hi, hi); err != nil {
		return
	}
	switch {
	case step > 0 && hi > lo:
		count = (hi - lo + step - 1) / step
	case step < 0 && lo > hi:
		count = (lo - hi - step - 1) / -step
	}
	return lo, count, step, nil
}

// Slice returns the selected part of an array or string (spec language 3.7).
func Slice(x Value, b Bounds) (Value, error) {
	switch x.Kind() {
	case KNone, Undefined: // undefined: below ??
		return None, nil
	case KString:
		s := x.Str()
		first, n, step, err := b.resolve(len(s))
		if err != nil {
			return Value{}, err
		}
		if step == 1 {
			return Str(s[first : first+n]), nil
		}
		out := make([]byte, n)
		for i := range out {
			out[i] = s[first+i*step]
		}
		return Bytes(out), nil
	case KArray:
		vals := x.Array().list()
		first, n, step, err := b.resolve(len(vals))
		if err != nil {
			return Value{}, err
		}
		out := NewArray(n)
		for i := range n {
			out.Append(vals[first+i*step])
		}
		return FromArray(out), nil
	}
	return Value{}, OperandError("[:]")
}

// list returns the values in order; the slice must not be changed.
func (a *Array) list() []Value {
	if a.t == nil {
		return a.vals
	}
	l := make([]Value, 0, a.t.live)
	for v := range a.Values() {
		l = append(l, v)
	}
	return l
}

// Splice replaces the elements that the bounds select by the values of v (or v
// itself when it is no array) and renumbers integer keys.
func (a *Array) Splice(b Bounds, v Value) (*Array, error) {
	first, n, _, err := b.resolve(a.Len())
	if err != nil {
		return nil, err
	}
	out := NewArray(a.Len())
	put := func() {
		if v.Kind() != KArray {
			out.Append(v)
			return
		}
		for e := range v.Array().Values() {
			out.Append(e)
		}
	}
	i := 0
	for k, e := range a.All() {
		if i == first {
			put()
		}
		if i < first || i >= first+n {
			if k.IsNumber() {
				out.Append(e)
			} else {
				out.Set(k, e)
			}
		}
		i++
	}
	if first >= i {
		put()
	}
	return out, nil
}

// CutSlice removes the elements that the bounds select, leaving the keys of the
// others, and reports whether there were any.
func (a *Array) CutSlice(b Bounds) (bool, error) {
	first, n, step, err := b.resolve(a.Len())
	if err != nil || n == 0 {
		return false, err
	}
	keys := make([]Value, 0, a.Len())
	for k := range a.All() {
		keys = append(keys, k)
	}
	for i := range n {
		a.Delete(keys[first+i*step])
	}
	return true, nil
}
