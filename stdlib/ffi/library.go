package ffi

import (
	"fmt"

	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// libraries makes objects of class FFI, whose state is a *foreign.Library.
type libraries struct{ class *value.Class }

// open implements the constructor.
func (l *libraries) open(t *vm.Thread, args []value.Value) (value.Value, error) {
	if err := foreign.Allowed(t); err != nil {
		return value.None, err
	}
	lib, err := foreign.Open(args[0].Str())
	if err != nil {
		return value.None, fmt.Errorf("FFI(): cannot load the library: %s", err)
	}
	return value.Native(l.class, lib), nil
}

// function implements FFI->func.
func function(t *vm.Thread, args []value.Value) (value.Value, error) {
	const fn = "FFI->func"
	lib, err := registry.Object[*foreign.Library](fn, args, 0, "FFI")
	if err != nil {
		return value.None, err
	}
	name := args[1].Str()
	in, out, err := form(fn, args[1:], 1)
	if err != nil {
		return value.None, err
	}
	addr := lib.Symbol(name)
	if addr == 0 {
		return value.None, nil
	}
	return foreign.NewFunction(name, addr, in, out).Value(t)
}

// symbol implements FFI->symbol.
func symbol(t *vm.Thread, args []value.Value) (value.Value, error) {
	lib, err := registry.Object[*foreign.Library]("FFI->symbol", args, 0, "FFI")
	if err != nil {
		return value.None, err
	}
	addr := lib.Symbol(args[1].Str())
	if addr == 0 {
		return value.None, nil
	}
	return foreign.NewPointer(t, addr, nil)
}
