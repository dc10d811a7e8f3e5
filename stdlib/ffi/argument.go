package ffi

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// ffiValue reads an argument that must be an FFIValue.
func ffiValue(fn, param string, args []value.Value, i int) (*foreign.Value, error) {
	if v := foreign.Of(args[i]); v != nil {
		return v, nil
	}
	return nil, wrong(fn, param, "FFIValue", args, i)
}

// pointer reads an argument that must be a pointer.
func pointer(fn, param string, args []value.Value, i int) (*foreign.Value, error) {
	if v := foreign.Of(args[i]); v != nil && v.Type == foreign.Pointer {
		return v, nil
	}
	return nil, wrong(fn, param, "FFIValue of pointer", args, i)
}

// place reads a pointer that must not be NULL.
func place(fn, param string, args []value.Value, i int) (*foreign.Value, error) {
	v, err := pointer(fn, param, args, i)
	if err == nil && v.Null() {
		err = fmt.Errorf("%s(): argument %d (%s) must not be NULL", fn, i+1, param)
	}
	return v, err
}

// ffiType reads an argument that must be an FFIType.
func ffiType(fn, param string, args []value.Value, i int) (*foreign.Type, error) {
	if t := foreign.TypeOf(args[i]); t != nil {
		return t, nil
	}
	return nil, wrong(fn, param, "FFIType", args, i)
}

// form reads the types of a function: a list of those of its arguments and the one
// of its result.
func form(fn string, args []value.Value, i int) (in []*foreign.Type, out *foreign.Type, err error) {
	for v := range args[i].Array().Values() {
		t := foreign.TypeOf(v)
		if t == nil {
			return nil, nil, fmt.Errorf("%s(): argument %d (arguments) must be a list of FFIType, got %s", fn, i+1, foreign.Describe(v))
		}
		if in = append(in, t); len(in) > foreign.MaxArgs+1 {
			break // too many, which Forms says
		}
	}
	if out, err = ffiType(fn, "returntype", args, i+1); err != nil {
		return nil, nil, err
	}
	if fault := foreign.Forms(in, out); fault != "" {
		return nil, nil, fmt.Errorf("%s(): %s", fn, fault)
	}
	return in, out, nil
}

func wrong(fn, param, want string, args []value.Value, i int) error {
	return fmt.Errorf("%s(): argument %d (%s) must be %s, got %s", fn, i+1, param, want, foreign.Describe(args[i]))
}

// named puts the name of the method in front of an error of the engine. Errors that
// end the run stay as they are.
func named(fn string, v value.Value, err error) (value.Value, error) {
	var limit *vm.LimitError
	var cancel *vm.CancelError
	switch {
	case err == nil:
		return v, nil
	case errors.As(err, &limit), errors.As(err, &cancel):
		return value.None, err
	}
	return value.None, fmt.Errorf("%s(): %w", fn, err)
}
