package compile

import (
	"fmt"
	"math"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// limit is the number of registers, constants, globals and functions that an
// operand can name.
const limit = math.MaxUint16

type compiler struct {
	prog   *bytecode.Program
	info   *resolve.Info
	consts map[any]int
	cover  bool
	diags  diag.List
	plain  bool
}

// Options says for whom the program is compiled.
type Options struct {
	Fset    *token.FileSet
	Context string // hook, "" for none
	Cover   bool   // count how often each statement runs

	// Plain leaves out every optimisation: what the program does must not differ.
	// Tests compare.
	Plain bool
}

// Compile makes the program of a resolved file. The list holds an error only
// when the program is larger than the machine can address.
func Compile(f *ast.File, info *resolve.Info, o Options) (*bytecode.Program, diag.List) {
	c := &compiler{
		info: info, consts: map[any]int{}, plain: o.Plain, cover: o.Cover,
		prog: &bytecode.Program{
			Name: f.Name, Context: o.Context, Fset: o.Fset, Globals: info.Globals,
			Foreign: info.Foreign, HookCalls: info.HookCalls, Exports: info.Exports, Spaces: info.Spaces,
			Protos: make([]*bytecode.Proto, len(info.Scopes)),
		},
	}
	for _, k := range info.Classes {
		c.class(k)
	}
	for _, s := range info.Scopes {
		c.prog.Protos[s.Index] = c.function(s)
	}
	c.imports()
	c.exports()
	for what, n := range map[string]int{
		"constants": len(c.prog.Consts), "variables": len(info.Globals),
		"functions": len(c.prog.Protos), "assignments": len(c.prog.Paths), "members": len(c.prog.Sites),
	} {
		if n > limit {
			c.tooLarge(ast.Span(f), what)
		}
	}
	return c.prog, c.diags
}

func (c *compiler) tooLarge(at token.Span, what string) {
	c.diags = append(c.diags, diag.At(c.prog.Fset, at, diag.Error, "too-large", "too many %s, at most %d", what, limit))
}

// constant returns the index of a constant, shared when it is comparable.
func (c *compiler) constant(v bytecode.Const) int {
	key := any(v)
	switch x := v.(type) {
	case float64:
		key = math.Float64bits(x)
	case nil:
		key = struct{}{}
	case bytecode.ConstArray:
		c.prog.Consts = append(c.prog.Consts, v)
		return len(c.prog.Consts) - 1
	}
	if i, ok := c.consts[key]; ok {
		return i
	}
	c.prog.Consts = append(c.prog.Consts, v)
	c.consts[key] = len(c.prog.Consts) - 1
	return c.consts[key]
}

// site adds a place that uses a member of that name.
func (c *compiler) site(name string) int {
	c.prog.Sites = append(c.prog.Sites, c.constant(name))
	return len(c.prog.Sites) - 1
}

// class describes a class; its functions are compiled with the others.
func (c *compiler) class(k *resolve.Class) {
	b := &bytecode.Class{Name: k.Name, Ctor: -1}
	if k.Ctor != nil {
		b.Ctor = k.Ctor.Index
	}
	for _, m := range k.Methods {
		b.Methods = append(b.Methods, bytecode.Method{Name: m.Name, Proto: m.Scope.Index, Static: m.Static, Private: m.Private})
	}
	for _, p := range k.Props {
		b.Props = append(b.Props, bytecode.ClassProp{
			Name: p.Var.Name, Const: c.initial(p.Init), Private: p.Has("private"), ReadOnly: p.Has("readonly"),
		})
	}
	for _, s := range k.Statics {
		b.Statics = append(b.Statics, bytecode.ClassStatic{
			Name: s.Name, Global: s.Global, Const: c.initial(s.Init), Private: s.Private, ReadOnly: s.ReadOnly,
		})
	}
	c.prog.Classes = append(c.prog.Classes, b)
}

// initial returns the constant of an initialiser or default, none without one.
func (c *compiler) initial(x ast.Expr) int {
	if x == nil {
		return c.constant(nil)
	}
	if i, ok := c.fold(x); ok {
		return i
	}
	s := &resolve.Scope{Name: "{constant}", Index: len(c.prog.Protos), Span: ast.Span(x)}
	c.prog.Protos = append(c.prog.Protos, nil)
	f := newFn(c, s)
	f.at(x)
	f.emit(bytecode.Return, f.operand(x), 0, 0)
	c.prog.Protos[s.Index] = f.proto
	return c.constant(bytecode.ConstCode{Proto: s.Index})
}

func (c *compiler) imports() {
	at := map[int]int{} // place of an import statement → place in prog.Imports
	if c.info.Base != nil {
		at[-1] = len(c.prog.Imports)
		c.prog.Imports = append(c.prog.Imports, bytecode.Import{Program: c.info.Base})
	}
	for i, n := range c.info.Imports {
		at[i] = len(c.prog.Imports)
		switch m := n.Module.(type) {
		case *bytecode.Program:
			c.prog.Imports = append(c.prog.Imports, bytecode.Import{Program: m})
		case *resolve.DataImport:
			g := c.global(n.Data.Name)
			c.prog.Imports = append(c.prog.Imports, bytecode.Import{Data: m.Value, Global: g})
		}
	}
	for i, v := range c.info.ImportVars {
		im := &c.prog.Imports[at[c.info.ImportOf[i]]]
		im.Vars = append(im.Vars, v)
	}
}

func (c *compiler) global(name string) int {
	for i, g := range c.prog.Globals {
		if g == name {
			return i
		}
	}
	panic(fmt.Sprintf("compile: no global %s", name))
}

// exports adds what the file itself declares at its top level.
func (c *compiler) exports() {
	ex := c.prog.Exports
	for _, s := range c.info.Declared() {
		switch s.Kind {
		case resolve.SymFunc:
			ex[s.Name] = bytecode.Export{Program: c.prog, Kind: bytecode.ExportFunc, Index: s.Scope.Index}
		case resolve.SymClass:
			ex[s.Name] = bytecode.Export{Program: c.prog, Kind: bytecode.ExportClass, Index: s.Class.Index}
		}
	}
	for i, g := range c.prog.Globals {
		if _, imported := ex["$"+g]; !imported {
			ex["$"+g] = bytecode.Export{Program: c.prog, Kind: bytecode.ExportVar, Index: i}
		}
	}
}

// function compiles one function.
func (c *compiler) function(s *resolve.Scope) *bytecode.Proto {
	f := newFn(c, s)
	f.prologue()
	f.enters(s)
	f.stmts(s.Body)
	f.at(nil)
	f.emit(bytecode.ReturnNone, 0, 0, 0)
	return f.proto
}
