package resolve

import (
	"errors"
	"maps"
	"path"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

// collect declares everything that is hoisted: functions wherever they stand in
// the function, classes, imports; and splices included files. It enters blocks
// but not nested functions.
func (r *resolver) collect(s *Scope, list []ast.Stmt, top bool) {
	for _, st := range list {
		r.collectStmt(s, st, top)
	}
}

func (r *resolver) collectStmt(s *Scope, st ast.Stmt, top bool) {
	switch n := st.(type) {
	case *ast.Function:
		r.function(s, n)
	case *ast.Class:
		r.class(s, n)
	case *ast.Import:
		if !top {
			r.errorAt(ast.Span(n), "placement", "", "import stands only at the top level of a file")
			return
		}
		r.importStmt(n)
	case *ast.Include:
		r.include(s, n, top)
	case *ast.Block:
		r.collect(s, n.Stmts, false)
	case *ast.If:
		r.collectStmt(s, n.Then, false)
		if n.Else != nil {
			r.collectStmt(s, n.Else, false)
		}
	case *ast.While:
		r.collectStmt(s, n.Body, false)
	case *ast.For:
		r.collectStmt(s, n.Body, false)
	case *ast.Foreach:
		r.collectStmt(s, n.Body, false)
	case *ast.Forever:
		r.collectStmt(s, n.Body, false)
	case *ast.Switch:
		for _, c := range n.Cases {
			r.collect(s, c.Stmts, false)
		}
	case *ast.Try:
		r.collect(s, n.Body.Stmts, false)
		r.collect(s, n.Catch.Stmts, false)
	case *ast.Barrier:
		r.collect(s, n.Body.Stmts, false)
	case *ast.Debug:
		if n.Stmt != nil {
			r.collectStmt(s, n.Stmt, false)
		}
	case *ast.Yield:
		s.Yields = true
	}
}

// declare enters a symbol into the scope's name space.
func (r *resolver) declare(s *Scope, sym *Symbol) {
	names := s.funcs
	if s == r.info.Main {
		names = r.info.names
	}
	if sym.Name == token.Assert && sym.Kind != SymForeign && !strings.HasPrefix(r.opt.Fset.Position(sym.Pos.From).File, "std://") {
		r.errorAt(sym.Pos, "reserved", "", "'%s' is a reserved word, want name", sym.Name)
	}
	if old := names[sym.Name]; old != nil {
		if sym.origin != "" && sym.origin == old.origin {
			return
		}
		r.errorAt(sym.Pos, "duplicate", "first declared at "+r.opt.Fset.Position(old.Pos.From).String(),
			"'%s' is declared twice", sym.Name)
		return
	}
	names[sym.Name] = sym
}

func (r *resolver) function(s *Scope, n *ast.Function) {
	fs := r.scope(n.Name.Name, s, ast.Span(n))
	fs.Params, fs.Body, fs.Class = n.Params, n.Body.Stmts, s.Class
	n.Scope = fs
	r.declare(s, &Symbol{Kind: SymFunc, Name: n.Name.Name, Pos: ast.Span(n.Name), Scope: fs})
	r.collect(fs, fs.Body, false)
}

func (r *resolver) class(s *Scope, n *ast.Class) {
	c := &Class{Name: n.Name.Name, Index: len(r.info.Classes), Decl: n, members: map[string]any{}}
	r.info.Classes = append(r.info.Classes, c)
	n.Sym = c
	r.declare(s, &Symbol{Kind: SymClass, Name: c.Name, Pos: ast.Span(n.Name), Class: c})
	for _, m := range n.Members {
		r.member(s, c, m)
	}
}

func (r *resolver) member(s *Scope, c *Class, m *ast.Member) {
	private, static, readonly := m.Has("private"), m.Has("static"), m.Has("readonly")
	for i, w := range m.Modifiers {
		for _, v := range m.Modifiers[:i] {
			if v.Word == w.Word {
				r.errorAt(ast.Span(w), "duplicate", "", "modifier '%s' is given twice", w.Word)
			}
		}
	}
	switch {
	case m.Ctor != nil:
		if len(m.Modifiers) > 0 {
			r.errorAt(ast.Span(m.Modifiers[0]), "placement", "", "a constructor takes no modifier, got '%s'", m.Modifiers[0].Word)
		}
		fs := r.method(s, c, c.Name+"->constructor", m.Ctor.Params, m.Ctor.Body, true)
		m.Ctor.Scope = fs
		if c.Ctor != nil {
			r.errorAt(fs.Span, "duplicate", "", "class %s has two constructors", c.Name)
		}
		if fs.Yields {
			r.errorAt(fs.Span, "placement", "", "yield cannot stand in a constructor")
		}
		c.Ctor = fs
	case m.Func != nil:
		name := m.Func.Name.Name
		if readonly {
			r.errorAt(ast.Span(m.Func.Name), "placement", "", "readonly is for variables, got function '%s'", name)
		}
		sep := "->"
		if static {
			sep = "::"
		}
		fs := r.method(s, c, c.Name+sep+name, m.Func.Params, m.Func.Body, !static)
		fs.Static = static
		m.Func.Scope = fs
		me := &Method{Name: name, Scope: fs, Static: static, Private: private}
		r.unique(c, name, m.Func.Name, me)
		c.Methods = append(c.Methods, me)
	case m.Var != nil && static:
		st := &Static{Name: m.Var.Name, Private: private, ReadOnly: readonly, Init: m.Init, Global: r.global(c.Name + "::$" + m.Var.Name)}
		r.unique(c, st.Name, m.Var, st)
		c.Statics = append(c.Statics, st)
	case m.Var != nil:
		r.unique(c, m.Var.Name, m.Var, m)
		c.Props = append(c.Props, m)
	}
}

func (r *resolver) unique(c *Class, name string, at ast.Node, member any) {
	if c.members[name] != nil {
		r.errorAt(ast.Span(at), "duplicate", "", "class %s has two members named '%s'", c.Name, name)
		return
	}
	c.members[name] = member
}

func (r *resolver) method(s *Scope, c *Class, name string, p *ast.Params, b *ast.Block, this bool) *Scope {
	fs := r.scope(name, s, ast.Span(b))
	fs.Params, fs.Body, fs.Class, fs.This = p, b.Stmts, c, this
	r.collect(fs, fs.Body, false)
	return fs
}

// include splices a file in place.
func (r *resolver) include(s *Scope, n *ast.Include, top bool) {
	if r.opt.Loader == nil {
		r.errorAt(ast.Span(n), "include", "", "include is not available here")
		return
	}
	name := n.Path.(*ast.String).Value
	f, diags, err := r.opt.Loader.Include(name, r.file, n.Word == "include_once")
	if err != nil {
		r.errorAt(ast.Span(n.Path), "include", "", "%s", err)
		return
	}
	step := diag.Included{Verb: "included", Pos: r.opt.Fset.Position(n.Pos())}
	for _, d := range diags {
		d.Chain = append([]diag.Included{step}, r.chain...)
		r.diags = append(r.diags, d)
	}
	if n.File = f; f == nil {
		return
	}
	if len(r.chain) > 100 {
		r.errorAt(ast.Span(n.Path), "include", "", "files include each other without end")
		n.File = nil
		return
	}
	file, chain := r.file, r.chain
	r.file, r.chain = f.Name, append([]diag.Included{step}, chain...)
	r.collect(s, f.Stmts, top)
	r.file, r.chain = file, chain
}

// importStmt binds the symbols of a module or a data file.
func (r *resolver) importStmt(n *ast.Import) {
	if r.opt.Loader == nil {
		r.errorAt(ast.Span(n), "import", "", "import is not available here")
		return
	}
	name := n.Path.(*ast.String).Value
	if n.Data != nil {
		r.dataImport(n, name)
		return
	}
	if n.Options != nil {
		r.errorAt(ast.Span(n.Options), "import", "", "'with' is for data imports: import $v from \"file\" with [...]")
	}
	p, err := r.opt.Loader.Module(name, r.file)
	if err != nil {
		if l := diag.FromError(err); l != nil {
			step := diag.Included{Verb: "imported", Pos: r.opt.Fset.Position(n.Pos())}
			for _, d := range l {
				c := *d
				c.Chain = append(append([]diag.Included(nil), d.Chain...), step)
				r.diags = append(r.diags, &c)
			}
			return
		}
		r.errorAt(ast.Span(n.Path), "import", "", "%s", err)
		return
	}
	index := len(r.info.Imports)
	r.info.Imports = append(r.info.Imports, n)
	n.Module = p
	if n.Space != nil {
		r.info.Spaces[n.Space.Name] = p
		r.declare(r.info.Main, &Symbol{Kind: SymSpace, Name: n.Space.Name, Pos: ast.Span(n.Space), Import: index, Program: p, origin: p.Name + "\x00*"})
		return
	}
	for _, sym := range n.Symbols {
		r.importSymbol(p, index, path.Base(name), sym)
	}
}

func (r *resolver) importSymbol(p *bytecode.Program, index int, module string, sym *ast.Symbol) {
	local, variable := sym.Local()
	key, at := "", ast.Node(sym.Var)
	if variable {
		key = "$" + sym.Var.Name
	} else {
		key, at = sym.Name.Name, sym.Name
	}
	e, ok := p.Exports[key]
	if !ok {
		r.errorAt(ast.Span(at), "import", suggest(key, maps.Keys(p.Exports)), "module '%s' has no '%s'", module, key)
		return
	}
	if variable {
		g := r.global(local)
		for _, v := range r.info.ImportVars {
			if v.Global == g {
				if v.From != e {
					r.errorAt(ast.Span(at), "duplicate", "", "'$%s' is imported twice", local)
				}
				return
			}
		}
		r.info.ImportVars = append(r.info.ImportVars, bytecode.ImportVar{Global: g, From: e})
		r.info.ImportOf = append(r.info.ImportOf, index)
		r.info.Exports["$"+local] = e
		return
	}
	pos := ast.Span(at)
	if sym.As != nil {
		pos = ast.Span(sym.As)
	}
	s := &Symbol{Kind: SymForeign, Name: local, Pos: pos, Import: index, Foreign: r.foreign(e), origin: e.Program.Name + "\x00" + key}
	r.declare(r.info.Main, s)
	r.info.Exports[local] = e
}

// foreign returns the index of an imported function or class.
func (r *resolver) foreign(e bytecode.Export) int {
	for i, f := range r.info.Foreign {
		if f == e {
			return i
		}
	}
	r.info.Foreign = append(r.info.Foreign, e)
	return len(r.info.Foreign) - 1
}

func (r *resolver) dataImport(n *ast.Import, name string) {
	opts := map[string]any{}
	if n.Options != nil {
		arr, ok := n.Options.(*ast.Array)
		if !ok {
			r.errorAt(ast.Span(n.Options), "import", "", "'with' takes an array literal")
			return
		}
		v, err := constant(arr)
		if err != nil {
			r.errorAt(ast.Span(n.Options), "import", "", "options of an import are constants")
			return
		}
		m, ok := v.(map[string]any)
		if !ok && len(arr.Elems) > 0 {
			r.errorAt(ast.Span(n.Options), "import", "", "options of an import have names: [\"name\" => value]")
			return
		}
		if ok {
			opts = m
		}
	}
	data, err := r.opt.Loader.Data(name, r.file, opts)
	if err != nil {
		r.errorAt(ast.Span(n.Path), "import", "", "%s", err)
		return
	}
	if _, dup := r.info.globals[n.Data.Name]; dup {
		r.errorAt(ast.Span(n.Data), "duplicate", "", "'$%s' is imported twice", n.Data.Name)
	}
	r.global(n.Data.Name)
	n.Module = &DataImport{Value: data}
	r.info.Imports = append(r.info.Imports, n)
}

// DataImport holds what a data import decoded.
type DataImport struct{ Value any }

var errNotConstant = errors.New("not a constant")

// constant evaluates the small constants that import options are made of:
// map[string]any for keyed arrays, []any for lists.
func constant(x ast.Expr) (any, error) {
	switch n := x.(type) {
	case *ast.String:
		return n.Value, nil
	case *ast.Number:
		return n.Value, nil
	case *ast.Bool:
		return n.Value, nil
	case *ast.None:
		return nil, nil
	case *ast.Paren:
		return constant(n.X)
	case *ast.Array:
		m, l := map[string]any{}, []any{}
		for _, e := range n.Elems {
			v, err := constant(e.Value)
			if err != nil || e.Spread {
				return nil, errNotConstant
			}
			if e.Key == nil {
				l = append(l, v)
				continue
			}
			k, err := constant(e.Key)
			s, ok := k.(string)
			if err != nil || !ok {
				return nil, errNotConstant
			}
			m[s] = v
		}
		if len(m) > 0 {
			return m, nil
		}
		return l, nil
	}
	return nil, errNotConstant
}
