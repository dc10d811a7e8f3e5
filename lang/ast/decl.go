package ast

// Function declares a named function.
type Function struct {
	stmtNode
	Name   *NameTok `parser:"'function' @@"`
	Params *Params  `parser:"@@"`
	Body   *Block   `parser:"@@"`

	Scope any // *resolve.Scope
}

// NameTok is a declared or referenced identifier in statements.
type NameTok struct {
	Range
	Name string
}

// Params is a parameter list in parentheses.
type Params struct {
	List []*Param `parser:"'(' (@@ (',' @@)* ','?)? ')'"`
}

// Param is one parameter; at most the last one is Variadic.
type Param struct {
	Variadic bool `parser:"@'...'?"`
	Var      *Var `parser:"@@"`
	Default  Expr `parser:"('=' @@)?"`
}

// Class declares a class. The parser walks the body.
type Class struct {
	stmtNode
	Name *NameTok `parser:"'class' @@ '{'"`

	Members []*Member
	Sym     any // *resolve.Class
}

// Member is a constructor, method or variable of a class.
type Member struct {
	Range
	Modifiers []*Modifier `parser:"@@*"`
	Ctor      *Method     `parser:"( 'constructor' @@"`
	Func      *MethodDecl `parser:"| 'function' @@"`
	Var       *Var        `parser:"| @@"`
	Init      Expr        `parser:"('=' @@)? (?= ';' | '}') ';'? )"`
}

// Modifier is private, readonly or static.
type Modifier struct {
	Range
	Word string
}

// Method is what follows the name of a method, or the word constructor.
type Method struct {
	Params *Params `parser:"@@"`
	Body   *Block  `parser:"@@"`

	Scope any // *resolve.Scope
}

// MethodDecl is a method with its name.
type MethodDecl struct {
	Name   *NameTok `parser:"@@"`
	Params *Params  `parser:"@@"`
	Body   *Block   `parser:"@@"`

	Scope any // *resolve.Scope
}

// Has reports whether the member carries the modifier.
func (m *Member) Has(word string) bool {
	for _, w := range m.Modifiers {
		if w.Word == word {
			return true
		}
	}
	return false
}

// Import binds symbols of a module, a whole module, or a data file.
type Import struct {
	stmtNode
	Symbols []*Symbol `parser:"'import' ( '{' @@ (',' @@)* ','? '}'"`
	Space   *NameTok  `parser:"| '*' 'as' @@"`
	Data    *Var      `parser:"| @@ )"`
	Path    Expr      `parser:"'from' @@"`
	Options Expr      `parser:"('with' @@)? (?= ';' | '}') ';'?"`

	Module any // what the loader found: *resolve.Module or data
}

// Symbol is one imported name, with an optional local name.
type Symbol struct {
	Var   *Var     `parser:"( @@"`
	VarAs *Var     `parser:"  ('as' @@)?"`
	Name  *NameTok `parser:"| @@"`
	As    *NameTok `parser:"  ('as' @@)? )"`
}

// Local returns the name that the symbol has in the importing script; ok tells
// a variable from a function or class.
func (s *Symbol) Local() (name string, variable bool) {
	switch {
	case s.VarAs != nil:
		return s.VarAs.Name, true
	case s.Var != nil:
		return s.Var.Name, true
	case s.As != nil:
		return s.As.Name, false
	}
	return s.Name.Name, false
}
