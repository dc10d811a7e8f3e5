// Package ast defines the tree of a parsed file.
//
// Statements are structs whose `parser:"…"` tags are their grammar (participle
// reads them); package parser owns the entry points. Expressions carry no tags:
// one Pratt function builds them. Every node knows its span. The resolver
// writes what it finds into the exported Sym, Scope, Slot and Module fields, so
// that the compiler needs no second look-up by name.
package ast
