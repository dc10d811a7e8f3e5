package resolve

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

type resolver struct {
	cat   *sig.Catalog
	opt   Options
	info  *Info
	diags diag.List

	// linked are the names that some function of the program links with
	// `global`: the top level keeps them in cells.
	linked map[string]bool

	poisoned map[string]bool // names whose declaration is broken

	file  string // file that is being collected, for relative paths
	chain []diag.Included
}

// Resolve gives the names of a parsed file their meaning. The result is usable
// for compiling only when the list holds no errors.
func Resolve(f *ast.File, cat *sig.Catalog, o Options) (*Info, diag.List) {
	r := &resolver{
		cat: cat, opt: o, linked: map[string]bool{}, poisoned: map[string]bool{}, file: f.Name,
		info: &Info{globals: map[string]int{}, names: map[string]*Symbol{}, Exports: map[string]bytecode.Export{}},
	}
	main := r.scope("{main}", nil, ast.Span(f))
	main.Body = f.Stmts
	r.info.Main = main
	for _, v := range o.Globals {
		r.global(v)
	}
	r.base()
	r.collect(main, f.Stmts, true)
	ast.Inspect(f, func(n ast.Node) bool {
		if g, ok := n.(*ast.Global); ok {
			for _, v := range g.Vars {
				r.linked[v.(*ast.Var).Name] = true
			}
		}
		return true
	})
	r.stmts(main, f.Stmts)
	for _, s := range r.info.Scopes {
		s.number()
	}
	r.diags.Sort()
	return r.info, r.diags
}

// base takes over what the program declared that this one goes on with. Its
// functions and classes may be declared anew, see lookup.
func (r *resolver) base() {
	p := r.opt.Base
	r.info.Base = p
	r.info.Spaces = map[string]*bytecode.Program{}
	if p == nil {
		return
	}
	maps.Copy(r.info.Exports, p.Exports)
	maps.Copy(r.info.Spaces, p.Spaces)
	for _, name := range slices.Sorted(maps.Keys(p.Exports)) {
		if v, ok := strings.CutPrefix(name, "$"); ok {
			r.info.ImportVars = append(r.info.ImportVars, bytecode.ImportVar{Global: r.global(v), From: p.Exports[name]})
			r.info.ImportOf = append(r.info.ImportOf, -1)
		}
	}
}

// inherited returns the symbol that the earlier program declared, nil when it
// did not.
func (r *resolver) inherited(name string) *Symbol {
	if p := r.info.Spaces[name]; p != nil {
		return &Symbol{Kind: SymSpace, Name: name, Import: -1, Program: p}
	}
	if e, ok := r.info.Exports[name]; ok && r.opt.Base != nil {
		return &Symbol{Kind: SymForeign, Name: name, Import: -1, Foreign: r.foreign(e)}
	}
	return nil
}

// scope makes the scope of one function.
func (r *resolver) scope(name string, outer *Scope, span token.Span) *Scope {
	s := &Scope{
		Name: name, Outer: outer, Index: len(r.info.Scopes), Span: span,
		vars: map[string]*Var{}, funcs: map[string]*Symbol{},
	}
	r.info.Scopes = append(r.info.Scopes, s)
	return s
}

// number gives the variables of a scope their registers.
func (s *Scope) number() {
	reg := 0
	for _, v := range s.Vars {
		if v.Global < 0 {
			v.Reg = reg
			reg++
		}
	}
}

func (r *resolver) errorAt(span token.Span, code, hint, format string, args ...any) {
	d := diag.At(r.opt.Fset, span, diag.Error, code, format, args...)
	d.Hint = hint
	d.Chain = r.chain
	r.diags = append(r.diags, d)
}

// suggest returns the hint for a misspelt name.
func suggest(name string, candidates iter.Seq[string]) string {
	if s := sig.Suggest(name, candidates); s != "" {
		return "did you mean '" + s + "'?"
	}
	return ""
}

// global returns the cell of a top-level variable, made when new.
func (r *resolver) global(name string) int {
	if i, ok := r.info.globals[name]; ok {
		return i
	}
	i := len(r.info.Globals)
	r.info.Globals = append(r.info.Globals, name)
	r.info.globals[name] = i
	return i
}

// functionNames yields every name that a call in the scope can reach.
func (r *resolver) functionNames(s *Scope) iter.Seq[string] {
	return func(yield func(string) bool) {
		for ; s != nil; s = s.Outer {
			for n := range maps.Keys(s.funcs) {
				if !yield(n) {
					return
				}
			}
		}
		for n := range maps.Keys(r.info.names) {
			if !yield(n) {
				return
			}
		}
		for _, f := range r.cat.Funcs {
			if (r.opt.Module || f.In(r.opt.Context)) && (r.opt.Compat || !f.Compat) && !yield(f.Name) {
				return
			}
		}
	}
}
