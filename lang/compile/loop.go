package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
)

// enter opens a region; the returned function closes it and makes its breaks
// lead here.
func (f *fn) enter(k regionKind) *region {
	r := &region{kind: k}
	f.outer = append(f.outer, r)
	return r
}

func (f *fn) exit(r *region) {
	f.outer = f.outer[:len(f.outer)-1]
	f.land(r.breaks...)
}

// jumpOut compiles break and continue.
func (f *fn) jumpOut(n *ast.Jump) {
	for i := len(f.outer) - 1; i >= 0; i-- {
		r := f.outer[i]
		if r.kind == inBarrier || r.kind == inSwitch && n.Word == "continue" {
			continue
		}
		f.leaveTo(i)
		j := f.jump(bytecode.Jump, 0)
		if n.Word == "continue" {
			r.continues = append(r.continues, j)
		} else {
			r.breaks = append(r.breaks, j)
		}
		return
	}
}

// testAtEnd compiles a loop whose condition is tested behind its body: one
// instruction a round less. body compiles what runs in a round.
func (f *fn) testAtEnd(cond ast.Expr, body func()) {
	test := f.jump(bytecode.Jump, 0)
	top := f.here()
	mark := len(f.trail)
	body()
	f.undo(mark)
	f.land(test)
	f.at(cond)
	for _, j := range f.jumpIf(cond, true) {
		f.proto.Code[j].Op = bytecode.Loop
		f.proto.Code[j] = f.proto.Code[j].WithTarget(top)
	}
	f.undo(mark)
}

func (f *fn) while(n *ast.While) {
	if f.testsOnly(n.Cond) {
		r := f.enter(inLoop)
		f.testAtEnd(n.Cond, func() {
			f.stmt(n.Body)
			f.land(r.continues...)
		})
		f.exit(r)
		return
	}
	top := f.here()
	mark := len(f.trail)
	out := f.jumpIf(n.Cond, false)
	r := f.enter(inLoop)
	f.stmt(n.Body)
	f.undo(mark)
	f.land(r.continues...)
	f.jumpTo(bytecode.Loop, 0, top)
	f.land(out...)
	f.exit(r)
}

func (f *fn) forStmt(n *ast.For) {
	if n.Init != nil {
		f.discard(n.Init)
	}
	if n.Cond != nil && f.testsOnly(n.Cond) {
		r := f.enter(inLoop)
		f.testAtEnd(n.Cond, func() { f.round(n, r) })
		f.exit(r)
		return
	}
	top := f.here()
	mark := len(f.trail)
	var out []int
	if n.Cond != nil {
		out = f.jumpIf(n.Cond, false)
	}
	r := f.enter(inLoop)
	f.round(n, r)
	f.undo(mark)
	f.jumpTo(bytecode.Loop, 0, top)
	f.land(out...)
	f.exit(r)
}

// round compiles the body of a for loop and what follows it.
func (f *fn) round(n *ast.For, r *region) {
	mark := len(f.trail)
	f.stmt(n.Body)
	f.undo(mark)
	f.land(r.continues...)
	if n.Post != nil {
		f.at(n.Post)
		f.discard(n.Post)
	}
}

func (f *fn) forever(n *ast.Forever) {
	top := f.here()
	mark := len(f.trail)
	r := f.enter(inLoop)
	f.stmt(n.Body)
	f.undo(mark)
	f.land(r.continues...)
	f.jumpTo(bytecode.Loop, 0, top)
	f.exit(r)
}

// foreach keeps its state in four registers: what is walked, the position, and
// the current key and value.
func (f *fn) foreach(n *ast.Foreach) {
	it := f.temp(4)
	src := f.operand(n.X)
	if v, ok := unparen(n.X).(*ast.Var); !ok || f.writes(n, v.Name) || !plain(f.scope.Var(v.Name)) {
		// The loop walks a snapshot: what it holds must not change under it.
		t := f.temp(1)
		f.copyTo(t, src)
		src = t
	} else {
		t := f.temp(1)
		f.emit(bytecode.Borrow, t, src, 0)
		src = t
	}
	f.emit(bytecode.Iter, it, src, 0)
	top := f.here()
	op := bytecode.IterNext
	if n.Key != nil {
		op = bytecode.IterNextKey
	}
	f.at(n)
	next := f.jump(op, it)
	mark := len(f.trail)
	if n.Key != nil {
		f.store(n.Key, it+2)
	}
	f.store(n.Value, it+3)
	r := f.enter(inLoop)
	f.stmt(n.Body)
	f.undo(mark)
	f.land(r.continues...)
	f.jumpTo(bytecode.Loop, 0, top)
	f.land(next)
	f.exit(r)
}

// writes reports whether a statement may write or link the variable.
func (f *fn) writes(st ast.Stmt, name string) bool {
	found := false
	hit := func(x ast.Expr) {
		if v, ok := root(x).(*ast.Var); ok && v.Name == name {
			found = true
		}
	}
	ast.Inspect(st, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			eachTarget(n.Target, hit)
		case *ast.IncDec:
			hit(n.X)
		case *ast.Isset:
			if n.Unset {
				hit(n.X)
			}
		case *ast.Foreach:
			hit(n.Key)
			eachTarget(n.Value, hit)
		case *ast.Try:
			hit(n.Var)
		case *ast.Barrier:
			hit(n.Var)
		case *ast.Function, *ast.Class:
			return false
		}
		return !found
	})
	return found
}

// eachTarget calls g for every place that an assignment writes.
func eachTarget(x ast.Expr, g func(ast.Expr)) {
	p, ok := x.(*ast.Pattern)
	if !ok {
		g(x)
		return
	}
	for _, e := range p.Elems {
		eachTarget(e.Target, g)
	}
	if p.Rest != nil {
		g(p.Rest)
	}
}

// root returns what a path begins with.
func root(x ast.Expr) ast.Expr {
	for {
		switch n := x.(type) {
		case *ast.Index:
			x = n.X
		case *ast.Slice:
			x = n.X
		case *ast.Prop:
			x = n.X
		default:
			return x
		}
	}
}

func unparen(x ast.Expr) ast.Expr {
	for {
		p, ok := x.(*ast.Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}

// switchStmt tests the labels in order, then runs the statements from the
// chosen one on.
func (f *fn) switchStmt(n *ast.Switch) {
	tag := f.temp(1)
	f.into(n.Tag, tag)
	mark := len(f.trail)
	entries := make([]int, len(n.Cases))
	def := -1
	for i, c := range n.Cases {
		if c.Default {
			def = i
			continue
		}
		f.at(c.Label)
		top := f.top
		f.emit(bytecode.JumpEqual, tag, f.operand(c.Label), 0)
		entries[i] = f.jump(bytecode.Jump, 0)
		f.label = len(f.proto.Code)
		f.top = top
	}
	none := f.jump(bytecode.Jump, 0)
	f.undo(mark)
	r := f.enter(inSwitch)
	for i, c := range n.Cases {
		if i == def {
			f.land(none)
		} else {
			f.land(entries[i])
		}
		f.stmts(c.Stmts)
		f.undo(mark)
	}
	if def < 0 {
		f.land(none)
	}
	f.exit(r)
}
