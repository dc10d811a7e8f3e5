package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// jumpIf compiles a condition: control jumps when its truth is sense, and falls
// through otherwise. It returns the jumps to land.
func (f *fn) jumpIf(x ast.Expr, sense bool) []int {
	mark := f.top
	defer func() { f.top = mark }()
	switch n := x.(type) {
	case *ast.Paren:
		return f.jumpIf(n.X, sense)
	case *ast.Bool:
		if n.Value == sense {
			return []int{f.jump(bytecode.Jump, 0)}
		}
		return nil
	case *ast.Unary:
		if n.Op == token.Not && !f.c.plain {
			return f.jumpIf(n.X, !sense)
		}
	case *ast.Binary:
		switch n.Op {
		case token.And, token.Or:
			return f.logicJump(n, sense)
		default:
			if _, ok := compareOps[n.Op]; ok && !f.c.plain {
				return f.compareJump(n, sense)
			}
		}
	}
	r := f.operand(x)
	if sense {
		return []int{f.jump(bytecode.JumpTrue, r)}
	}
	return []int{f.jump(bytecode.JumpFalse, r)}
}

// logicJump compiles `and` and `or`. What the right side defines counts only
// where it certainly ran, so it is forgotten.
func (f *fn) logicJump(n *ast.Binary, sense bool) []int {
	short := n.Op == token.Or // the truth of X that decides alone
	x := f.jumpIf(n.X, short)
	mark := len(f.trail)
	y := f.jumpIf(n.Y, sense)
	f.undo(mark)
	if short == sense {
		return append(x, y...)
	}
	f.land(x...)
	return y
}

func (f *fn) compareJump(n *ast.Binary, sense bool) []int {
	c := compareOps[n.Op]
	ops := c.ops
	var a, b int
	if k, ok := f.c.fold(n.Y); ok && k <= limit && c.constOps[0] != 0 {
		a, b, ops = f.operand(n.X), k, c.constOps
	} else if a, b = f.pair(n.X, n.Y); c.swap {
		a, b = b, a
	}
	f.pos = n.OpPos
	if sense {
		f.emit(ops[0], a, b, 0)
	} else {
		f.emit(ops[1], a, b, 0)
	}
	return f.fused()
}

// compareOps are the comparisons that jump: when true, when false; then the
// same with a constant on the right. a > b is b < a.
var compareOps = map[token.Op]struct {
	ops, constOps [2]bytecode.Op
	swap          bool
}{
	token.Less:         {ops: [2]bytecode.Op{bytecode.JumpLess, bytecode.JumpNotLess}, constOps: [2]bytecode.Op{bytecode.JumpLessK, bytecode.JumpNotLessK}},
	token.LessEqual:    {ops: [2]bytecode.Op{bytecode.JumpLessEqual, bytecode.JumpNotLessEqual}, constOps: [2]bytecode.Op{bytecode.JumpLessEqualK, bytecode.JumpNotLessEqualK}},
	token.Greater:      {ops: [2]bytecode.Op{bytecode.JumpLess, bytecode.JumpNotLess}, constOps: [2]bytecode.Op{bytecode.JumpGreaterK, bytecode.JumpNotGreaterK}, swap: true},
	token.GreaterEqual: {ops: [2]bytecode.Op{bytecode.JumpLessEqual, bytecode.JumpNotLessEqual}, constOps: [2]bytecode.Op{bytecode.JumpGreaterEqualK, bytecode.JumpNotGreaterEqualK}, swap: true},
	token.Equal:        {ops: [2]bytecode.Op{bytecode.JumpEqual, bytecode.JumpNotEqual}, constOps: [2]bytecode.Op{bytecode.JumpEqualK, bytecode.JumpNotEqualK}},
	token.NotEqual:     {ops: [2]bytecode.Op{bytecode.JumpNotEqual, bytecode.JumpEqual}, constOps: [2]bytecode.Op{bytecode.JumpNotEqualK, bytecode.JumpEqualK}},
	token.Identical:    {ops: [2]bytecode.Op{bytecode.JumpIdentical, bytecode.JumpNotIdentical}},
	token.NotIdentical: {ops: [2]bytecode.Op{bytecode.JumpNotIdentical, bytecode.JumpIdentical}},
}

// testsOnly reports whether a condition consists of comparisons that jump and
// writes no variable, so that a loop can test it at its end.
func (f *fn) testsOnly(x ast.Expr) bool {
	return !f.c.plain && comparisons(x) && !anyMutates([]ast.Expr{x})
}

func comparisons(x ast.Expr) bool {
	switch n := x.(type) {
	case *ast.Paren:
		return comparisons(n.X)
	case *ast.Unary:
		return n.Op == token.Not && comparisons(n.X)
	case *ast.Binary:
		if n.Op == token.And || n.Op == token.Or {
			return comparisons(n.X) && comparisons(n.Y)
		}
		_, ok := compareOps[n.Op]
		return ok
	}
	return false
}

// fused emits the jump that belongs to the comparison before it.
func (f *fn) fused() []int {
	j := f.jump(bytecode.Jump, 0)
	f.label = len(f.proto.Code)
	return []int{j}
}

// pair compiles two operands, left to right, such that the left one keeps its
// value while the right one is computed.
func (f *fn) pair(x, y ast.Expr) (int, int) {
	a := f.keep(x, y)
	return a, f.operand(y)
}

// keep compiles an operand whose value must survive the evaluation of later.
func (f *fn) keep(x ast.Expr, later ...ast.Expr) int {
	r := f.operand(x)
	if f.isPlainVar(x) {
		if anyMutates(later) {
			t := f.temp(1)
			f.emit(bytecode.Move, t, r, 0)
			return t
		}
		return r
	}
	if maybeBorrowed(x) && anyEffects(later) {
		if r < len(f.proto.Vars) {
			t := f.temp(1)
			f.emit(bytecode.Move, t, r, 0)
			return t
		}
		f.own(r)
	}
	return r
}

func (f *fn) isPlainVar(x ast.Expr) bool {
	v, ok := unparen(x).(*ast.Var)
	return ok && plain(f.scope.Var(v.Name))
}

// maybeBorrowed reports whether the register of a compiled expression may alias
// a place that someone else can change.
func maybeBorrowed(x ast.Expr) bool {
	switch n := unparen(x).(type) {
	case *ast.Var, *ast.Name, *ast.Index, *ast.Prop, *ast.Slice, *ast.Assign:
		return true
	case *ast.Call:
		// Functions of scripts return what may be kept.
		if name, ok := n.Fn.(*ast.Name); ok {
			if g, ok := name.Sym.(*resolve.Target); ok && g.Kind == resolve.ToFunc {
				return false
			}
		}
		return true
	case *ast.Binary:
		return n.Op == token.Coalesce
	}
	return false
}

// anyMutates reports whether evaluating one of the expressions may write a
// variable of this function.
func anyMutates(list []ast.Expr) bool {
	return anyNode(list, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign, *ast.IncDec:
			return true
		case *ast.Isset:
			return n.Unset
		}
		return false
	})
}

// anyEffects reports whether evaluating one of the expressions may write any
// variable at all.
func anyEffects(list []ast.Expr) bool {
	return anyMutates(list) || anyNode(list, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Call, *ast.Cache:
			return true
		}
		return false
	})
}

func anyNode(list []ast.Expr, hit func(ast.Node) bool) bool {
	found := false
	for _, x := range list {
		if x == nil || found {
			continue
		}
		ast.Inspect(x, func(n ast.Node) bool {
			if _, ok := n.(*ast.Lambda); ok {
				return false
			}
			found = found || hit(n)
			return !found
		})
	}
	return found
}
