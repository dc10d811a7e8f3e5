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
	if s, ok := n.Target.(*ast.Slice); ok {
		return f.augmentSlice(n, s)
	}
	if v, name, ok := f.member(n.Target); ok && n.Op != token.Concat {
		return f.augmentProp(n, v, name, used)
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
		f.pattern(p, t, !used)
		f.top = t + 1
		return t
	}
	if !used && f.setElementK(n) {
		return 0
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
		f.pattern(p, r, false)
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
	if v, name, ok := f.member(x); ok {
		r = f.shared(r)
		f.at(x)
		f.emit(bytecode.SetProp, v.Reg, r, f.c.site(name))
		return
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

// setElementK compiles $var[key] = constant; it reports whether that is what it is.
func (f *fn) setElementK(n *ast.Assign) bool {
	x, ok := n.Target.(*ast.Index)
	if !ok || x.I == nil || f.c.plain {
		return false
	}
	v, ok := f.variable(x.X)
	if !ok || !plain(v) || v.Name == "this" {
		return false
	}
	k, ok := f.c.fold(n.Value)
	if !ok || k > limit {
		return false
	}
	top := f.top
	key := f.operand(x.I)
	f.at(x)
	f.emit(bytecode.SetIndexK, v.Reg, key, k)
	f.define(v)
	f.top = top
	return true
}

// member returns the variable and the property of a target $var->name.
func (f *fn) member(x ast.Expr) (v *resolve.Var, name string, ok bool) {
	n, ok := x.(*ast.Prop)
	if !ok || f.c.plain {
		return nil, "", false
	}
	v, ok = f.variable(n.X)
	return v, n.Name.Name, ok && plain(v)
}

// augmentProp compiles $v->name op= x.
func (f *fn) augmentProp(n *ast.Assign, v *resolve.Var, name string, used bool) int {
	t := f.temp(2)
	op, right, isConst := f.constOp(n.Op, n.Value)
	if !isConst {
		f.into(n.Value, t+1)
		op, right = binaryOps[n.Op], t+1
	}
	f.top = t + 2
	f.check(v, n.Target.(*ast.Prop).X)
	f.at(n.Target)
	f.emit(bytecode.Prop, t, v.Reg, f.c.site(name))
	f.pos = n.OpPos
	f.emit(op, t, t, right)
	f.emit(bytecode.SetProp, v.Reg, t, f.c.site(name))
	f.alias(t, used)
	f.top = t + 1
	return t
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
		f.own(t)
	}
	f.combine(n, t)
	f.setVar(v, t)
	f.alias(t, used)
	return t
}

// augmentSlice compiles path[lo:hi] op= x: the slice as read, op, x replaces it.
func (f *fn) augmentSlice(n *ast.Assign, s *ast.Slice) int {
	t := f.temp(1)
	v := f.temp(1)
	f.into(n.Value, v)
	keys, p := f.path(s)
	i := f.c.addPath(p)
	f.pos = n.OpPos
	f.emit(bytecode.PathGet, t, keys, i)
	f.emit(bytecode.Own, t, 0, 0)
	f.emit(binaryOps[n.Op], t, t, v)
	f.emit(bytecode.PathSet, t, keys, i)
	f.alias(t, true)
	f.top = t + 1
	return t
}

// combine computes r = r op value.
func (f *fn) combine(n *ast.Assign, r int) {
	top := f.top
	if op, k, ok := f.constOp(n.Op, n.Value); ok {
		f.pos = n.OpPos
		f.emit(op, r, r, k)
		return
	}
	if n.Op == token.Concat {
		parts := []ast.Expr{n.Value}
		if x, ok := unparen(n.Value).(*ast.Interp); ok && !f.c.plain {
			parts = x.Parts
		} else if !f.c.plain {
			parts = flatten(n.Value, nil)
		}
		base := f.parts(parts)
		f.pos = n.OpPos
		f.emit(bytecode.AppendN, r, base, len(parts))
	} else {
		b := f.operand(n.Value)
		f.pos = n.OpPos
		f.emit(binaryOps[n.Op], r, r, b)
	}
	f.top = top
}

// assignIfNone compiles ??=.
func (f *fn) assignIfNone(n *ast.Assign) int {
	t := f.temp(1)
	if v, ok := f.variable(n.Target); ok {
		f.loadQuiet(v, t)
		f.own(t)
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
		f.own(t)
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
	f.own(t)
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

// pattern distributes the value in register r, which must be owned. When it is dead
// afterwards, its elements are taken out of it.
func (f *fn) pattern(p *ast.Pattern, r int, dead bool) {
	if r < len(f.proto.Vars) {
		t := f.temp(1)
		f.emit(bytecode.Move, t, r, 0)
		r = t
	} else {
		f.own(r)
	}
	for i, e := range p.Elems {
		top := f.top
		v, k := f.temp(1), 0
		if e.Default == nil && !f.c.plain {
			if c, ok := f.patternKey(p, i); ok {
				f.at(e.Target)
				switch {
				case !dead || p.Keyed:
					f.emit(bytecode.ElemK, v, r, c)
				case i == len(p.Elems)-1 && p.Rest == nil:
					f.emit(bytecode.TakeLast, v, r, i)
				default:
					f.emit(bytecode.Take, v, r, i)
				}
				f.storeOwned(e.Target, v)
				f.top = top
				continue
			}
		}
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

// patternKey returns the constant key of an element of a pattern.
func (f *fn) patternKey(p *ast.Pattern, i int) (k int, ok bool) {
	if !p.Keyed {
		k = f.c.constant(float64(i))
		return k, k <= limit
	}
	k, ok = f.c.fold(p.Elems[i].Key)
	return k, ok && k <= limit
}

// storeOwned is store for the value that the last instruction left in t.
func (f *fn) storeOwned(x ast.Expr, t int) {
	if v, ok := f.variable(x); ok && plain(v) && f.retarget(t, v.Reg) {
		f.define(v)
		return
	}
	f.store(x, t)
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
			f.emit(bytecode.Plus, t, v.Reg, int(op))
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
			f.emit(bytecode.Plus, t, r, int(op))
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
