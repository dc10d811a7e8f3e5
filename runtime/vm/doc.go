// Package vm runs bytecode.
//
//	Image   a program with its modules, linked to the library; shared
//	Thread  one run: stack, frames, one Module per program of the image
//	Module  the variables of one program during one run
//
//	img, err := vm.Link(program, library)
//	t := vm.New(img, host, limits)
//	t.SetGlobal("context", v)
//	result, err := t.Run(ctx)
//
//	unit.go       linking          thread.go  life of a run
//	run.go        the loop         ops.go     its slow paths
//	call.go       calls, classes   path.go    places behind variables
//	exception.go  throw and catch  limits.go  steps, time, memory
//	iter.go       foreach, yield   cache.go, barrier.go  shared stores
//
// Calls of script functions do not use the Go stack; callbacks from built-ins
// do, one nested loop each. The machine imports nothing above it: built-ins
// arrive as a table indexed by the slot that the resolver chose.
package vm
