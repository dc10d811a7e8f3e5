package resolve

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

// Loader finds what a file refers to. Errors are worded for users.
type Loader interface {
	// Include parses the file for splicing; it returns nil for an include_once
	// that happened before.
	Include(path, from string, once bool) (*ast.File, diag.List, error)
	// Module compiles the module; the program is never nil without an error.
	Module(path, from string) (*bytecode.Program, error)
	// Data loads a data file with the options of the import statement.
	Data(path, from string, options map[string]any) (any, error)
}

// Options chooses how names are looked up.
type Options struct {
	Fset    *token.FileSet
	Context string // hook whose functions and variables exist; "" for none
	Module  bool   // the file is imported: any hook function may be called
	Compat  bool   // legacy names exist (spec stdlib 31)
	Loader  Loader
	Globals []string // variables defined before the script runs (hsl --define)

	// Shell keeps all variables of the top level for a program that goes on
	// with this one; Base is the program that this one goes on with.
	Shell bool
	Base  *bytecode.Program
}

// Info is the result for one script or module.
type Info struct {
	Main       *Scope
	Scopes     []*Scope // every function; its place is the number of its proto
	Classes    []*Class
	Globals    []string // variables in cells
	Imports    []*ast.Import
	Foreign    []bytecode.Export
	ImportVars []bytecode.ImportVar       // by import: see ImportOf
	ImportOf   []int                      // import that lends ImportVars[i], -1: Base
	Exports    map[string]bytecode.Export // imported symbols, exported again
	HookCalls  []bytecode.HookCall
	Base       *bytecode.Program            // program whose names this one goes on with
	Spaces     map[string]*bytecode.Program // import * as name

	globals map[string]int
	names   map[string]*Symbol
}

// Scope is one function, or the top level.
type Scope struct {
	Name     string
	Index    int // number of the proto
	Outer    *Scope
	Class    *Class // class it is written in
	Params   *ast.Params
	Body     []ast.Stmt
	Captures []*ast.Var // closure list
	Vars     []*Var     // in order of registers: this, parameters, others
	This     bool
	Yields   bool
	Lambda   bool
	Static   bool
	Span     token.Span

	vars  map[string]*Var
	funcs map[string]*Symbol
	loops int
	sw    int
}

// Var is one variable of a scope.
type Var struct {
	Name     string
	Reg      int
	Global   int  // cell of the program, -1 for registers
	Boxed    bool // register may be linked to a cell
	Param    bool
	ReadOnly bool
	Unset    bool // some statement unsets it
}

// Var returns the variable of that name, which the resolver has seen.
func (s *Scope) Var(name string) *Var { return s.vars[name] }

// Class is a class of this program.
type Class struct {
	Name    string
	Index   int
	Decl    *ast.Class
	Ctor    *Scope
	Methods []*Method
	Props   []*ast.Member
	Statics []*Static

	members map[string]any // *Method, *Static or *ast.Member
}

// Method is one function of a class.
type Method struct {
	Name            string
	Scope           *Scope
	Static, Private bool
}

// Static is one static variable.
type Static struct {
	Name              string
	Global            int
	Private, ReadOnly bool
	Init              ast.Expr
}

// SymbolKind says what a name in the common name space of functions, classes
// and modules is.
type SymbolKind uint8

// Kinds of symbols.
const (
	SymFunc SymbolKind = iota
	SymClass
	SymSpace   // import * as name
	SymForeign // imported function or class
	SymBuiltin
)

// Symbol is a declared name.
type Symbol struct {
	Kind    SymbolKind
	Name    string
	Pos     token.Span
	Scope   *Scope // SymFunc
	Class   *Class // SymClass
	Import  int    // SymSpace, SymForeign: index of the import, -1: Base
	Program *bytecode.Program
	Foreign int // SymForeign: index into Info.Foreign
	Slot    int // SymBuiltin
	Decl    *sig.Func

	origin string // SymForeign: module and name, to allow repeated imports
}

// TargetKind says what a name in an expression reaches.
type TargetKind uint8

// Kinds of targets.
const (
	ToFunc    TargetKind = iota // proto of this program: Index
	ToClass                     // class of this program: Index
	ToBuiltin                   // slot: Index
	ToForeign                   // Info.Foreign: Index
	ToGlobal                    // static or imported variable in a cell: Index
	ToNative                    // static method of a native class
)

// Target is what a name in an expression reaches; it is stored in ast.Name.Sym.
type Target struct {
	Kind     TargetKind
	Index    int
	Native   *sig.Class // ToNative
	Method   *sig.Func  // ToNative
	Callback bool       // ToBuiltin: may call back into the script
	ReadOnly bool       // ToGlobal: a readonly static seen from outside its class
}
