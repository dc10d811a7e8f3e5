package ast

// Block is { … }. Blocks open no scope.
type Block struct {
	stmtNode
	Stmts []Stmt `parser:"'{' @@* '}'"`
}

// Empty is a lone semicolon.
type Empty struct {
	stmtNode
	Semi string `parser:"@';'"`
}

// ExprStmt is an expression followed by a semicolon, which may be left out
// before a closing brace.
type ExprStmt struct {
	stmtNode
	X Expr `parser:"@@ (?= ';' | '}') ';'?"`
}

// Echo prints one value.
type Echo struct {
	stmtNode
	X Expr `parser:"'echo' @@ (?= ';' | '}') ';'?"`
}

// If is a conditional with an optional else branch.
type If struct {
	stmtNode
	Cond Expr      `parser:"'if' '(' @@ ')'"`
	Then Stmt      `parser:"@@"`
	Mark *ElseMark `parser:"(@@? 'else'"`
	Else Stmt      `parser:"@@)?"`
}

// While loops while its condition is true.
type While struct {
	stmtNode
	Cond Expr `parser:"'while' '(' @@ ')'"`
	Body Stmt `parser:"@@"`
}

// For is the three-part loop; each part may be nil.
type For struct {
	stmtNode
	Init Expr `parser:"'for' '(' @@? ';'"`
	Cond Expr `parser:"@@? ';'"`
	Post Expr `parser:"@@? ')'"`
	Body Stmt `parser:"@@"`
}

// Foreach walks an array or Iterator. Parsed as First [=> Second]; the parser
// moves them to Key and Value.
type Foreach struct {
	stmtNode
	X      Expr `parser:"'foreach' '(' @@ 'as'"`
	First  Expr `parser:"@@"`
	Second Expr `parser:"('=>' @@)? ')'"`
	Body   Stmt `parser:"@@"`

	Key   Expr // target, nil when absent
	Value Expr // target or *Pattern
}

// Forever loops until break.
type Forever struct {
	stmtNode
	Body Stmt `parser:"'forever' @@"`
}

// Switch compares with ==, falls through, and takes default last. The parser
// walks the body.
type Switch struct {
	stmtNode
	Tag Expr `parser:"'switch' '(' @@ ')' '{'"`

	Cases  []*Case
	Broken []Stmt // statements behind labels that could not be parsed
}

// Case is one label with the statements up to the next label.
type Case struct {
	Label   Expr   `parser:"( 'case' @@ ':'"`
	Default bool   `parser:"| @'default' ':' )"`
	Stmts   []Stmt `parser:"@@*"`
}

// Jump is break or continue.
type Jump struct {
	stmtNode
	Word string `parser:"@('break' | 'continue') (?= ';' | '}') ';'?"`
}

// Return ends a function, with a value or none.
type Return struct {
	stmtNode
	X Expr `parser:"'return' @@? (?= ';' | '}') ';'?"`
}

// Throw raises any value.
type Throw struct {
	stmtNode
	X Expr `parser:"'throw' @@ (?= ';' | '}') ';'?"`
}

// Try runs Body; a thrown value goes to Var and Catch runs.
type Try struct {
	stmtNode
	Body  *Block     `parser:"'try' @@"`
	Mark  *CatchMark `parser:"@@? 'catch'"`
	Var   Expr       `parser:"'(' @@ ')'"`
	Catch *Block     `parser:"@@"`
}

// Yield hands the next value of a generator to its foreach.
type Yield struct {
	stmtNode
	X Expr `parser:"'yield' @@? (?= ';' | '}') ';'?"`
}

// Global links local names to the script's globals.
type Global struct {
	stmtNode
	Vars []Expr `parser:"'global' @@ (',' @@)* ','? (?= ';' | '}') ';'?"`
}

// Include splices a file in place. The loader fills File.
type Include struct {
	stmtNode
	Word string `parser:"@('include' | 'include_once')"`
	Path Expr   `parser:"@@ (?= ';' | '}') ';'?"`

	File *File // nil for a repeated include_once
}

// Barrier runs Body while holding the lock named by Key.
type Barrier struct {
	stmtNode
	Key  Expr   `parser:"'barrier' @@"`
	Var  Expr   `parser:"('=>' @@)?"`
	Body *Block `parser:"@@"`
}

// Debug is a breakpoint in front of a statement, which may be missing.
type Debug struct {
	stmtNode
	Args Expr // *Array
	Stmt Stmt
}

// Bad stands where a statement could not be parsed. Names are those it would
// have declared.
type Bad struct {
	stmtNode
	Names []string
}
