package value

import (
	"fmt"
	"math"
)

// OperandError is thrown for operands that an operator cannot work on.
type OperandError string

// Error returns the standard text of spec language 6.2.
func (e OperandError) Error() string {
	return fmt.Sprintf("Unsupported operand types for %s", string(e))
}

// MaxString bounds the length of a string that an operator makes.
const MaxString = 1 << 30

// ErrTooLong is thrown when a result would exceed MaxString.
var ErrTooLong = fmt.Errorf("string too long, at most %d bytes", MaxString)

// Add is + on any operands.
func Add(a, b Value) (Value, error) {
	ka, kb := a.Kind(), b.Kind()
	switch {
	case ka == KNumber && kb == KNumber:
		return Num(a.Num() + b.Num()), nil
	case ka == KArray && kb == KArray:
		return FromArray(merge(a.Array(), b.Array())), nil
	case ka == KArray:
		c := a.Array().clone()
		c.Append(orNone(b))
		return FromArray(c), nil
	case kb == KArray:
		if ka <= KNone {
			return b.Share(), nil
		}
		return Value{}, OperandError("+")
	case ka == KString || kb == KString:
		return join(a.String(), b.String())
	}
	return arith(a, b, "+", func(x, y float64) float64 { return x + y })
}

func orNone(v Value) Value {
	if v.IsUndefined() {
		return None
	}
	return v
}

// join is concatenation with a bound on the result.
func join(a, b string) (Value, error) {
	if len(a)+len(b) > MaxString {
		return Value{}, ErrTooLong
	}
	return Concat(a, b), nil
}

// Join is the operator . on any operands.
func Join(a, b Value) (Value, error) { return join(a.String(), b.String()) }

// merge is array + array: string keys overwrite in place or are appended,
// other keys are appended with new numbers.
func merge(a, b *Array) *Array {
	c := a.clone()
	for k, v := range b.All() {
		if k.IsNumber() {
			c.Append(v)
		} else {
			c.Set(k, v)
		}
	}
	return c
}

// Sub is - on any operands.
func Sub(a, b Value) (Value, error) {
	if a.Kind() == KArray {
		return FromArray(without(a.Array(), b)), nil
	}
	return arith(a, b, "-", func(x, y float64) float64 { return x - y })
}

// without is array - value: a copy without the values identical to b, or to
// any value of b when that is an array. Keys are kept.
func without(a *Array, b Value) *Array {
	drop := func(v Value) bool { return Identical(v, b) }
	if b.Kind() == KArray {
		set := NewArray(0)
		var odd []Value
		for v := range b.Array().Values() {
			if k := v.Kind(); k == KString || k == KNumber {
				set.unpackOnce()
				if set.find(v) < 0 {
					set.insert(v, True)
				}
			} else {
				odd = append(odd, v)
			}
		}
		drop = func(v Value) bool {
			if k := v.Kind(); k == KString || k == KNumber {
				return set.t != nil && set.find(v) >= 0
			}
			for _, o := range odd {
				if Identical(v, o) {
					return true
				}
			}
			return false
		}
	}
	out := NewArray(0)
	for k, v := range a.All() {
		if !drop(v) {
			out.Set(k, v)
		}
	}
	return out
}

func (a *Array) unpackOnce() {
	if a.t == nil {
		a.unpack()
	}
}

// Mul is * on any operands: product, or repetition of a string or array.
func Mul(a, b Value) (Value, error) {
	ka, kb := a.Kind(), b.Kind()
	switch {
	case ka == KNumber && kb == KNumber:
		return Num(a.Num() * b.Num()), nil
	case (ka == KString || ka == KArray) && countable(kb):
		return repeat(a, b.Number())
	case (kb == KString || kb == KArray) && countable(ka):
		return repeat(b, a.Number())
	}
	return arith(a, b, "*", func(x, y float64) float64 { return x * y })
}

func countable(k Kind) bool { return k == KNumber || k == KBool || k == KNone }

// MaxRepeat bounds the elements that array repetition makes.
const MaxRepeat = 10_000_000

func repeat(x Value, count float64) (Value, error) {
	n := 0
	if count >= 1 {
		n = int(math.Min(count, MaxString+1))
	}
	if x.Kind() == KString {
		s := x.Str()
		if len(s)*n > MaxString || n > MaxString && len(s) > 0 {
			return Value{}, ErrTooLong
		}
		b := make([]byte, 0, len(s)*n)
		for range n {
			if len(s) == 0 {
				break
			}
			b = append(b, s...)
		}
		return Bytes(b), nil
	}
	vals := x.Array().list()
	if len(vals) > 0 && n > MaxRepeat/len(vals) {
		return Value{}, fmt.Errorf("array too long, at most %d elements", MaxRepeat)
	}
	out := NewArray(len(vals) * n)
	for range n {
		if len(vals) == 0 {
			break
		}
		for _, v := range vals {
			out.Append(v)
		}
	}
	return FromArray(out), nil
}

// Div is / on any operands.
func Div(a, b Value) (Value, error) {
	return arith(a, b, "/", func(x, y float64) float64 { return x / y })
}

// Mod is % on any operands: remainder, or format when a string meets an array.
func Mod(a, b Value) (Value, error) {
	if a.Kind() == KString && b.Kind() == KArray {
		return Format(a.Str(), b.Array(), MaxString)
	}
	return arith(a, b, "%", Rem)
}

// Rem is the remainder of two numbers as C's fmod gives it.
func Rem(x, y float64) float64 {
	// Whole numbers that fit are far faster in integer registers.
	i, j := int32(x), int32(y)
	if float64(i) == x && float64(j) == y && j > 0 && (i > 0 || i == 0 && !math.Signbit(x)) {
		return float64(uint32(i) % uint32(j))
	}
	if k, l := int64(x), int64(y); float64(k) == x && float64(l) == y && k > 0 && l > 0 {
		return float64(k % l)
	}
	return math.Mod(x, y)
}

// Pow is ** on any operands.
func Pow(a, b Value) (Value, error) { return arith(a, b, "**", Power) }

// Neg is unary -, Plus unary +.
func Neg(a Value) (Value, error) {
	f, ok := a.Numeric()
	if !ok {
		return Value{}, OperandError("-")
	}
	return Num(-f), nil
}

// Plus is unary +.
func Plus(a Value) (Value, error) {
	f, ok := a.Numeric()
	if !ok {
		return Value{}, OperandError("+")
	}
	return Num(f), nil
}

func arith(a, b Value, op string, f func(x, y float64) float64) (Value, error) {
	x, ok := a.Numeric()
	y, ok2 := b.Numeric()
	if !ok || !ok2 {
		return Value{}, OperandError(op)
	}
	return Num(f(x, y)), nil
}

// Int32 reduces a number modulo 2³² to the signed range; NaN and infinities
// give 0 (spec language 3.5).
func Int32(f float64) int32 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	if math.Abs(f) < 1<<62 {
		return int32(int64(f))
	}
	return int32(uint32(math.Mod(math.Trunc(f), 1<<32)))
}
