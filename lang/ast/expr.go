package ast

import "github.com/hawser-mta/hawser/lang/token"

// Number is a numeric literal.
type Number struct {
	exprNode
	Value float64
	Text  string
}

// String is a string or raw string literal without interpolation.
type String struct {
	exprNode
	Value string
}

// Interp is a double-quoted string with variables in it; Parts holds *String
// and *Var.
type Interp struct {
	exprNode
	Parts []Expr
}

// Regex is #/pattern/flags.
type Regex struct {
	exprNode
	Pattern, Flags string
}

// Bool is true or false.
type Bool struct {
	exprNode
	Value bool
}

// None is none.
type None struct{ exprNode }

// Var is $name.
type Var struct {
	exprNode
	Name string
}

// Name is a function, class or namespace name, or a scoped path Class::member,
// ns::name, static::name; Var is set when the path ends in a variable.
type Name struct {
	exprNode
	Parts []*Ident
	Var   *Ident // name without the dollar sign, nil when absent
	Sym   any    // *resolve.Target, written by the resolver
}

// Builtin is `builtin name`.
type Builtin struct {
	exprNode
	Name *Ident
	Slot int // built-in, written by the resolver
}

// Paren is an expression in parentheses.
type Paren struct {
	exprNode
	X Expr
}

// Array is an array literal; Long marks the form array(…).
type Array struct {
	exprNode
	Elems []*Elem
	Long  bool
}

// Elem is one element of an array literal.
type Elem struct {
	Key    Expr // nil: next number
	Value  Expr
	Spread bool
}

// Unary is a prefix operator.
type Unary struct {
	exprNode
	Op token.Op
	X  Expr
}

// Binary is an infix operator, the logical ones included.
type Binary struct {
	exprNode
	Op    token.Op
	OpPos token.Pos
	X, Y  Expr
}

// Cond is C ? T : E; T is nil in the short form C ?: E.
type Cond struct {
	exprNode
	C, T, E Expr
}

// Assign stores Value (or Target Op Value) into Target.
type Assign struct {
	exprNode
	Op     token.Op // NoOp for =
	OpPos  token.Pos
	Target Expr // target or *Pattern
	Value  Expr
}

// Pattern is the left side of a destructuring assignment.
type Pattern struct {
	exprNode
	Elems []*PatElem
	Keyed bool
	Rest  Expr // target of ...$rest, nil when absent
}

// PatElem is one element of a pattern.
type PatElem struct {
	Key     Expr // keyed patterns only
	Target  Expr // target or *Pattern
	Default Expr // nil when absent
}

// IncDec is ++ or --.
type IncDec struct {
	exprNode
	Op     token.Op // Add or Sub
	Prefix bool
	X      Expr
}

// Call calls Fn.
type Call struct {
	exprNode
	Fn   Expr
	Args []*Arg
}

// Arg is one argument.
type Arg struct {
	X      Expr
	Spread bool
}

// Index is X[I]; I is nil in the append form X[].
type Index struct {
	exprNode
	X, I Expr
}

// Slice is X[Lo:Hi:Step]; each bound may be nil. Stepped tells X[a:b:] from
// X[a:b].
type Slice struct {
	exprNode
	X, Lo, Hi, Step Expr
	Stepped         bool
}

// Prop is X->Name.
type Prop struct {
	exprNode
	X    Expr
	Name *Ident
}

// Lambda is a function literal.
type Lambda struct {
	exprNode
	Params  *Params
	Closure []*Var // nil: captures nothing
	Body    *Block
	Scope   any // *resolve.Scope
}

// Match selects a value.
type Match struct {
	exprNode
	X    Expr
	Arms []*Arm
}

// Arm is one arm of a match; Default arms have no Labels.
type Arm struct {
	Range
	Labels  []Expr
	Default bool
	Value   Expr
}

// Cache is `cache [options] f(args)`.
type Cache struct {
	exprNode
	Options Expr // *Array
	Call    *Call
}

// Isset is isset(path), Unset is unset(path).
type Isset struct {
	exprNode
	X     Expr
	Unset bool
}
