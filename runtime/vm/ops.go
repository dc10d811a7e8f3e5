package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// elementSize is what one array element is charged for.
const elementSize = 24

func undefined(name string) error { return fmt.Errorf("Undefined variable $%s", name) }

// arith is the slow path of the binary operators.
func (t *Thread) arith(in bytecode.Instr, f *frame, b, c value.Value) (v value.Value, err error) {
	switch in.Op {
	case bytecode.Add, bytecode.AddK:
		v, err = value.Add(b, c)
	case bytecode.Sub, bytecode.SubK:
		v, err = value.Sub(b, c)
	case bytecode.Mul:
		v, err = value.Mul(b, c)
	case bytecode.Div:
		return value.Div(b, c)
	case bytecode.Mod:
		v, err = value.Mod(b, c)
	case bytecode.Pow:
		return value.Pow(b, c)
	case bytecode.Concat:
		v, err = value.Join(b, c)
	case bytecode.Matches, bytecode.NotMatches:
		return t.matches(b, c, in.Op == bytecode.Matches)
	default:
		return bitwise(in.Op, value.Int32(b.Number()), value.Int32(c.Number())), nil
	}
	if err != nil {
		return v, err
	}
	return v, t.chargeValue(v)
}

func bitwise(op bytecode.Op, a, b int32) value.Value {
	switch op {
	case bytecode.BitAnd:
		return value.Num(float64(a & b))
	case bytecode.BitOr:
		return value.Num(float64(a | b))
	case bytecode.BitXor:
		return value.Num(float64(a ^ b))
	case bytecode.ShiftLeft:
		return value.Num(float64(a << (uint32(b) & 31)))
	case bytecode.ShiftRight:
		return value.Num(float64(a >> (uint32(b) & 31)))
	}
	return value.Num(float64(uint32(a) >> (uint32(b) & 31)))
}

// matches is =~ and !~.
func (t *Thread) matches(subject, pattern value.Value, want bool) (value.Value, error) {
	re, err := t.Regexp(pattern)
	if err != nil {
		return value.None, err
	}
	ok, err := re.Match(subject.String())
	return value.Bool(ok == want), err
}

// Regexp returns the compiled form of a Regex value or pattern string.
func (t *Thread) Regexp(v value.Value) (Regexp, error) {
	if v.Kind() == value.KResource {
		if re, ok := v.Resource().Native.(Regexp); ok {
			return re, nil
		}
	}
	if v.Kind() != value.KString || t.img.lib.Regex == nil {
		return nil, value.OperandError("=~")
	}
	c, err := t.img.lib.Regex.String(v.Str())
	if err != nil {
		return nil, err
	}
	return c.Resource().Native.(Regexp), nil
}

// join concatenates values into dst.
func (t *Thread) join(dst *value.Value, parts []value.Value) error {
	var room [8]string
	strs := room[:0]
	n := 0
	for _, p := range parts {
		s := p.String()
		n += len(s)
		strs = append(strs, s)
	}
	if n > value.MaxString {
		return value.ErrTooLong
	}
	b := make([]byte, 0, n)
	for _, s := range strs {
		b = append(b, s...)
	}
	*dst = value.Bytes(b)
	return t.charge(n)
}

// append adds the text of v to the string in dst, in place when possible.
func (t *Thread) append(dst *value.Value, v value.Value) error {
	s := v.String()
	d := *dst
	if d.Kind() != value.KString {
		d = value.Str(d.String())
	}
	if len(d.Str())+len(s) > value.MaxString {
		return value.ErrTooLong
	}
	*dst = value.Append(d, s)
	return t.charge(len(s))
}

// step is ++ or -- on anything but a plain number.
func step(v value.Value, up bool) (value.Value, error) {
	op, d := "++", 1.0
	if !up {
		op, d = "--", -1
	}
	f, ok := v.Numeric()
	if !ok {
		return v, value.OperandError(op)
	}
	return value.Num(f + d), nil
}

// spreadInto adds the elements of v to an array literal, or to the arguments of
// a call, where keys do not count.
func (t *Thread) spreadInto(a *value.Array, v value.Value, args bool) error {
	if !v.IsArray() {
		return fmt.Errorf("Cannot spread %s", v.TypeName())
	}
	for k, e := range v.Array().All() {
		if args || k.Kind() == value.KNumber {
			a.Append(e)
		} else {
			a.Set(k, e)
		}
	}
	return t.charge(v.Array().Len() * elementSize)
}

// restOf is the ...$rest of a pattern.
func restOf(v value.Value, skip int) value.Value {
	out := value.NewArray(0)
	if v.IsArray() {
		for e := range v.Array().Values() {
			if skip--; skip < 0 {
				out.Append(e)
			}
		}
	}
	return value.FromArray(out)
}

func bounds(r []value.Value) value.Bounds { return value.Bounds{Lo: r[0], Hi: r[1], Step: r[2]} }

// index reads x[k] of anything but an array.
func (t *Thread) index(f *frame, x, k value.Value) (value.Value, error) {
	switch x.Kind() {
	case value.KString:
		key := value.Key(k)
		if s := x.Str(); key.IsNumber() && key.Num() >= 0 && key.Num() < float64(len(s)) {
			return value.Byte(s[int(key.Num())]), nil
		}
	case value.KObject:
		return t.prop(f, x, propName(k))
	}
	return value.None, nil
}

// propName is the name of a property given as a subscript.
func propName(k value.Value) value.Value {
	if k.Kind() == value.KString {
		return k
	}
	return value.Str(value.Key(k).String())
}

// linkGlobal is the statement global.
func linkGlobal(f *frame, r *value.Value, reg, global int) error {
	c := f.mod.cells[global]
	if old := r.Cell(); old == c {
		return nil
	}
	if !r.IsUndefined() {
		return fmt.Errorf("Variable $%s already exists", f.proto.Vars[reg])
	}
	*r = value.FromCell(c)
	return nil
}
