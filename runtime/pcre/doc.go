// Package pcre runs Perl-compatible regular expressions: lookaround, back
// references, named groups, recursion and subroutine calls, conditionals,
// atomic groups, possessive quantifiers and \K (spec stdlib 22).
//
//	pattern ─► parse.go ─► tree ─► compile.go ─► program ─► match.go
//
// A pattern that Go's linear-time engine answers alike runs there (linear.go);
// all others run on a backtracking machine that counts its steps and gives up
// with ErrSteps. The machine keeps its choices on a stack of its own, never on
// that of Go, so that no pattern or subject can exhaust it. Subjects are bytes
// unless the flag u is given.
//
// It imports the standard library only.
package pcre
