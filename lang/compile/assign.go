package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// assign compiles an assignment and returns the register of its value, which is
// borrowed from the place that was written. used tells that the value matters.
func (f *fn) assign(n *ast.Assign, used bool) int {
	switch n.Op {
	case token.NoOp:
		return f.plainAssign(n, used)
	case token.Coalesce:
		return f.assignIfNone(n)
	}
	if v, ok := f.variable(n.Target); ok {
		return f.augment(n, v, used)
	}
	if g, ok := staticVar(n.Target); ok {
		t := f.temp(1)
		f.at(n.Target)
		f.emit(bytecode.GetGlobal, t, g, 0)
		f.combine(n, t)
		f.emit(bytecode.SetGlobal, t, g, 0)
		f.alias(t, used)
		return t
	}
	t := f.temp(1)
	f.into(n.Value, t)
	keys, p := f.path(n.Target)
	p.Op = n.Op
	f.pos = n.OpPos
	f.emit(bytecode.PathUpdate, t, keys, f.c.addPath(p))
	f.top = t + 1
	return t
}

func (f *fn) plainAssign(n *ast.Assign, used bool) int {
	if v, ok := f.variable(n.Target); ok && plain(v) {
		t := f.operand(n.Value)
		f.pos = n.OpPos
		switch {
		case t < len(f.proto.Vars):
			f.emit(bytecode.Move, v.Reg, t, 0)
		case !f.retarget(t, v.Reg):
			f.emit(bytecode.MoveTemp, v.Reg, t, 0)
		}
		f.define(v)
		return v.Reg
	}
	if p, ok := n.Target.(*ast.Pattern); ok {
		t := f.temp(1)
		f.into(n.Value, t)
		f.pattern(p, t)
		f.top = t + 1
		return t
	}
	t := f.operand(n.Value)
	if t < len(f.proto.Vars) && !f.isBare(n.Target) {
		// The subscripts of the target may change the variable.
		if anyMutates([]ast.Expr{n.Target}) || root(n.Target) == n.Value || sameVar(n) {
			c := f.temp(1)
			f.emit(bytecode.Move, c, t, 0)
			t = c
		}
	}
	f.store(n.Target, t)
	f.alias(t, used)
	f.top = max(f.top, t+1)
	return t
}

// alias marks a temporary as borrowed: its value was stored elsewhere as well.
func (f *fn) alias(t int, used bool) {
	if used && t >= len(f.proto.Vars) {
		f.emit(bytecode.Borrow, t, t, 0)
	}
}

func sameVar(n *ast.Assign) bool {
	a, ok := root(n.Target).(*ast.Var)
	b, ok2 := unparen(n.Value).(*ast.Var)
	return ok && ok2 && a.Name == b.Name
}

func (f *fn) isBare(x ast.Expr) bool {
	_, ok := f.variable(x)
	return ok
}

// variable returns the variable that a target is, ok false for other places.
func (f *fn) variable(x ast.Expr) (*resolve.Var, bool) {
	if v, ok := x.(*ast.Var); ok {
		return f.scope.Var(v.Name), true
	}
	return nil, false
}

// staticVar returns the cell of a static or imported variable.
func staticVar(x ast.Expr) (int, bool) {
	if n, ok := x.(*ast.Name); ok {
		if g, ok := n.Sym.(*resolve.Target); ok && g.Kind == resolve.ToGlobal {
			return g.Index, true
		}
	}
	return 0, false
}

// store writes register r to a target. A temporary must not be used afterwards
// except through alias.
func (f *fn) store(x ast.Expr, r int) {
	if p, ok := x.(*ast.Pattern); ok {
		f.pattern(p, r)
		return
	}
	if v, ok := f.variable(x); ok {
		if plain(v) {
			op := bytecode.MoveTemp
			if r < len(f.proto.Vars) {
				op = bytecode.Move
			}
			f.emit(op, v.Reg, r, 0)
			f.define(v)
			return
		}
		f.at(x)
		f.setVar(v, f.shared(r))
		return
	}
	if g, ok := staticVar(x); ok {
		f.emit(bytecode.SetGlobal, f.shared(r), g, 0)
		return
	}
	if n, ok := x.(*ast.Index); ok {
		if v, ok := f.variable(n.X); ok && plain(v) && n.X.(*ast.Var).Name != "this" {
			f.setElement(n, v, r)
			return
		}
	}
	top := f.top
	keys, p := f.path(x)
	f.at(x)
	f.emit(bytecode.PathSet, f.shared(r), keys, f.c.addPath(p))
	f.top = top
}

// shared returns a register whose value may be stored while r goes on being
// used: variables are copied.
func (f *fn) shared(r int) int {
	if r >= len(f.proto.Vars) {
		return r
	}
	t := f.temp(1)
	f.emit(bytecode.Move, t, r, 0)
	return t
}

func (f *fn) setVar(v *resolve.Var, r int) {
	if v.Global >= 0 {
		f.emit(bytecode.SetGlobal, r, v.Global, 0)
		return
	}
	f.emit(bytecode.SetBox, v.Reg, r, 0)
}

// setElement compiles $var[key] = r.
func (f *fn) setElement(n *ast.Index, v *resolve.Var, r int) {
	top := f.top
	r = f.shared(r)
	if n.I == nil {
		f.at(n)
		f.emit(bytecode.PushIndex, v.Reg, r, 0)
	} else {
		k := f.operand(n.I)
		f.at(n)
		f.emit(bytecode.SetIndex, v.Reg, k, r)
	}
	f.define(v)
	f.top = top
}

// augment compiles $v op= x.
func (f *fn) augment(n *ast.Assign, v *resolve.Var, used bool) int {
	f.at(n.Target)
	if plain(v) {
		f.check(v, n.Target)
		f.combine(n, v.Reg)
		return v.Reg
	}
	t := f.temp(1)
	f.load(v, t, true)
	if anyEffects([]ast.Expr{n.Value}) {
		f.emit(bytecode.Own, t, 0, 0)
	}
	f.combine(n, t)
	f.setVar(v, t)
	f.alias(t, used)
	return t
}

// combine computes r = r op value.
func (f *fn) combine(n *ast.Assign, r int) {
	top := f.top
	if k, ok := f.c.fold(n.Value); ok && k <= limit && n.Op == token.Add {
		f.pos = n.OpPos
		f.emit(bytecode.AddK, r, r, k)
		return
	}
	b := f.operand(n.Value)
	f.pos = n.OpPos
	if n.Op == token.Concat {
		f.emit(bytecode.AppendStr, r, b, 0)
	} else {
		f.emit(binaryOps[n.Op], r, r, b)
	}
	f.top = top
}

// assignIfNone compiles ??=.
func (f *fn) assignIfNone(n *ast.Assign) int {
	t := f.temp(1)
	if v, ok := f.variable(n.Target); ok {
		f.loadQuiet(v, t)
		f.emit(bytecode.Own, t, 0, 0)
		have := f.jump(bytecode.JumpNotNil, t)
		mark := len(f.trail)
		f.into(n.Value, t)
		f.store(n.Target, t)
		f.alias(t, true)
		f.undo(mark)
		f.land(have)
		f.top = t + 1
		return t
	}
	if g, ok := staticVar(n.Target); ok {
		f.emit(bytecode.GetGlobalQ, t, g, 0)
		f.emit(bytecode.Own, t, 0, 0)
		have := f.jump(bytecode.JumpNotNil, t)
		mark := len(f.trail)
		f.into(n.Value, t)
		f.emit(bytecode.SetGlobal, t, g, 0)
		f.alias(t, true)
		f.undo(mark)
		f.land(have)
		return t
	}
	keys, p := f.path(n.Target)
	i := f.c.addPath(p)
	f.pos = n.OpPos
	f.emit(bytecode.PathGet, t, keys, i)
	f.emit(bytecode.Own, t, 0, 0)
	have := f.jump(bytecode.JumpNotNil, t)
	mark := len(f.trail)
	f.into(n.Value, t)
	f.emit(bytecode.PathSet, t, keys, i)
	f.alias(t, true)
	f.undo(mark)
	f.land(have)
	f.top = t + 1
	return t
}

// pattern distributes the value in register r, which must be owned.
func (f *fn) pattern(p *ast.Pattern, r int) {
	if r < len(f.proto.Vars) {
		t := f.temp(1)
		f.emit(bytecode.Move, t, r, 0)
		r = t
	} else {
		f.emit(bytecode.Own, r, 0, 0)
	}
	for i, e := range p.Elems {
		top := f.top
		v, k := f.temp(1), 0
		if p.Keyed {
			k = f.operand(e.Key)
		} else {
			k = f.temp(1)
			f.loadK(k, f.c.constant(float64(i)))
		}
		f.at(e.Target)
		f.emit(bytecode.Destructure, v, r, k)
		have := f.emit(bytecode.JumpDef, v, 0, 0)
		mark := len(f.trail)
		if e.Default != nil {
			f.into(e.Default, v)
		} else {
			f.loadK(v, f.c.constant(nil))
		}
		f.undo(mark)
		f.land(have)
		f.store(e.Target, v)
		f.top = top
	}
	if p.Rest != nil {
		t := f.temp(1)
		f.emit(bytecode.RestOf, t, r, len(p.Elems))
		f.store(p.Rest, t)
	}
}

// storeMaybeUndefined gives a variable the value of r, which may be undefined.
func (f *fn) storeMaybeUndefined(x *ast.Var, r int) {
	v := f.scope.Var(x.Name)
	if plain(v) {
		f.emit(bytecode.MoveTemp, v.Reg, r, 0)
		return
	}
	f.setVar(v, r)
}

// step compiles ++ and --; want tells that the value is used.
func (f *fn) step(n *ast.IncDec, t int, want bool) {
	op := bytecode.Inc
	if n.Op == token.Sub {
		op = bytecode.Dec
	}
	f.at(n)
	v, isVar := f.variable(n.X)
	g, isStatic := staticVar(n.X)
	switch {
	case isVar && plain(v):
		f.check(v, n.X)
		f.at(n)
		if want && !n.Prefix {
			f.emit(bytecode.Plus, t, v.Reg, 0)
		}
		f.emit(op, v.Reg, 0, 0)
		if want && n.Prefix {
			f.emit(bytecode.Borrow, t, v.Reg, 0)
		}
	case isVar || isStatic:
		r := t
		if want && !n.Prefix {
			r = f.temp(1)
		}
		if isVar {
			f.load(v, r, true)
		} else {
			f.emit(bytecode.GetGlobal, r, g, 0)
		}
		if r != t {
			f.emit(bytecode.Plus, t, r, 0)
		}
		f.emit(op, r, 0, 0)
		if isVar {
			f.setVar(v, r)
		} else {
			f.emit(bytecode.SetGlobal, r, g, 0)
		}
	default:
		keys, p := f.path(n.X)
		p.Op, p.Postfix = n.Op, !n.Prefix
		f.at(n)
		f.emit(bytecode.PathStep, t, keys, f.c.addPath(p))
	}
}
