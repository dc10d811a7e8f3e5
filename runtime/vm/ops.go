package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// elementSize is what one array element is charged for.
const elementSize = 24

func undefined(name string) error { return fmt.Errorf("Undefined variable $%s", name) }

// arith is the slow path of the binary operators: *dst = b op c.
func (t *Thread) arith(op bytecode.Op, dst *value.Value, b, c value.Value) error {
	if (op == bytecode.Add || op == bytecode.AddK) && b.IsString() && !c.IsArray() && *dst == b {
		return t.append(dst, []value.Value{c}) // $text += x, as linear as .=
	}
	v, err := t.binary(op, b, c)
	if err != nil {
		return err
	}
	*dst = v
	if v.IsNumber() {
		return nil
	}
	return t.chargeValue(v)
}

func (t *Thread) binary(op bytecode.Op, b, c value.Value) (value.Value, error) {
	if err := t.Reserve(resultSize(op, b, c)); err != nil {
		return value.None, err
	}
	switch op {
	case bytecode.Add, bytecode.AddK:
		return value.Add(b, c)
	case bytecode.Sub, bytecode.SubK:
		return value.Sub(b, c)
	case bytecode.Mul, bytecode.MulK:
		return value.Mul(b, c)
	case bytecode.Div, bytecode.DivK:
		return value.Div(b, c)
	case bytecode.Mod, bytecode.ModK:
		if b.IsString() && c.IsArray() {
			return value.Format(b.Str(), c.Array(), t.Room())
		}
		return value.Mod(b, c)
	case bytecode.Pow:
		return value.Pow(b, c)
	}
	return value.Join(b, c)
}

// resultSize estimates the bytes that the result of an operation takes.
func resultSize(op bytecode.Op, b, c value.Value) int {
	many := func(v, count value.Value) int {
		n := 0.0
		switch {
		case !count.IsNumber():
		case v.IsString():
			n = float64(len(v.Str())) * count.Num()
		case v.IsArray():
			n = float64(v.Array().Size()) * count.Num()
		}
		return int(min(max(n, 0), value.MaxString)) // what is more is refused anyway
	}
	switch op {
	case bytecode.Mul, bytecode.MulK:
		return max(many(b, c), many(c, b))
	case bytecode.Add, bytecode.AddK, bytecode.Sub, bytecode.SubK:
		n := 0
		for _, v := range [2]value.Value{b, c} {
			if v.IsArray() {
				n += v.Array().Size()
			} else if v.IsString() {
				n += len(v.Str())
			}
		}
		return n
	}
	return 0
}

func bitwise(op bytecode.Op, a, b int32) float64 {
	switch op {
	case bytecode.BitAnd:
		return float64(a & b)
	case bytecode.BitOr:
		return float64(a | b)
	case bytecode.BitXor:
		return float64(a ^ b)
	case bytecode.ShiftLeft:
		return float64(a << (uint32(b) & 31))
	case bytecode.ShiftRight:
		return float64(a >> (uint32(b) & 31))
	}
	return float64(uint32(a) >> (uint32(b) & 31))
}

// matches is =~ and !~.
func (t *Thread) matches(dst *value.Value, subject, pattern value.Value, want bool) error {
	re, err := t.Regexp(pattern)
	if err != nil {
		return err
	}
	s, err := t.Text(subject)
	if err != nil {
		return err
	}
	ok, err := re.Match(t.ctx.Done(), s)
	if err != nil {
		return t.Stopped(err)
	}
	dst.Set(value.Bool(ok == want))
	return nil
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
	if err := t.texts(0, parts); err != nil {
		return err
	}
	v := value.Joined(parts)
	*dst = v
	return t.charge(len(v.Str()))
}

// append adds the text of the parts to the string in dst, in place when
// possible.
func (t *Thread) append(dst *value.Value, parts []value.Value) error {
	d := *dst
	if d.Kind() != value.KString {
		d = value.Str(d.String())
	}
	before := len(d.Str())
	if err := t.texts(before, parts); err != nil {
		return err
	}
	d = value.Append(d, parts)
	*dst = d
	return t.charge(len(d.Str()) - before)
}

// texts makes sure that the text of the parts has room behind n bytes. Arrays
// among them become their text.
func (t *Thread) texts(before int, parts []value.Value) error {
	n := 0
	for i := range parts {
		switch p := parts[i]; {
		case p.IsString():
			n += len(p.Str())
		case p.IsArray():
			s, err := t.Text(p)
			if err != nil {
				return err
			}
			parts[i] = value.Str(s)
			n += len(s)
		}
	}
	if before+n > value.MaxString {
		return value.ErrTooLong
	}
	return t.Reserve(n)
}

// step is ++ or -- on anything but a plain number.
func step(v *value.Value, up bool) error {
	op, d := "++", 1.0
	if !up {
		op, d = "--", -1
	}
	f, ok := v.Numeric()
	if !ok {
		return value.OperandError(op)
	}
	v.SetNum(f + d)
	return nil
}

// spreadInto adds the elements of v to an array literal, or to the arguments of
// a call, where keys do not count.
func (t *Thread) spreadInto(a *value.Array, v value.Value, args bool) error {
	if !v.IsArray() {
		return fmt.Errorf("Cannot spread %s", v.TypeName())
	}
	if err := t.Reserve(v.Array().Size()); err != nil {
		return err
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

// elementOr returns x[key], or def when x is no array or has no such element.
func elementOr(x, key *value.Value, def value.Value) value.Value {
	if x.IsArray() {
		if e, ok := x.Array().Get(*key); ok {
			return e
		}
	}
	return def
}

// take is element i of a list that a pattern takes apart; last tells that nobody will
// look at it again.
func (t *Thread) take(x *value.Value, i int, last bool) value.Value {
	list, ok := x.OwnList()
	if !ok {
		key := value.Int(i)
		return elementOr(x, &key, value.None).Share()
	}
	v := value.None
	if i < len(list) {
		v = list[i]
	}
	if last {
		if a := x.Array(); a.Reuse() {
			t.spare = a
		}
	}
	return v
}

// NewArray returns an empty array with room for n elements. It may be one that a
// pattern took apart: [$a, $b] = f() makes a list for a moment only.
func (t *Thread) NewArray(n int) *value.Array {
	if a := t.spare; a != nil && a.Room() >= n {
		t.spare = nil
		return a
	}
	return value.NewArray(n)
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

// slice is x[a:b:c].
func (t *Thread) slice(dst *value.Value, x value.Value, b []value.Value) error {
	if x.IsArray() {
		if err := t.Reserve(x.Array().Size()); err != nil {
			return err
		}
	}
	v, err := value.Slice(x, bounds(b))
	if err != nil {
		return err
	}
	*dst = v
	return t.chargeValue(v)
}

// echo prints a value.
func (t *Thread) echo(v value.Value) error {
	s, err := t.Text(v)
	if err == nil {
		t.host.Echo(t, s)
	}
	return err
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
