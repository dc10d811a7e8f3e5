package value

import "github.com/hawser-mta/hawser/lang/bytecode"

// Func is a function value. Exactly one of Proto, Builtin, Class and Call says
// what it does.
type Func struct {
	Name string

	Proto  *bytecode.Proto // function of a script
	Module any             // *vm.Module it was written in
	Cells  []*Cell         // captured variables
	This   Value           // bound object; undefined when there is none

	Builtin int    // slot of a built-in, -1 for others
	Class   *Class // class used as a function: makes an object

	// Method is a native method bound to This.
	Method *Method

	// Identity makes two values of one named function equal.
	Identity any
}

func sameFunc(a, b *Func) bool {
	if a == b {
		return true
	}
	return a.Identity != nil && a.Identity == b.Identity && a.Module == b.Module && a.This == b.This
}
