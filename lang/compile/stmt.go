package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
)

func (f *fn) stmts(list []ast.Stmt) {
	for _, s := range list {
		f.stmt(s)
	}
}

func (f *fn) stmt(st ast.Stmt) {
	f.at(st)
	if runs(st) {
		f.cover(f.pos, false)
	}
	mark := f.top
	switch n := st.(type) {
	case *ast.Block:
		f.stmts(n.Stmts)
	case *ast.ExprStmt:
		f.discard(n.X)
	case *ast.Echo:
		f.emit(bytecode.Echo, f.operand(n.X), 0, 0)
	case *ast.If:
		f.ifStmt(n)
	case *ast.While:
		f.while(n)
	case *ast.For:
		f.forStmt(n)
	case *ast.Foreach:
		f.foreach(n)
	case *ast.Forever:
		f.forever(n)
	case *ast.Switch:
		f.switchStmt(n)
	case *ast.Jump:
		f.jumpOut(n)
	case *ast.Return:
		f.returnStmt(n)
	case *ast.Throw:
		f.emit(bytecode.Throw, f.operand(n.X), 0, 0)
	case *ast.Try:
		f.try(n)
	case *ast.Yield:
		t := f.temp(1)
		if n.X == nil {
			f.loadK(t, f.c.constant(nil))
		} else {
			f.into(n.X, t)
		}
		f.emit(bytecode.Yield, t, 0, 0)
	case *ast.Global:
		for _, x := range n.Vars {
			v := f.scope.Var(x.(*ast.Var).Name)
			f.emit(bytecode.LinkGlobal, v.Reg, f.c.info.Main.Var(v.Name).Global, 0)
		}
	case *ast.Include:
		if n.File != nil {
			f.stmts(n.File.Stmts)
		}
	case *ast.Barrier:
		f.barrier(n)
	case *ast.Debug:
		// A breakpoint has no effect without a debugger; its arguments name it.
		if n.Stmt != nil {
			f.stmt(n.Stmt)
		}
	}
	f.top = mark
}

func (f *fn) ifStmt(n *ast.If) {
	no := f.jumpIf(n.Cond, false)
	mark := len(f.trail)
	f.stmt(n.Then)
	then := f.undo(mark)
	if n.Else == nil {
		f.land(no...)
		return
	}
	end := f.jump(bytecode.Jump, 0)
	f.land(no...)
	f.stmt(n.Else)
	els := f.undo(mark)
	f.land(end)
	f.both(then, els)
}

func (f *fn) returnStmt(n *ast.Return) {
	if n.X == nil {
		f.leaveAll()
		f.emit(bytecode.ReturnNone, 0, 0, 0)
		return
	}
	if c, ok := unparen(n.X).(*ast.Cond); ok && c.T != nil && !f.inBarrier() && !f.c.plain {
		f.returnCond(c)
		return
	}
	r := f.operand(n.X)
	if f.inBarrier() {
		// The variable of the barrier is stored before the value leaves.
		t := f.temp(1)
		f.copyTo(t, r)
		r = t
	}
	f.leaveAll()
	f.emit(bytecode.Return, r, 0, 0)
}

// returnCond compiles return C ? T : E without bringing the two together.
func (f *fn) returnCond(n *ast.Cond) {
	no := f.jumpIf(n.C, false)
	mark, top := len(f.trail), f.top
	f.emit(bytecode.Return, f.operand(n.T), 0, 0)
	f.undo(mark)
	f.top = top
	f.land(no...)
	f.emit(bytecode.Return, f.operand(n.E), 0, 0)
	f.undo(mark)
	f.top = top
}

func (f *fn) try(n *ast.Try) {
	caught := f.temp(1)
	mark := len(f.trail)
	from := f.here()
	f.stmts(n.Body.Stmts)
	to := len(f.proto.Code)
	body := f.undo(mark)
	end := f.jump(bytecode.Jump, 0)
	f.proto.Handlers = append(f.proto.Handlers, bytecode.Handler{From: from, To: to, Target: f.here(), Reg: caught})
	f.store(n.Var, caught)
	f.stmts(n.Catch.Stmts)
	catch := f.undo(mark)
	f.land(end)
	f.both(body, catch)
}

// barrier compiles to: take the lock, run the body under a handler that catches
// everything, store and unlock. Jumps out of the body store and unlock as well.
func (f *fn) barrier(n *ast.Barrier) {
	regs := f.temp(2) // name, stored value
	f.into(n.Key, regs)
	f.emit(bytecode.BarrierEnter, regs, 0, 0)
	// The handler covers the assignment too: the lock is held already.
	from := f.here()
	if n.Var != nil {
		f.storeMaybeUndefined(n.Var.(*ast.Var), regs+1)
	}
	leave := func() {
		if n.Var != nil {
			v := f.scope.Var(n.Var.(*ast.Var).Name)
			f.loadQuiet(v, regs+1)
		} else {
			f.emit(bytecode.LoadUndef, regs+1, 0, 0)
		}
		f.emit(bytecode.BarrierLeave, regs, b2i(n.Var != nil), 0)
	}
	mark := len(f.trail)
	r := &region{kind: inBarrier, leave: leave}
	f.outer = append(f.outer, r)
	f.stmts(n.Body.Stmts)
	f.outer = f.outer[:len(f.outer)-1]
	f.undo(mark)
	to := f.here()
	leave()
	end := f.jump(bytecode.Jump, 0)
	caught := f.temp(1)
	f.proto.Handlers = append(f.proto.Handlers, bytecode.Handler{From: from, To: to, Target: f.here(), Reg: caught, Barrier: true})
	leave()
	f.emit(bytecode.Rethrow, caught, 0, 0)
	f.land(end)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (f *fn) inBarrier() bool {
	for _, r := range f.outer {
		if r.kind == inBarrier {
			return true
		}
	}
	return false
}

// leaveAll unlocks every barrier around the statement, innermost first.
func (f *fn) leaveAll() { f.leaveTo(0) }

func (f *fn) leaveTo(depth int) {
	for i := len(f.outer) - 1; i >= depth; i-- {
		if r := f.outer[i]; r.kind == inBarrier {
			r.leave()
		}
	}
}
