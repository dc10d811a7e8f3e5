// Package resolve gives names their meaning: which variable lives where, which
// function a call reaches, what a module exports. Everything that can be wrong
// with names, argument counts, hooks and the placement of statements is
// reported here, with positions and hints.
//
//	collect.go  declarations: functions, classes, includes (hoisting)
//	import.go   imports of modules and data
//	names.go    uses: calls, values; member.go: Class::member, ns::name, methods
//	arity.go    argument counts; operand.go: operators on literals
//	vars.go     variables: parameters, captures, globals, read-only ones
//	place.go    statements in places where they cannot stand
//
// Results are written into the tree (see package ast). The resolver knows the
// built-ins from a sig.Catalog and other files through a Loader.
package resolve
