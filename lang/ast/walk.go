package ast

// Inspect calls f for n and everything below it, in source order, as long as f
// returns true for the node above. Functions nested in n are entered like any
// other node.
func Inspect(n Node, f func(Node) bool) {
	if n == nil || isNil(n) || !f(n) {
		return
	}
	w := walker{f}
	switch n := n.(type) {
	case *File:
		w.stmts(n.Stmts)
	case Stmt:
		w.stmt(n)
	case Expr:
		w.expr(n)
	}
}

type walker struct{ f func(Node) bool }

func isNil(n Node) bool {
	switch n := n.(type) {
	case *Block:
		return n == nil
	case *File:
		return n == nil
	case *Pattern:
		return n == nil
	}
	return false
}

func (w walker) x(xs ...Expr) {
	for _, x := range xs {
		if x != nil {
			Inspect(x, w.f)
		}
	}
}

func (w walker) s(ss ...Stmt) {
	for _, s := range ss {
		if s != nil {
			Inspect(s, w.f)
		}
	}
}

func (w walker) stmts(list []Stmt) { w.s(list...) }

func (w walker) params(p *Params) {
	if p == nil {
		return
	}
	for _, q := range p.List {
		w.x(q.Var)
		w.x(q.Default)
	}
}

func (w walker) stmt(n Stmt) {
	switch n := n.(type) {
	case *Block:
		w.stmts(n.Stmts)
	case *ExprStmt:
		w.x(n.X)
	case *Echo:
		w.x(n.X)
	case *If:
		w.x(n.Cond)
		w.s(n.Then, n.Else)
	case *While:
		w.x(n.Cond)
		w.s(n.Body)
	case *For:
		w.x(n.Init, n.Cond, n.Post)
		w.s(n.Body)
	case *Foreach:
		w.x(n.X, n.Key, n.Value)
		w.s(n.Body)
	case *Forever:
		w.s(n.Body)
	case *Switch:
		w.x(n.Tag)
		for _, c := range n.Cases {
			w.x(c.Label)
			w.stmts(c.Stmts)
		}
		w.stmts(n.Broken)
	case *Return:
		w.x(n.X)
	case *Throw:
		w.x(n.X)
	case *Try:
		w.s(n.Body)
		w.x(n.Var)
		w.s(n.Catch)
	case *Yield:
		w.x(n.X)
	case *Global:
		w.x(n.Vars...)
	case *Include:
		if n.File != nil {
			Inspect(n.File, w.f)
		}
	case *Barrier:
		w.x(n.Key, n.Var)
		w.s(n.Body)
	case *Debug:
		w.x(n.Args)
		w.s(n.Stmt)
	case *Function:
		w.params(n.Params)
		w.s(n.Body)
	case *Class:
		w.class(n)
	case *Import:
		w.x(n.Options)
	}
}

func (w walker) class(n *Class) {
	for _, m := range n.Members {
		switch {
		case m.Ctor != nil:
			w.params(m.Ctor.Params)
			w.s(m.Ctor.Body)
		case m.Func != nil:
			w.params(m.Func.Params)
			w.s(m.Func.Body)
		default:
			w.x(m.Init)
		}
	}
}

func (w walker) expr(n Expr) {
	switch n := n.(type) {
	case *Interp:
		w.x(n.Parts...)
	case *Paren:
		w.x(n.X)
	case *Array:
		for _, e := range n.Elems {
			w.x(e.Key, e.Value)
		}
	case *Unary:
		w.x(n.X)
	case *Binary:
		w.x(n.X, n.Y)
	case *Cond:
		w.x(n.C, n.T, n.E)
	case *Assign:
		w.x(n.Target, n.Value)
	case *Pattern:
		for _, e := range n.Elems {
			w.x(e.Key, e.Target, e.Default)
		}
		w.x(n.Rest)
	case *IncDec:
		w.x(n.X)
	case *Call:
		w.x(n.Fn)
		for _, a := range n.Args {
			w.x(a.X)
		}
	case *Index:
		w.x(n.X, n.I)
	case *Slice:
		w.x(n.X, n.Lo, n.Hi, n.Step)
	case *Prop:
		w.x(n.X)
	case *Lambda:
		w.params(n.Params)
		for _, v := range n.Closure {
			w.x(v)
		}
		w.s(n.Body)
	case *Match:
		w.x(n.X)
		for _, a := range n.Arms {
			w.x(a.Labels...)
			w.x(a.Value)
		}
	case *Cache:
		w.x(n.Options)
		w.x(n.Call)
	case *Isset:
		w.x(n.X)
	}
}
