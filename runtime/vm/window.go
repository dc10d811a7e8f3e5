package vm

import (
	"unsafe"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// The loop addresses registers, constants and instructions by base pointers
// without bounds checks. That is safe because Link verifies every operand of
// every instruction (bytecode.Verify) and every frame is entered with all its
// registers inside the stack.

const (
	valueSize = unsafe.Sizeof(value.Value{})
	instrSize = unsafe.Sizeof(bytecode.Instr{})
)

// at returns value i of the window or pool that base points to.
func at(base unsafe.Pointer, i uint16) *value.Value {
	return (*value.Value)(unsafe.Add(base, uintptr(i)*valueSize))
}

// num returns the number in v, which must be one. Reading it as a float keeps it
// out of the integer registers.
func num(v *value.Value) float64 { return *(*float64)(unsafe.Add(unsafe.Pointer(v), valueSize/2)) }

// fetch returns instruction pc of the code that base points to.
func fetch(base unsafe.Pointer, pc int) *bytecode.Instr {
	return (*bytecode.Instr)(unsafe.Add(base, uintptr(pc)*instrSize))
}

// after returns the instruction behind in. The last instruction of a function
// never has one behind it that is asked for: Verify sees to that.
func after(in *bytecode.Instr) *bytecode.Instr {
	return (*bytecode.Instr)(unsafe.Add(unsafe.Pointer(in), instrSize))
}

// pcAfter returns the number of the instruction behind in.
func pcAfter(code unsafe.Pointer, in *bytecode.Instr) int {
	return int((uintptr(unsafe.Pointer(in))-uintptr(code))/instrSize) + 1
}

// window returns the registers of a frame.
func (t *Thread) window(f *frame) []value.Value {
	return t.stack[f.base : f.base+f.regs : f.base+f.regs]
}

// linked returns what the cell holds that a register is linked to, v itself when
// it is not.
func linked(v value.Value) value.Value {
	if c := v.Cell(); c != nil {
		return c.V
	}
	return v
}
