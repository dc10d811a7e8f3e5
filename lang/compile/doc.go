// Package compile turns a resolved tree into bytecode.
//
//	compile.go   the program: protos, classes, imports, exports
//	function.go  one function: registers, jumps, what is defined where
//	stmt.go      statements          loop.go    loops and switch
//	expr.go      expressions         cond.go    conditions as jumps
//	assign.go    stores, patterns    path.go    places behind a variable
//	call.go      calls               fold.go    constants
//	cover.go     counting what runs, for 'hsl test --cover'
//
// Every variable of a function has a register; temporaries stand above them and
// are handed out like a stack. An expression ends in the register of a variable
// when it is one, else in a new temporary.
//
// Who owns an array decides whether a write must copy it, so each value is one
// of three: owned (nobody else holds it), shared (a copy was kept) or borrowed
// (it aliases a place that cannot change before the value is used up). The
// compiler borrows where it can prove that: arguments that are plain variables,
// operands whose neighbours change nothing. See package value.
//
// A variable read is checked for being defined only where some path may lead
// around its first assignment.
package compile
