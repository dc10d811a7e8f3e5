package foreign

import (
	"math"
	"reflect"

	"github.com/hawser-mta/hawser/runtime/value"
)

// Type is a type of C.
type Type struct {
	Name string
	Size int // bytes; 0 of void and of the dots of a variadic function

	// Go has the same form in memory and in registers.
	Go reflect.Type
}

// The types, by what is special about them.
var (
	Void     = &Type{Name: "void"}
	Dots     = &Type{Name: "..."}
	Pointer  = &Type{Name: "pointer", Size: int(reflect.TypeFor[uintptr]().Size()), Go: reflect.TypeFor[uintptr]()}
	Sint32   = number[int32]("sint32")
	allTypes = []*Type{
		Void, number[uint8]("uint8"), number[int8]("sint8"), number[uint16]("uint16"), number[int16]("sint16"),
		number[uint32]("uint32"), Sint32, number[uint64]("uint64"), number[int64]("sint64"),
		number[float32]("float"), number[float64]("double"), Pointer, Dots,
	}
	byName = func() map[string]value.Value {
		m := map[string]value.Value{}
		for _, t := range allTypes {
			m[t.Name] = value.FromResource(&value.Resource{Type: "FFIType", Native: t})
		}
		return m
	}()
)

func number[T any](name string) *Type {
	t := reflect.TypeFor[T]()
	return &Type{Name: name, Size: int(t.Size()), Go: t}
}

// TypeNamed returns the FFIType of that name.
func TypeNamed(name string) (value.Value, bool) {
	v, ok := byName[name]
	return v, ok
}

// TypeOf returns the type behind an FFIType, nil for other values.
func TypeOf(v value.Value) *Type {
	if v.Kind() == value.KResource {
		t, _ := v.Resource().Native.(*Type)
		return t
	}
	return nil
}

// Number reports whether t is a type of numbers.
func (t *Type) Number() bool { return t.Go != nil && t != Pointer }

// Integer reports whether t is a type of integers.
func (t *Type) Integer() bool { return t.Number() && !t.float() }

func (t *Type) float() bool {
	return t.Go != nil && (t.Go.Kind() == reflect.Float32 || t.Go.Kind() == reflect.Float64)
}

func (t *Type) signed() bool {
	return t.Go != nil && t.Go.Kind() >= reflect.Int && t.Go.Kind() <= reflect.Int64
}

// bits are the value f in the form of Value.bits: integers cut to the size of the
// type as C does and extended to 64 bits, floats as they stand in memory. ok is
// false when an integer is wanted and f is none at all.
func (t *Type) bits(f float64) (b uint64, ok bool) {
	switch {
	case t.Go == nil:
		return 0, true
	case t.Go.Kind() == reflect.Float32:
		return uint64(math.Float32bits(float32(f))), true
	case t.Go.Kind() == reflect.Float64:
		return math.Float64bits(f), true
	case math.IsNaN(f) || math.IsInf(f, 0):
		return 0, false
	}
	b = uint64(math.Mod(math.Abs(math.Trunc(f)), 1<<64))
	if f < 0 {
		b = -b
	}
	return t.extend(b), true
}

// extend cuts an integer to the size of the type and extends it again.
func (t *Type) extend(b uint64) uint64 {
	shift := 64 - 8*t.Size
	if t.signed() {
		return uint64(int64(b<<shift) >> shift)
	}
	return b << shift >> shift
}

// number is what bits stand for.
func (t *Type) number(b uint64) float64 {
	switch {
	case t.Go.Kind() == reflect.Float32:
		return float64(math.Float32frombits(uint32(b)))
	case t.Go.Kind() == reflect.Float64:
		return math.Float64frombits(b)
	case t.signed():
		return float64(int64(b))
	}
	return float64(b)
}

// convert makes bits of another type of numbers those of t, as C does.
func (t *Type) convert(from *Type, b uint64) (uint64, bool) {
	switch {
	case t == from:
		return b, true
	case t.Integer() && from.Integer():
		return t.extend(b), true
	}
	return t.bits(from.number(b))
}

// reflected returns bits as a Go value of the type.
func (t *Type) reflected(b uint64) reflect.Value {
	v := reflect.New(t.Go).Elem()
	switch {
	case t.float():
		v.SetFloat(t.number(b))
	case t.signed():
		v.SetInt(int64(b))
	default:
		v.SetUint(b)
	}
	return v
}

// unreflected is the inverse of reflected.
func (t *Type) unreflected(v reflect.Value) uint64 {
	switch {
	case t.Go.Kind() == reflect.Float32:
		return uint64(math.Float32bits(float32(v.Float())))
	case t.float():
		return math.Float64bits(v.Float())
	case t.signed():
		return uint64(v.Int())
	}
	return v.Uint()
}
