package ast

import "github.com/hawser-mta/hawser/lang/token"

// Node is any part of the tree.
type Node interface {
	Pos() token.Pos // first byte
	End() token.Pos // behind the last byte
}

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
	SetSpan(from, to token.Pos)
}

// Range is the span embedded in every node.
type Range struct{ From, To token.Pos }

// Pos returns the position of the first byte.
func (r *Range) Pos() token.Pos { return r.From }

// End returns the position behind the last byte.
func (r *Range) End() token.Pos { return r.To }

// SetSpan sets both ends.
func (r *Range) SetSpan(from, to token.Pos) { r.From, r.To = from, to }

// Span returns both ends.
func Span(n Node) token.Span { return token.Span{From: n.Pos(), To: n.End()} }

type stmtNode struct{ Range }

func (*stmtNode) stmt() {}

type exprNode struct{ Range }

func (*exprNode) expr() {}

// File is one parsed source text.
type File struct {
	Range
	Name  string
	Stmts []Stmt
}

// Ident is a name with its place: a function, class, member or module symbol.
type Ident struct {
	Range
	Name string
}
