package bytecode

import "github.com/hawser-mta/hawser/lang/token"

// Program is one compiled script or module.
type Program struct {
	Name    string
	Context string // hook the names were checked for, "" for none
	Compat  bool   // it may use legacy names and forms
	Fset    *token.FileSet
	Protos  []*Proto // Protos[0] is the top level
	Classes []*Class
	Globals []string // names of the variables that live in cells
	Imports []Import // in order of execution
	Paths   []Path
	Consts  []Const
	Sites   []int // places that read, write or call a member: the constant of its name

	// Exports are the symbols that other modules may import: functions and
	// classes by name, variables with their dollar sign.
	Exports map[string]Export
	Spaces  map[string]*Program // import * as name, for a program that goes on with this one
	Foreign []Export            // functions and classes of other modules that this one uses

	// HookCalls are calls of functions that not every context has; whoever
	// links the program into a hook checks them.
	HookCalls []HookCall

	// Points are the places that Cover instructions count, none unless the
	// program was compiled for coverage.
	Points []Point
}

// Point is a statement, an arm of a match, or with Entry the begin of a function.
type Point struct {
	Pos   token.Pos
	Proto int
	Entry bool
}

// Const is a constant: nil (none), bool, float64, string, Regex, ConstArray or
// ConstCode.
type Const any

// ConstCode is a constant that the linker computes once by running a proto
// without parameters: `[1] + [2]` as a default.
type ConstCode struct{ Proto int }

// Regex is a regex literal.
type Regex struct{ Pattern, Flags string }

// ConstArray is an array literal made of constants only.
type ConstArray []ConstElem

// ConstElem is one element; Key is -1 for the next number, else a constant.
type ConstElem struct{ Key, Value int }

// Import is a module that runs before this one, with the cells it lends, or
// a data file.
type Import struct {
	Program *Program // nil for data
	Vars    []ImportVar
	Data    any // what the loader decoded
	Global  int // data: where it goes
}

// ImportVar binds a global of this program to one of another.
type ImportVar struct {
	Global int
	From   Export
}

// ExportKind tells functions, classes and variables apart.
type ExportKind uint8

// Kinds of exports.
const (
	ExportFunc ExportKind = iota
	ExportClass
	ExportVar
)

// Export is a function, class or variable and the program it stands in.
type Export struct {
	Program *Program
	Kind    ExportKind
	Index   int // proto, class or global
}

// Proto is one function.
type Proto struct {
	Name     string // "" for literals, "{main}" for the top level
	Class    int    // class it was written in, -1 for none
	Code     []Instr
	Pos      []token.Pos // place of each instruction
	Regs     int         // registers of its window
	Vars     []string    // names of the first registers: this, parameters, variables
	This     bool        // register 0 is $this
	Params   int         // parameters, the variadic one included
	Required int
	Variadic bool
	Defaults []int // constants of the optional parameters
	Exact    int   // number of arguments that need no preparation; -1: always prepared
	Cells    []CellRef
	Handlers []Handler // innermost first
	Yields   bool
	Span     token.Span
}

// CellRef tells where a closure finds a captured variable when it is created.
type CellRef struct {
	Reg    int // register of the creating function that is (or becomes) linked
	Global int // global of the program; -1: use Reg
}

// Handler catches what is thrown by instructions From ≤ pc < To: the value goes
// to register Reg and execution to Target. A Barrier handler releases the lock
// named by register Reg (stored variable in Reg+1) and lets the value pass.
type Handler struct {
	From, To, Target, Reg int
	Barrier               bool
}

// Class is one class.
type Class struct {
	Name    string
	Ctor    int // proto, -1 when absent
	Methods []Method
	Props   []ClassProp
	Statics []ClassStatic
}

// Method is one method or static function.
type Method struct {
	Name            string
	Proto           int
	Static, Private bool
}

// ClassProp is a declared property with its initial constant.
type ClassProp struct {
	Name              string
	Const             int
	Private, ReadOnly bool
}

// ClassStatic is a static variable; its value lives in a global cell.
type ClassStatic struct {
	Name              string
	Global, Const     int
	Private, ReadOnly bool
}

// RootKind says where a path begins.
type RootKind uint8

// Beginnings of paths.
const (
	RootReg RootKind = iota
	RootBox
	RootGlobal
	RootTemp // value in the register before the keys; must reach an object
)

// StepKind is one step of a path.
type StepKind uint8

// Steps of paths.
const (
	StepIndex  StepKind = iota // key in the next register
	StepProp                   // constant name
	StepAppend                 // []
	StepSlice                  // bounds in the next three registers, undefined when left out
)

// Path describes an assignable place behind a variable.
type Path struct {
	Root    RootKind
	Index   int // register or global
	Steps   []Step
	Op      token.Op // of PathUpdate and PathStep
	Postfix bool     // PathStep yields the old value
	Counts  bool     // a variable, one key, and + or -
}

// Step is one step; Const names the property of StepProp.
type Step struct {
	Kind  StepKind
	Const int
}

// HookCall is a call of a function that only some contexts have.
type HookCall struct {
	Name string
	Pos  token.Span
	Args int // -1 when a spread is used
}
