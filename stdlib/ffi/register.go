package ffi

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	l := &libraries{}
	ctor := sig.New("FFI(path: string) -> FFI",
		"Loads a shared library by file name or path and throws when that fails. It stays loaded.")
	l.class = b.Class(sig.Class{
		Name: "FFI", Constructor: &ctor,
		Text: "A shared library whose functions can be called. Off unless the configuration allows it; wrong use can crash the program.",
		Methods: []*sig.Func{
			sig.New("func(name: string, arguments: array, returntype: FFIType) -> FFIFunction|none",
				"The function of that name with the types of its arguments; none when the library has no such symbol. A last type ... is for variadic functions.").Method(),
			sig.New("symbol(name: string) -> FFIValue|none", "A pointer to the variable or function of that name, none when there is none.").Method(),
			sig.New("type(name: string) -> FFIType",
				"The type of that name: void, uint8 to uint64, sint8 to sint64, float, double, pointer, or ... for variadic arguments.").StaticMethod(),
			sig.New("cnumber(type: FFIType, number: number) -> FFIValue", "A number of a type of C. Fractions are cut and values out of range wrap for integers.").StaticMethod(),
			sig.New("cstring(value: string) -> FFIValue", "A pointer to a copy of the text up to its first NUL, freed when unreachable.").StaticMethod(),
			sig.New("callback(arguments: array, returntype: FFIType, callback: function) -> FFIValue",
				"A pointer by which C functions call the function with FFIValues while the script is in a call. It is valid as long as the value is kept.").StaticMethod(),
			sig.New("nullptr() -> FFIValue", "The pointer NULL.").StaticMethod(),
			sig.New("allocate(size: any) -> FFIValue", "A pointer to as many zero bytes, freed when unreachable. The size is a number or an FFIValue.").StaticMethod(),
			sig.New("memcpy(pointer: FFIValue, data: string) -> FFIValue", "Copies the data to the address, without a check that it has room there, and returns the pointer.").StaticMethod(),
			sig.New("byref(value: FFIValue) -> FFIValue", "A pointer to the value; what C writes there is the value's from then on.").StaticMethod(),
			sig.New("deref(value: FFIValue, type?: FFIType) -> FFIValue|none",
				"The value that a pointer points to, of the given type or a pointer; none when that is NULL.").StaticMethod(),
			sig.New("offset(pointer: FFIValue, offset: number) -> FFIValue", "A pointer so many bytes further, which owns nothing.").StaticMethod(),
			sig.New("string(pointer: FFIValue, size?: number) -> string", "The bytes at the address: as many as size, or those up to the first NUL.").StaticMethod(),
			sig.New("number(value: FFIValue) -> number", "The number that the value holds, exact up to 2^53. Of a pointer the address.").StaticMethod(),
			sig.New("number64(value: FFIValue) -> array", "An integer as its upper and its lower 32 bits, in two's complement.").StaticMethod(),
			sig.New("attach(pointer: FFIValue, destructor?: FFIFunction) -> FFIValue",
				"Makes the pointer own what it points to: the destructor, or else free(), is called with it when it is unreachable.").StaticMethod(),
			sig.New("detach(pointer: FFIValue) -> FFIValue", "Gives up what the pointer owns: nothing frees it any more.").StaticMethod(),
		},
	}, map[string]vm.Impl{
		"FFI": l.open, "func": function, "symbol": symbol,
		"type": static(typeNamed), "cnumber": static(cnumber), "cstring": static(cstring), "callback": static(callback),
		"nullptr": static(nullptr), "allocate": static(allocate), "memcpy": static(memcpy), "byref": static(byref),
		"deref": static(deref), "offset": static(offset), "string": static(text), "number": static(number),
		"number64": static(number64), "attach": static(attach), "detach": static(detach),
	})
}

// static is a method that runs only where FFI is allowed.
func static(f vm.Impl) vm.Impl {
	return func(t *vm.Thread, args []value.Value) (value.Value, error) {
		if err := foreign.Allowed(t); err != nil {
			return value.None, err
		}
		return f(t, args)
	}
}
