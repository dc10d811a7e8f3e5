package ffi

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func typeNamed(_ *vm.Thread, args []value.Value) (value.Value, error) {
	v, ok := foreign.TypeNamed(args[0].Str())
	if !ok {
		return value.None, errors.New("FFI::type(): unknown type")
	}
	return v, nil
}

func cnumber(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::cnumber"
	typ, err := ffiType(fn, "type", args, 0)
	if err != nil {
		return value.None, err
	}
	if !typ.Number() {
		return value.None, fmt.Errorf("%s(): argument 1 (type) must be a type of numbers, got %s", fn, typ.Name)
	}
	v, err := foreign.NewNumber(t, typ, args[1].Num())
	if err != nil {
		err = fmt.Errorf("argument 2 (number) %w", err)
	}
	return named(fn, v, err)
}

func cstring(t *vm.Thread, args []value.Value) (value.Value, error) {
	v, err := foreign.NewString(t, args[0].Str())
	return named("FFI::cstring", v, err)
}

func callback(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::callback"
	in, out, err := form(fn, args, 0)
	if err != nil {
		return value.None, err
	}
	if n := len(in); n > 0 && in[n-1] == foreign.Dots {
		return value.None, fmt.Errorf("%s(): variadic callbacks are not supported", fn)
	}
	v, err := foreign.NewCallback(t, in, out, args[2])
	return named(fn, v, err)
}

func nullptr(t *vm.Thread, _ []value.Value) (value.Value, error) {
	return foreign.NewPointer(t, 0, nil)
}

func allocate(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::allocate"
	size := args[0]
	switch x := foreign.Of(size); {
	case x != nil && x.Type.Integer():
		size = value.Num(x.Number())
	case x != nil || !size.IsNumber():
		return value.None, wrong(fn, "size", "number or FFIValue of an integer type", args, 0)
	}
	n, err := registry.Count(fn, []value.Value{size}, 0, 0)
	if err != nil {
		return value.None, err
	}
	if n < 0 {
		return value.None, fmt.Errorf("%s(): argument 1 (size) must not be negative", fn)
	}
	v, err := foreign.Allocate(t, n)
	return named(fn, v, err)
}

func memcpy(_ *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::memcpy"
	p, err := place(fn, "pointer", args, 0)
	if err != nil {
		return value.None, err
	}
	return named(fn, args[0], p.Fill(args[1].Str()))
}

func byref(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::byref"
	v, err := ffiValue(fn, "value", args, 0)
	if err != nil {
		return value.None, err
	}
	r, err := v.Reference(t)
	return named(fn, r, err)
}

func deref(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::deref"
	p, err := place(fn, "value", args, 0)
	if err != nil {
		return value.None, err
	}
	typ := foreign.Pointer
	if len(args) > 1 && !args[1].IsNil() {
		if typ, err = ffiType(fn, "type", args, 1); err != nil {
			return value.None, err
		}
	}
	if typ.Size == 0 {
		return value.None, fmt.Errorf("%s(): argument 2 (type) must be a type with a size, got %s", fn, typ.Name)
	}
	v, err := p.Load(t, typ)
	return named(fn, v, err)
}

func offset(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::offset"
	p, err := pointer(fn, "pointer", args, 0)
	if err != nil {
		return value.None, err
	}
	n, err := registry.Count(fn, args, 1, 0)
	if err != nil {
		return value.None, err
	}
	return p.Offset(t, n)
}

func text(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::string"
	p, err := place(fn, "pointer", args, 0)
	if err != nil {
		return value.None, err
	}
	n := -1
	if len(args) > 1 && !args[1].IsNil() {
		if n, err = registry.Count(fn, args, 1, 0); err != nil {
			return value.None, err
		}
		if n < 0 {
			return value.None, fmt.Errorf("%s(): argument 2 (size) must not be negative", fn)
		}
	}
	v, err := p.String(t, n)
	return named(fn, v, err)
}

func number(_ *vm.Thread, args []value.Value) (value.Value, error) {
	v, err := ffiValue("FFI::number", "value", args, 0)
	if err != nil {
		return value.None, err
	}
	return value.Num(v.Number()), nil
}

func number64(_ *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::number64"
	v, err := ffiValue(fn, "value", args, 0)
	if err != nil {
		return value.None, err
	}
	if !v.Type.Integer() && v.Type != foreign.Pointer {
		return value.None, wrong(fn, "value", "FFIValue of an integer type", args, 0)
	}
	high, low := v.Halves()
	a := value.NewArray(2)
	a.Push(value.Num(float64(high)))
	a.Push(value.Num(float64(low)))
	return value.FromArray(a), nil
}

func attach(_ *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI::attach"
	p, err := pointer(fn, "pointer", args, 0)
	if err != nil {
		return value.None, err
	}
	var destructor *foreign.Function
	if len(args) > 1 && !args[1].IsNil() {
		if destructor = foreign.FunctionOf(args[1]); destructor == nil {
			return value.None, wrong(fn, "destructor", "FFIFunction", args, 1)
		}
		if !destructor.Takes(foreign.Pointer) {
			return value.None, fmt.Errorf("%s(): the destructor must take one pointer", fn)
		}
	}
	p.Attach(destructor)
	return args[0], nil
}

func detach(_ *vm.Thread, args []value.Value) (value.Value, error) {
	p, err := pointer("FFI::detach", "pointer", args, 0)
	if err != nil {
		return value.None, err
	}
	p.Detach()
	return args[0], nil
}
