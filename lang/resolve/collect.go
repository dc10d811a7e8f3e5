package resolve

import (
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
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
		r.collect(s, n.Broken, false)
	case *ast.Bad:
		r.poison(n.Names...)
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

// poison notes names whose declaration is broken: their use is no error.
func (r *resolver) poison(names ...string) {
	for _, n := range names {
		r.poisoned[n] = true
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
		fs := r.method(s, c, c.Name+"->constructor", m, m.Ctor.Params, m.Ctor.Body, true)
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
		fs := r.method(s, c, c.Name+sep+name, m, m.Func.Params, m.Func.Body, !static)
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

func (r *resolver) method(s *Scope, c *Class, name string, m *ast.Member, p *ast.Params, b *ast.Block, this bool) *Scope {
	fs := r.scope(name, s, ast.Span(m))
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
	if way := r.cycle(f.Name); way != "" {
		r.errorAt(ast.Span(n.Path), "include", "", "include cycle: %s", way)
		n.File = nil
		return
	}
	r.within(n, func() { r.collect(s, f.Stmts, top) })
}

// cycle returns the way from a file through its includes to itself, "" when it is
// not being included.
func (r *resolver) cycle(name string) string {
	files := []string{name, r.file}
	for _, c := range r.chain {
		files = append(files, c.Pos.File)
	}
	for i, f := range files[1:] {
		if f == name {
			slices.Reverse(files[:i+2])
			return strings.Join(files[:i+2], " → ")
		}
	}
	return ""
}

// within runs f on the file that n includes: names of files are relative to it,
// and errors tell the way there.
func (r *resolver) within(n *ast.Include, f func()) {
	file, chain := r.file, r.chain
	step := diag.Included{Verb: "included", Pos: r.opt.Fset.Position(n.Pos())}
	r.file, r.chain = n.File.Name, append([]diag.Included{step}, chain...)
	f()
	r.file, r.chain = file, chain
}
