package foreign

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Value is the state of an FFIValue: a number or a pointer of C.
type Value struct {
	Type *Type

	mu   sync.Mutex
	bits uint64  // see Type.bits; unused when cell is there
	cell *memory // where the value stands since a pointer to it was taken
	own  *memory // what the pointer owns
	keep any     // what must live as long, such as what the address lies in
}

// Allowed tells why a run must not use foreign functions, nil when it may.
func Allowed(t *vm.Thread) error {
	switch {
	case !t.Host().FFI:
		return errors.New("FFI: not available")
	case !Supported:
		return errors.New("FFI: not supported on this platform")
	}
	return nil
}

// Of returns the state of an FFIValue, nil for other values.
func Of(v value.Value) *Value {
	if v.Kind() == value.KResource {
		x, _ := v.Resource().Native.(*Value)
		return x
	}
	return nil
}

// handle is about what an FFIValue occupies, in bytes.
const handle = 192

// wrap makes a value of the script.
func wrap(t *vm.Thread, v *Value) (value.Value, error) {
	return value.FromResource(&value.Resource{Type: "FFIValue", Native: v}), t.Charge(handle)
}

// Size implements value.Sized.
func (v *Value) Size() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := handle
	for _, m := range []*memory{v.cell, v.own} {
		if m != nil {
			n += m.size
		}
	}
	return n
}

// Held implements value.Holder.
func (v *Value) Held(yield func(value.Value)) {
	if h, ok := v.keep.(value.Holder); ok {
		h.Held(yield)
	}
}

// load returns the bits as they are now: C may have changed them.
func (v *Value) load() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cell == nil {
		return v.bits
	}
	b, _ := load(v.cell.addr, v.Type) // our own memory is there
	return b
}

// address is that of a pointer.
func (v *Value) address() uintptr { return uintptr(v.load()) }

// Null reports whether v is the pointer NULL.
func (v *Value) Null() bool { return v.Type == Pointer && v.address() == 0 }

// NewNumber returns a number of C.
func NewNumber(t *vm.Thread, typ *Type, f float64) (value.Value, error) {
	b, ok := typ.bits(f)
	if !ok {
		return value.None, errFinite
	}
	return wrap(t, &Value{Type: typ, bits: b})
}

var errFinite = errors.New("must be a finite number")

// NewPointer returns a pointer that owns nothing. keep is what must not go before
// it, nil for nothing.
func NewPointer(t *vm.Thread, addr uintptr, keep any) (value.Value, error) {
	return wrap(t, &Value{Type: Pointer, bits: uint64(addr), keep: keep})
}

// Allocate returns a pointer to zero bytes that it owns.
func Allocate(t *vm.Thread, size int) (value.Value, error) {
	m, err := allocate(t, size)
	if err != nil {
		return value.None, err
	}
	return wrap(t, &Value{Type: Pointer, bits: uint64(m.addr), own: m})
}

// NewString returns a pointer to a copy of s with a NUL behind it that it owns.
func NewString(t *vm.Thread, s string) (value.Value, error) {
	s, _, _ = strings.Cut(s, "\x00")
	v, err := Allocate(t, len(s)+1)
	if err != nil {
		return v, err
	}
	return v, fill(Of(v).own.addr, s)
}

// Number is the value as a number of the script; of a pointer, the address.
func (v *Value) Number() float64 { return v.Type.number(v.load()) }

// Halves are the upper and the lower 32 bits of an integer of 64 bits.
func (v *Value) Halves() (high, low uint32) {
	b := v.load()
	return uint32(b >> 32), uint32(b)
}

// Reference returns a pointer to the value itself.
func (v *Value) Reference(t *vm.Thread) (value.Value, error) {
	v.mu.Lock()
	if v.cell == nil {
		m, err := allocate(t, 8)
		if err != nil {
			v.mu.Unlock()
			return value.None, err
		}
		store(m.addr, v.Type, v.bits)
		v.cell = m
	}
	addr := v.cell.addr
	v.mu.Unlock()
	return NewPointer(t, addr, v)
}

// Offset returns a pointer n bytes further that owns nothing. What v owns lives as
// long as the new pointer does.
func (v *Value) Offset(t *vm.Thread, n int) (value.Value, error) {
	return NewPointer(t, v.address()+uintptr(n), v)
}

// Load returns the value of a type that the pointer points to, none for NULL.
func (v *Value) Load(t *vm.Thread, typ *Type) (value.Value, error) {
	b, err := load(v.address(), typ)
	if err != nil {
		return value.None, err
	}
	return result(t, typ, b)
}

// result is a value that came from C: none for NULL.
func result(t *vm.Thread, typ *Type, b uint64) (value.Value, error) {
	if typ == Void || typ == Pointer && b == 0 {
		return value.None, nil
	}
	return wrap(t, &Value{Type: typ, bits: b})
}

// Fill copies data to where the pointer points.
func (v *Value) Fill(data string) error { return fill(v.address(), data) }

// String returns n bytes, or those up to the first NUL when n is negative.
func (v *Value) String(t *vm.Thread, n int) (value.Value, error) {
	addr := v.address()
	if n < 0 {
		var err error
		if n, err = length(addr, t.Room()); err != nil {
			return value.None, err
		}
	}
	if err := t.Reserve(n); err != nil {
		return value.None, err
	}
	if n > value.MaxString {
		return value.None, value.ErrTooLong
	}
	b, err := read(addr, n)
	return value.Bytes(b), err
}

// Attach makes the pointer own what it points to; a nil destructor is free.
func (v *Value) Attach(destructor *Function) {
	addr := v.address()
	v.mu.Lock()
	defer v.mu.Unlock()
	size := 0
	if v.own != nil {
		if v.own.addr == addr {
			size = v.own.size
		}
		v.own.release()
		v.own = nil
	}
	if addr != 0 {
		v.own = own(addr, size, destructor)
	}
}

// Detach gives up what the pointer owns.
func (v *Value) Detach() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.own != nil {
		v.own.release()
		v.own = nil
	}
}

// wrong words the error of an argument that has the wrong type.
func wrong(fn string, i int, want string, got value.Value) error {
	return fmt.Errorf("%s(): argument %d must be %s, got %s", fn, i+1, want, Describe(got))
}

// Describe names the type of a value as messages do, that of C for an FFIValue.
func Describe(v value.Value) string {
	if x := Of(v); x != nil {
		return "FFIValue of " + x.Type.Name
	}
	if TypeOf(v) != nil {
		return "FFIType"
	}
	return v.TypeName()
}
