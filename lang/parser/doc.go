// Package parser turns source bytes into an ast.File.
//
//	bytes ─ lexer.go ─► tokens ─ grammar.go (participle) ─► statements
//	                                 └─ pratt.go ─► expressions ─ literal.go ─► values
//
// The lexer is written by hand: participle's own, made of regular expressions,
// ran at a fifth of its speed. Statements are the tagged structs of package
// ast. Expressions come from one Pratt function over the operator table of
// package token.
//
// Several errors are reported in one run. The dispatcher of recover.go parses
// every statement, at top level as well as inside blocks; when one fails it
// notes the error, leaves an ast.Bad, skips to the end of the statement and
// goes on; body.go does the same for the members of a class and the labels of a
// switch. message.go words what participle reports. Parse state (diagnostics, nesting depth) is found through the
// address of the first token, because participle copies its lexer around and
// offers no other place to carry it.
package parser
