// Package token defines what the lexer hands to the parser: kinds of tokens,
// reserved words, the table of operators and positions in source text.
//
// A position is an int32 offset into a FileSet, which numbers the bytes of all
// files of one compilation consecutively:
//
//	file a.hsl (120 bytes)   file b.hsl (80 bytes)
//	Pos 1 … 121              Pos 122 … 202
//
// Line and column are computed only when something is printed.
package token
