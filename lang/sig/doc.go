// Package sig describes names without implementing them: built-in functions,
// classes, hook variables, reserved words and their texts. It is data only.
//
// One declaration (Func, Class, Var) feeds the resolver's arity and phase
// checks, run-time argument errors, `hsl doc`, completion and the reference
// pages. The packages that implement a name own its declaration; a Catalog is
// the frozen collection of all of them, handed down to package lang.
package sig
