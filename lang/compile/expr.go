package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// operand compiles an expression and returns the register that holds its value:
// that of a variable, or a temporary.
func (f *fn) operand(x ast.Expr) int {
	switch n := x.(type) {
	case *ast.Paren:
		return f.operand(n.X)
	case *ast.Var:
		v := f.scope.Var(n.Name)
		if plain(v) {
			f.check(v, n)
			return v.Reg
		}
	case *ast.Assign:
		return f.assign(n, true)
	}
	t := f.temp(1)
	f.value(x, t)
	f.top = t + 1
	return t
}

// into compiles an expression into the temporary t so that it may be kept.
func (f *fn) into(x ast.Expr, t int) {
	top := f.top
	switch n := unparen(x).(type) {
	case *ast.Var, *ast.Assign:
		f.copyTo(t, f.operand(n))
	default:
		f.value(x, t)
		if maybeBorrowed(x) {
			f.own(t)
		}
	}
	f.top = max(top, t+1)
}

// copyTo puts a lasting copy of register r into t.
func (f *fn) copyTo(t, r int) {
	op := bytecode.MoveTemp
	if r < len(f.proto.Vars) {
		op = bytecode.Move
	}
	if t != r || op == bytecode.Move {
		f.emit(op, t, r, 0)
		return
	}
	f.own(t)
}

// check makes sure that a plain variable is defined.
func (f *fn) check(v *resolve.Var, at ast.Node) {
	if !f.defined[v.Reg] {
		f.at(at)
		f.emit(bytecode.CheckDef, v.Reg, 0, 0)
		f.define(v)
	}
}

// discard compiles an expression for its effects.
func (f *fn) discard(x ast.Expr) {
	top := f.top
	switch n := unparen(x).(type) {
	case *ast.IncDec:
		f.step(n, f.temp(1), false)
	case *ast.Assign:
		f.assign(n, false)
	default:
		f.operand(x)
	}
	f.top = top
}

// value compiles an expression into t, a temporary at the top.
func (f *fn) value(x ast.Expr, t int) {
	f.at(x)
	if k, ok := f.c.fold(x); ok {
		f.loadK(t, k)
		return
	}
	switch n := x.(type) {
	case *ast.Paren:
		f.value(n.X, t)
	case *ast.Var:
		f.load(f.scope.Var(n.Name), t, true)
	case *ast.Assign:
		f.copyTo(t, f.assign(n, true))
	case *ast.Name:
		f.name(n, t)
	case *ast.Builtin:
		f.emit(bytecode.LoadBuiltin, t, n.Slot, 0)
	case *ast.Interp:
		f.interp(n, t)
	case *ast.Array:
		f.array(n, t)
	case *ast.Unary:
		f.unary(n, t)
	case *ast.Binary:
		f.binary(n, t)
	case *ast.Cond:
		f.cond(n, t)
	case *ast.IncDec:
		f.step(n, t, true)
	case *ast.Call:
		f.call(n, t)
	case *ast.Index, *ast.Slice, *ast.Prop:
		f.access(x, t, f.operandOf)
	case *ast.Lambda:
		f.lambda(n, t)
	case *ast.Match:
		f.match(n, t)
	case *ast.Cache:
		f.cache(n, t)
	case *ast.Isset:
		op := bytecode.PathIsset
		if n.Unset {
			op = bytecode.PathUnset
		}
		keys, p := f.path(n.X)
		f.at(n)
		f.emit(op, t, keys, f.c.addPath(p))
	}
}

// load reads a variable into t.
func (f *fn) load(v *resolve.Var, t int, check bool) {
	switch {
	case v.Global >= 0 && check:
		f.emit(bytecode.GetGlobal, t, v.Global, 0)
	case v.Global >= 0:
		f.emit(bytecode.GetGlobalQ, t, v.Global, 0)
	case v.Boxed && check:
		f.emit(bytecode.GetBox, t, v.Reg, 0)
	case v.Boxed:
		f.emit(bytecode.GetBoxQ, t, v.Reg, 0)
	default:
		f.emit(bytecode.Borrow, t, v.Reg, 0)
	}
}

// loadQuiet reads a variable that may be undefined.
func (f *fn) loadQuiet(v *resolve.Var, t int) { f.load(v, t, false) }

// name compiles a function, class or static variable used as a value.
func (f *fn) name(n *ast.Name, t int) {
	g := n.Sym.(*resolve.Target)
	switch g.Kind {
	case resolve.ToFunc:
		f.emit(bytecode.LoadFunc, t, g.Index, 0)
	case resolve.ToClass:
		f.emit(bytecode.LoadClass, t, g.Index, 0)
	case resolve.ToBuiltin:
		f.emit(bytecode.LoadBuiltin, t, g.Index, 0)
	case resolve.ToForeign:
		f.emit(bytecode.LoadForeign, t, g.Index, 0)
	case resolve.ToGlobal:
		f.emit(bytecode.GetGlobal, t, g.Index, 0)
	case resolve.ToNative:
		f.emit(bytecode.LoadNative, t, f.c.constant(g.Native.Name), f.c.constant(g.Method.Name))
	}
}

func (f *fn) interp(n *ast.Interp, t int) {
	f.joined(n.Parts, t)
}

// joined compiles the parts of a concatenation into consecutive registers and
// joins them.
func (f *fn) joined(parts []ast.Expr, t int) {
	f.emit(bytecode.ConcatN, t, f.parts(parts), len(parts))
}

// parts compiles expressions into consecutive registers and returns the first;
// their values are read at once afterwards.
func (f *fn) parts(parts []ast.Expr) int {
	base := f.temp(len(parts))
	for i, p := range parts {
		r := base + i
		f.top = max(f.top, r+1)
		switch v := unparen(p).(type) {
		case *ast.Var:
			f.at(p)
			if w := f.scope.Var(v.Name); plain(w) {
				f.check(w, p)
				f.emit(bytecode.Borrow, r, w.Reg, 0)
			} else {
				f.load(w, r, true)
			}
		default:
			f.value(p, r)
		}
		if maybeBorrowed(p) && anyEffects(parts[i+1:]) {
			f.own(r)
		}
	}
	return base
}

func (f *fn) array(n *ast.Array, t int) {
	f.emit(bytecode.NewArray, t, min(len(n.Elems), 1<<15), 0)
	top := f.top
	for _, e := range n.Elems {
		switch {
		case e.Spread:
			r := f.operand(e.Value)
			f.at(e.Value)
			f.emit(bytecode.ArraySpread, t, r, 0)
		case e.Key != nil:
			k := f.keep(e.Key, e.Value)
			r := f.kept(e.Value)
			f.at(e.Key)
			f.emit(bytecode.ArraySet, t, k, r)
		default:
			f.emit(bytecode.ArrayPush, t, f.kept(e.Value), 0)
		}
		f.top = top
	}
}

// kept returns a register whose value is about to be stored elsewhere: a plain
// variable is copied, so that its array becomes shared.
func (f *fn) kept(x ast.Expr) int {
	r := f.operand(x)
	if r >= len(f.proto.Vars) {
		return r
	}
	t := f.temp(1)
	f.emit(bytecode.Move, t, r, 0)
	return t
}

func (f *fn) unary(n *ast.Unary, t int) {
	ops := map[token.Op]bytecode.Op{
		token.Not: bytecode.Not, token.Neg: bytecode.Neg, token.Plus: bytecode.Plus, token.Complement: bytecode.Complement,
	}
	r := f.operand(n.X)
	f.at(n)
	f.emit(ops[n.Op], t, r, 0)
}

var binaryOps = map[token.Op]bytecode.Op{
	token.Add: bytecode.Add, token.Sub: bytecode.Sub, token.Mul: bytecode.Mul, token.Div: bytecode.Div,
	token.Mod: bytecode.Mod, token.Pow: bytecode.Pow, token.BitAnd: bytecode.BitAnd, token.BitOr: bytecode.BitOr,
	token.BitXor: bytecode.BitXor, token.ShiftLeft: bytecode.ShiftLeft, token.ShiftRight: bytecode.ShiftRight,
	token.ShiftRightZero: bytecode.ShiftRightZero, token.Concat: bytecode.Concat,
	token.Equal: bytecode.Equal, token.NotEqual: bytecode.NotEqual, token.Identical: bytecode.Identical,
	token.NotIdentical: bytecode.NotIdentical, token.Matches: bytecode.Matches, token.NotMatches: bytecode.NotMatches,
	token.Less: bytecode.Less, token.LessEqual: bytecode.LessEqual,
}

func (f *fn) binary(n *ast.Binary, t int) {
	switch n.Op {
	case token.And, token.Or:
		f.logic(n, t)
		return
	case token.Coalesce:
		f.coalesce(n, t)
		return
	case token.Concat:
		if f.c.plain {
			break
		}
		f.joined(flatten(n, nil), t)
		return
	case token.Greater, token.GreaterEqual:
		a, b := f.pair(n.X, n.Y)
		op := bytecode.Less
		if n.Op == token.GreaterEqual {
			op = bytecode.LessEqual
		}
		f.pos = n.OpPos
		f.emit(op, t, b, a)
		return
	}
	if op, k, ok := f.constOp(n.Op, n.Y); ok {
		a := f.operand(n.X)
		f.pos = n.OpPos
		f.emit(op, t, a, k)
		return
	}
	a, b := f.pair(n.X, n.Y)
	f.pos = n.OpPos
	f.emit(binaryOps[n.Op], t, a, b)
}

// constOp returns the operation that takes its right side from the constants,
// with that constant.
func (f *fn) constOp(op token.Op, right ast.Expr) (bytecode.Op, int, bool) {
	kop, ok := constOps[op]
	if !ok || f.c.plain {
		return 0, 0, false
	}
	k, ok := f.c.fold(right)
	return kop, k, ok && k <= limit
}

var constOps = map[token.Op]bytecode.Op{
	token.Add: bytecode.AddK, token.Sub: bytecode.SubK, token.Mul: bytecode.MulK, token.Div: bytecode.DivK, token.Mod: bytecode.ModK,
}

// flatten lists the operands of a chain of concatenations; . is associative
// because it always joins strings.
func flatten(x ast.Expr, out []ast.Expr) []ast.Expr {
	if n, ok := x.(*ast.Binary); ok && n.Op == token.Concat {
		return append(flatten(n.X, out), n.Y)
	}
	return append(out, x)
}

// logic compiles `and` and `or` as a value, which is a boolean.
func (f *fn) logic(n *ast.Binary, t int) {
	no := f.jumpIf(n, false)
	f.loadK(t, f.c.constant(true))
	end := f.jump(bytecode.Jump, 0)
	f.land(no...)
	f.loadK(t, f.c.constant(false))
	f.land(end)
}

func (f *fn) coalesce(n *ast.Binary, t int) {
	f.quiet(n.X, t)
	f.own(t)
	have := f.jump(bytecode.JumpNotNil, t)
	mark := len(f.trail)
	f.into(n.Y, t)
	f.undo(mark)
	f.land(have)
}

// quiet compiles the left side of ??: undefined variables along a path give
// none.
func (f *fn) quiet(x ast.Expr, t int) {
	switch n := x.(type) {
	case *ast.Paren:
		f.quiet(n.X, t)
	case *ast.Var:
		f.at(n)
		f.loadQuiet(f.scope.Var(n.Name), t)
	case *ast.Name:
		if g := n.Sym.(*resolve.Target); g.Kind == resolve.ToGlobal {
			f.emit(bytecode.GetGlobalQ, t, g.Index, 0)
			return
		}
		f.value(x, t)
	case *ast.Index, *ast.Slice, *ast.Prop:
		f.access(x, t, func(b ast.Expr) int {
			r := f.temp(1)
			f.quiet(b, r)
			f.top = r + 1
			return r
		})
	default:
		f.value(x, t)
	}
}

func (f *fn) operandOf(x ast.Expr) int { return f.operand(x) }

// access compiles a subscript, slice or property; base compiles what it is
// taken from.
func (f *fn) access(x ast.Expr, t int, base func(ast.Expr) int) {
	switch n := x.(type) {
	case *ast.Index:
		if k, ok := f.c.fold(n.I); ok && k <= limit {
			r := base(n.X)
			f.at(n.I)
			f.emit(bytecode.IndexK, t, r, k)
			return
		}
		r := f.protect(base(n.X), n.X, n.I)
		i := f.operand(n.I)
		f.at(n.I)
		f.emit(bytecode.Index, t, r, i)
	case *ast.Prop:
		r := base(n.X)
		f.pos = n.Name.From
		f.emit(bytecode.Prop, t, r, f.c.site(n.Name.Name))
	case *ast.Slice:
		r := f.protect(base(n.X), n.X, n.Lo, n.Hi, n.Step)
		b := f.bounds(n)
		f.at(n)
		f.emit(bytecode.Slice, t, r, b)
	}
}

// protect keeps the value of a compiled expression x in register r while later
// ones are evaluated.
func (f *fn) protect(r int, x ast.Expr, later ...ast.Expr) int {
	switch {
	case r < len(f.proto.Vars):
		if !anyMutates(later) {
			return r
		}
		t := f.temp(1)
		f.emit(bytecode.Move, t, r, 0)
		return t
	case maybeBorrowed(x) && anyEffects(later):
		f.own(r)
	}
	return r
}

// bounds compiles the three parts of a slice into consecutive registers.
func (f *fn) bounds(n *ast.Slice) int {
	base := f.temp(3)
	for i, x := range []ast.Expr{n.Lo, n.Hi, n.Step} {
		f.top = base + 3
		if x == nil {
			f.emit(bytecode.LoadUndef, base+i, 0, 0)
			continue
		}
		f.into(x, base+i)
	}
	f.top = base + 3
	return base
}

func (f *fn) cond(n *ast.Cond, t int) {
	if n.T == nil {
		f.into(n.C, t)
		have := f.jump(bytecode.JumpTrue, t)
		mark := len(f.trail)
		f.into(n.E, t)
		f.undo(mark)
		f.land(have)
		return
	}
	no := f.jumpIf(n.C, false)
	mark := len(f.trail)
	f.into(n.T, t)
	then := f.undo(mark)
	end := f.jump(bytecode.Jump, 0)
	f.land(no...)
	f.into(n.E, t)
	els := f.undo(mark)
	f.land(end)
	f.both(then, els)
}

func (f *fn) lambda(n *ast.Lambda, t int) {
	s := n.Scope.(*resolve.Scope)
	if len(s.Captures) == 0 {
		f.emit(bytecode.LoadFunc, t, s.Index, 0)
		return
	}
	f.emit(bytecode.Closure, t, s.Index, 0)
}

func (f *fn) match(n *ast.Match, t int) {
	subject := f.temp(1)
	f.into(n.X, subject)
	mark := len(f.trail)
	var ends []int
	var def *ast.Arm
	for _, a := range n.Arms {
		if a.Default {
			def = a
			continue
		}
		var hits []int
		for _, l := range a.Labels {
			top := f.top
			r := f.operand(l)
			f.at(l)
			f.emit(bytecode.JumpEqual, subject, r, 0)
			hits = append(hits, f.jump(bytecode.Jump, 0))
			f.label = len(f.proto.Code)
			f.top = top
		}
		f.undo(mark)
		next := f.jump(bytecode.Jump, 0)
		f.land(hits...)
		f.cover(a.Value.Pos(), false)
		f.into(a.Value, t)
		f.undo(mark)
		ends = append(ends, f.jump(bytecode.Jump, 0))
		f.land(next)
	}
	if def != nil {
		f.cover(def.Value.Pos(), false)
		f.into(def.Value, t)
		f.undo(mark)
	} else {
		f.at(n)
		f.emit(bytecode.NoMatch, 0, 0, 0)
	}
	f.land(ends...)
}
