package resolve

import "github.com/hawser-mta/hawser/lang/ast"

func (r *resolver) stmts(s *Scope, list []ast.Stmt) {
	for _, st := range list {
		r.stmt(s, st)
	}
}

// stmt resolves the names in a statement and checks that it may stand here.
func (r *resolver) stmt(s *Scope, st ast.Stmt) {
	switch n := st.(type) {
	case *ast.Block:
		r.stmts(s, n.Stmts)
	case *ast.ExprStmt:
		r.expr(s, n.X)
	case *ast.Echo:
		r.expr(s, n.X)
	case *ast.If:
		r.expr(s, n.Cond)
		r.stmt(s, n.Then)
		if n.Else != nil {
			r.stmt(s, n.Else)
		}
	case *ast.While:
		r.expr(s, n.Cond)
		r.loop(s, n.Body)
	case *ast.For:
		r.exprs(s, n.Init, n.Cond)
		r.loop(s, n.Body)
		r.exprs(s, n.Post)
	case *ast.Foreach:
		r.expr(s, n.X)
		if n.Key != nil {
			r.target(s, n.Key)
		}
		r.target(s, n.Value)
		r.loop(s, n.Body)
	case *ast.Forever:
		r.loop(s, n.Body)
	case *ast.Switch:
		r.switchStmt(s, n)
	case *ast.Jump:
		if s.loops == 0 && (n.Word == "continue" || s.sw == 0) {
			where := "a loop"
			if n.Word == "break" {
				where = "a loop or switch"
			}
			r.errorAt(ast.Span(n), "placement", "", "'%s' stands outside %s", n.Word, where)
		}
	case *ast.Return:
		r.exprs(s, n.X)
	case *ast.Throw:
		r.expr(s, n.X)
	case *ast.Try:
		r.stmt(s, n.Body)
		r.target(s, n.Var)
		r.stmt(s, n.Catch)
	case *ast.Yield:
		if s == r.info.Main {
			r.errorAt(ast.Span(n), "placement", "", "yield stands only in functions")
		}
		r.exprs(s, n.X)
	case *ast.Global:
		r.globalStmt(s, n)
	case *ast.Include:
		if n.File != nil {
			r.within(n, func() { r.stmts(s, n.File.Stmts) })
		}
	case *ast.Barrier:
		r.expr(s, n.Key)
		if n.Var != nil {
			r.target(s, n.Var)
			r.variable(s, n.Var.(*ast.Var).Name).Unset = true
		}
		r.stmt(s, n.Body)
	case *ast.Debug:
		r.expr(s, n.Args)
		if n.Stmt != nil {
			r.stmt(s, n.Stmt)
		}
	case *ast.Function:
		r.body(n.Scope.(*Scope))
	case *ast.Class:
		r.classBody(s, n)
	}
}

func (r *resolver) loop(s *Scope, body ast.Stmt) {
	s.loops++
	r.stmt(s, body)
	s.loops--
}

func (r *resolver) switchStmt(s *Scope, n *ast.Switch) {
	r.expr(s, n.Tag)
	s.sw++
	seen := false
	for _, c := range n.Cases {
		if c.Default && seen {
			r.errorAt(ast.Span(n), "duplicate", "", "a switch has at most one default")
		}
		seen = seen || c.Default
		r.exprs(s, c.Label)
		r.stmts(s, c.Stmts)
	}
	r.stmts(s, n.Broken)
	s.sw--
}

func (r *resolver) globalStmt(s *Scope, n *ast.Global) {
	if s == r.info.Main {
		r.errorAt(ast.Span(n), "placement", "variables at the top level are global already", "global stands only in functions")
		return
	}
	for _, x := range n.Vars {
		name := x.(*ast.Var).Name
		if name == "this" {
			r.errorAt(ast.Span(x), "placement", "", "'$this' cannot be global")
			continue
		}
		v := r.variable(s, name)
		v.Boxed, v.Unset = true, true
		g := r.variable(r.info.Main, name)
		v.ReadOnly = v.ReadOnly || g.ReadOnly
	}
}

// body resolves a function.
func (r *resolver) body(s *Scope) {
	r.enter(s)
	r.stmts(s, s.Body)
}

func (r *resolver) classBody(s *Scope, n *ast.Class) {
	for _, m := range n.Members {
		switch {
		case m.Ctor != nil:
			r.body(m.Ctor.Scope.(*Scope))
		case m.Func != nil:
			r.body(m.Func.Scope.(*Scope))
		case m.Init != nil:
			r.constantExpr(m.Init, "an initialiser")
		}
	}
}
