// Package lang has no code; it is the map of the language without running it.
//
//	bytes ── parser ──► ast.File ── resolve ──► resolve.Info ── compile ──► bytecode.Program
//	           │                       │
//	        token, diag            sig.Catalog (names of the built-ins, given from above)
//
// Nothing below this folder prints, reads files or knows the library: names of
// built-in functions, classes and hook variables arrive as a value of type
// sig.Catalog, so that no import points up.
package lang
