package token

import (
	"iter"
	"strings"
)

func fields(s string) iter.Seq[string] { return strings.FieldsSeq(s) }

// Op is an operator as it stands in an expression tree.
type Op uint8

// Operators. The order within a row carries no meaning.
const (
	NoOp Op = iota
	Coalesce
	Or
	And
	BitOr
	BitXor
	BitAnd
	Equal
	NotEqual
	Identical
	NotIdentical
	Matches
	NotMatches
	Less
	LessEqual
	Greater
	GreaterEqual
	Concat
	ShiftLeft
	ShiftRight
	ShiftRightZero
	Add
	Sub
	Mul
	Div
	Mod
	Pow
	Not
	Neg
	Plus
	Complement
)

// Levels of precedence that the parser names; binary operators have theirs in
// the table.
const (
	PrecLowest = 0
	PrecCond   = 2 // ? :
	PrecUnary  = 15
	PrecPow    = 16
)

// Info is a row of the operator table of spec language 3.1.
type Info struct {
	Text  string // as written; words have word as second spelling
	Prec  int    // row of the table, loosest first
	Right bool   // right-associative
}

var binary = map[string]Op{
	"??": Coalesce, "or": Or, "and": And, "|": BitOr, "^": BitXor, "&": BitAnd,
	"==": Equal, "!=": NotEqual, "===": Identical, "!==": NotIdentical, "=~": Matches, "!~": NotMatches,
	"<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual, ".": Concat,
	"<<": ShiftLeft, ">>": ShiftRight, ">>>": ShiftRightZero, "+": Add, "-": Sub,
	"*": Mul, "/": Div, "%": Mod, "**": Pow,
}

var unary = map[string]Op{"!": Not, "not": Not, "-": Neg, "+": Plus, "~": Complement}

// assign maps assignment operators to the operation they contain.
var assign = map[string]Op{
	"=": NoOp, "+=": Add, "-=": Sub, "*=": Mul, "/=": Div, "%=": Mod, "**=": Pow, ".=": Concat, "??=": Coalesce,
}

var table = [...]Info{
	Coalesce: {"??", 3, true},
	Or:       {"or", 4, false}, And: {"and", 5, false},
	BitOr: {"|", 6, false}, BitXor: {"^", 7, false}, BitAnd: {"&", 8, false},
	Equal: {"==", 9, false}, NotEqual: {"!=", 9, false}, Identical: {"===", 9, false},
	NotIdentical: {"!==", 9, false}, Matches: {"=~", 9, false}, NotMatches: {"!~", 9, false},
	Less: {"<", 10, false}, LessEqual: {"<=", 10, false}, Greater: {">", 10, false}, GreaterEqual: {">=", 10, false},
	Concat:    {".", 11, false},
	ShiftLeft: {"<<", 12, false}, ShiftRight: {">>", 12, false}, ShiftRightZero: {">>>", 12, false},
	Add: {"+", 13, false}, Sub: {"-", 13, false},
	Mul: {"*", 14, false}, Div: {"/", 14, false}, Mod: {"%", 14, false},
	Pow: {"**", PrecPow, true},
	Not: {"!", PrecUnary, false}, Neg: {"-", PrecUnary, false}, Plus: {"+", PrecUnary, false}, Complement: {"~", PrecUnary, false},
}

// BinaryOp returns the binary operator written text.
func BinaryOp(text string) (Op, bool) { o, ok := binary[text]; return o, ok }

// UnaryOp returns the prefix operator written text.
func UnaryOp(text string) (Op, bool) { o, ok := unary[text]; return o, ok }

// AssignOp returns the operation inside the assignment operator written text:
// NoOp for "=".
func AssignOp(text string) (Op, bool) { o, ok := assign[text]; return o, ok }

// Prec returns the precedence of o.
func (o Op) Prec() int { return table[o].Prec }

// RightAssoc reports whether o groups to the right.
func (o Op) RightAssoc() bool { return table[o].Right }

// String returns the operator as written.
func (o Op) String() string { return table[o].Text }
