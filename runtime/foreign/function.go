package foreign

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Bounds of functions. They leave room for what variadic calls add.
const (
	MaxArgs  = 24 // arguments of a call
	MaxFixed = 6  // arguments before the dots
)

// Library is a loaded library. It stays loaded.
type Library struct{ handle uintptr }

// Open loads a library. The error is the system's word.
func Open(path string) (*Library, error) {
	if strings.Contains(path, "\x00") {
		return nil, errors.New("name with a NUL")
	}
	h, err := open(path)
	if err != nil {
		return nil, err
	}
	return &Library{h}, nil
}

// Symbol returns an address, 0 when the library does not have the name.
func (l *Library) Symbol(name string) uintptr {
	if strings.Contains(name, "\x00") {
		return 0
	}
	return symbol(l.handle, name)
}

// Function is a function of C with its types.
type Function struct {
	name     string
	in       []*Type
	out      *Type
	variadic bool
	code     uintptr
	call     reflect.Value // func of the types of in, and []any where variadic
}

// Forms tells what is wrong with the types of a function, "" when nothing is.
func Forms(in []*Type, out *Type) string {
	fixed, variadic := split(in)
	switch {
	case len(in) > MaxArgs:
		return fmt.Sprintf("more than %d arguments are not supported", MaxArgs)
	case slices.Contains(fixed, Void):
		return "no argument can be void"
	case slices.Contains(fixed, Dots):
		return "only the last argument can be ..."
	case variadic && len(fixed) > MaxFixed:
		return fmt.Sprintf("more than %d arguments before ... are not supported", MaxFixed)
	case out == Dots:
		return "the return type cannot be ..."
	}
	return ""
}

// split takes the dots off.
func split(in []*Type) (fixed []*Type, variadic bool) {
	if n := len(in) - 1; n >= 0 && in[n] == Dots {
		return in[:n], true
	}
	return in, false
}

// form is the type of a function of Go with these arguments and results.
func form(in []*Type, out ...reflect.Type) reflect.Type {
	var args []reflect.Type
	for _, t := range in {
		args = append(args, t.Go)
	}
	return reflect.FuncOf(args, out, false)
}

// NewFunction returns the function at an address. Forms must have nothing against
// the types.
func NewFunction(name string, addr uintptr, in []*Type, out *Type) *Function {
	f := &Function{name: name, out: out, code: addr}
	f.in, f.variadic = split(in)
	var results []reflect.Type
	if out.Go != nil {
		results = append(results, out.Go)
	}
	typ := form(f.in, results...)
	if f.variadic {
		args := []reflect.Type{}
		for a := range typ.Ins() {
			args = append(args, a)
		}
		typ = reflect.FuncOf(append(args, reflect.TypeFor[[]any]()), results, false)
		addr = variadicEntry(addr)
	}
	f.call = function(addr, typ)
	return f
}

// Takes reports whether the function takes exactly one pointer, as destructors do.
func (f *Function) Takes(t *Type) bool { return len(f.in) == 1 && f.in[0] == t && !f.variadic }

// destroy calls a destructor.
func (f *Function) destroy(addr uintptr) { f.call.Call([]reflect.Value{reflect.ValueOf(addr)}) }

// callable is what function values of scripts run: the function is bound to them.
var callable = func() *value.Method {
	s := sig.New("FFIFunction(...args: any) -> FFIValue|none", "Calls a function of a library.").Method()
	return &value.Method{Name: s.Name, Sig: s, Impl: vm.NewMethod(s, func(t *vm.Thread, args []value.Value) (value.Value, error) {
		return args[0].Resource().Native.(*Function).Call(t, args[1:])
	})}
}()

// functionSize is about what a function occupies, in bytes.
const functionSize = 1024

// Size implements value.Sized.
func (f *Function) Size() int { return functionSize + len(f.name) }

// Value returns the function as a value that scripts call.
func (f *Function) Value(t *vm.Thread) (value.Value, error) {
	this := value.FromResource(&value.Resource{Type: "FFIFunction", Native: f})
	return value.FromFunc(&value.Func{Name: f.name, Method: callable, This: this, Builtin: -1}), t.Charge(f.Size())
}

// FunctionOf returns the function behind a value that scripts call, nil for others.
func FunctionOf(v value.Value) *Function {
	if v.Kind() != value.KFunc || v.Func().Method != callable {
		return nil
	}
	return v.Func().This.Resource().Native.(*Function)
}

// Call calls the function with values of the script (spec stdlib 28). An exception
// that a callback throws meanwhile comes out when the function has returned.
func (f *Function) Call(t *vm.Thread, args []value.Value) (value.Value, error) {
	if err := Allowed(t); err != nil {
		return value.None, err
	}
	switch {
	case len(args) < len(f.in):
		return value.None, fmt.Errorf("Too few arguments to %s", f.name)
	case len(args) > len(f.in) && !f.variadic, len(args) > MaxArgs:
		return value.None, fmt.Errorf("Too many arguments to %s", f.name)
	}
	args = slices.Clone(args) // a callback may move the stack that they lie on
	in := make([]reflect.Value, 0, len(f.in)+1)
	var temporary []*memory
	for i, typ := range f.in {
		b, tmp, err := f.argument(t, i, typ, args[i])
		if err != nil {
			return value.None, err
		}
		if tmp != nil {
			temporary = append(temporary, tmp)
		}
		in = append(in, typ.reflected(b))
	}
	if f.variadic {
		extra, err := f.extra(args)
		if err != nil {
			return value.None, err
		}
		in = append(in, reflect.ValueOf(extra))
	}
	var out []reflect.Value
	err := stateOf(t).enter(t, func() { out = f.call.Call(in) })
	runtime.KeepAlive(args)
	for _, m := range temporary {
		m.release()
		raw(libc().free, m.addr)
	}
	if err != nil || f.out.Go == nil {
		return value.None, err
	}
	return result(t, f.out, f.out.unreflected(out[0]))
}

// argument converts a value to a type.
func (f *Function) argument(t *vm.Thread, i int, typ *Type, v value.Value) (b uint64, tmp *memory, err error) {
	x := Of(v)
	switch {
	case typ == Pointer && x != nil && x.Type == Pointer:
		return x.load(), nil, nil
	case typ == Pointer && v.IsNil():
		return 0, nil, nil
	case typ == Pointer && v.IsString():
		s := v.Str()
		if tmp, err = allocate(t, len(s)+1); err != nil {
			return 0, nil, err
		}
		return uint64(tmp.addr), tmp, fill(tmp.addr, s)
	case typ != Pointer && x != nil && x.Type != Pointer:
		b, ok := typ.convert(x.Type, x.load())
		if !ok {
			return 0, nil, fmt.Errorf("%s(): argument %d %w", f.name, i+1, errFinite)
		}
		return b, nil, nil
	case typ != Pointer && v.IsNumber():
		b, ok := typ.bits(v.Num())
		if !ok {
			return 0, nil, fmt.Errorf("%s(): argument %d %w", f.name, i+1, errFinite)
		}
		return b, nil, nil
	}
	return 0, nil, wrong(f.name, i, typ.Name, v)
}

// extra converts the arguments behind the fixed ones, with the promotions of C:
// float to double, small integers to int.
func (f *Function) extra(args []value.Value) ([]any, error) {
	var list []any
	for i := len(f.in); i < len(args); i++ {
		x := Of(args[i])
		if x == nil {
			return nil, wrong(f.name, i, "FFIValue", args[i])
		}
		if b := x.load(); x.Type.float() {
			list = append(list, x.Type.number(b))
		} else {
			list = append(list, b)
		}
	}
	return variadicArgs(f.code, f.in, list), nil
}

// registers counts where the arguments of a call go.
type registers struct{ ints, floats, stack int }

func (r *registers) add(float bool, maxInts, maxFloats int) {
	switch {
	case float && r.floats < maxFloats:
		r.floats++
	case !float && r.ints < maxInts:
		r.ints++
	default:
		r.stack++
	}
}

// variadicArgs lays the extra arguments of a variadic call out as the platform
// wants them.
//
//   - x86-64 System V: as others, but AL tells how many vector registers are used.
//     purego says none, so the call goes through an entry that says all and goes on
//     to the function, whose address is in the last slot of the stack.
//   - Apple's arm64: on the stack, so what is left of the registers is filled first.
//   - AAPCS64 of Linux: as others.
func variadicArgs(code uintptr, fixed []*Type, extra []any) []any {
	maxInts := 6
	if runtime.GOARCH == "arm64" {
		if runtime.GOOS != "darwin" {
			return extra
		}
		maxInts = 8
	}
	var r registers
	for _, t := range fixed {
		r.add(t.float(), maxInts, 8)
	}
	if runtime.GOARCH == "arm64" {
		var filled []any
		for ; r.ints < maxInts; r.ints++ {
			filled = append(filled, uint64(0))
		}
		for ; r.floats < 8; r.floats++ {
			filled = append(filled, math.Float64frombits(0))
		}
		return append(filled, extra...)
	}
	for _, x := range extra {
		_, float := x.(float64)
		r.add(float, maxInts, 8)
	}
	for ; r.ints < maxInts; r.ints++ {
		extra = append(extra, uint64(0))
	}
	for ; r.stack < entrySlots-1; r.stack++ {
		extra = append(extra, uint64(0))
	}
	return append(extra, uint64(code))
}

// entrySlots is how many words of the stack the entry of variadic calls takes: all
// that purego passes, which is 32 arguments less 6 in registers.
const entrySlots = 26
