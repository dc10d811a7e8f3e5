package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
)

// call compiles a call; its result is left in t. The arguments stand where the
// window of the callee begins, so calling copies nothing.
func (f *fn) call(n *ast.Call, t int) {
	for _, a := range n.Args {
		if a.Spread {
			f.spread(n, t)
			return
		}
	}
	base := f.temp(1)
	if base == t+1 && f.top == base+1 {
		base = t // the temporary of the result lies at the top: use it
		f.top = t + 1
	}
	op, index, lead := f.callee(n, base)
	f.args(n, base+lead, f.mayChange(n))
	f.at(n)
	f.pos = n.Fn.Pos()
	f.emit(op, base, len(n.Args), index)
	if base != t {
		f.emit(bytecode.MoveTemp, t, base, 0)
	}
	f.top = max(t+1, f.top)
}

// callee decides how a call is made. lead is the number of registers in front
// of the arguments: the callee, or room for the object.
func (f *fn) callee(n *ast.Call, base int) (op bytecode.Op, index, lead int) {
	switch fn := n.Fn.(type) {
	case *ast.Name:
		g := fn.Sym.(*resolve.Target)
		switch g.Kind {
		case resolve.ToFunc:
			return bytecode.CallFunc, g.Index, 0
		case resolve.ToClass:
			return bytecode.CallClass, g.Index, 1
		case resolve.ToBuiltin:
			return bytecode.CallBuiltin, g.Index, 0
		case resolve.ToForeign:
			if f.c.prog.Foreign[g.Index].Kind == bytecode.ExportClass {
				return bytecode.CallForeignClass, g.Index, 1
			}
			return bytecode.CallForeign, g.Index, 0
		}
	case *ast.Builtin:
		return bytecode.CallBuiltin, fn.Slot, 0
	case *ast.Prop:
		f.into(fn.X, base)
		return bytecode.CallMethod, f.c.site(fn.Name.Name), 1
	}
	f.into(n.Fn, base)
	return bytecode.Call, 0, 1
}

// mayChange reports whether the callee can change variables of the script: all
// can but built-ins that take no function.
func (f *fn) mayChange(n *ast.Call) bool {
	if name, ok := n.Fn.(*ast.Name); ok {
		g := name.Sym.(*resolve.Target)
		return g.Kind != resolve.ToBuiltin || g.Callback
	}
	return true
}

// args compiles the arguments into the registers from base on.
func (f *fn) args(n *ast.Call, base int, changes bool) {
	for i, a := range n.Args {
		r := base + i
		f.top = r
		f.temp(1)
		later := make([]ast.Expr, 0, len(n.Args)-i-1)
		for _, b := range n.Args[i+1:] {
			later = append(later, b.X)
		}
		if v, ok := unparen(a.X).(*ast.Var); ok && plain(f.scope.Var(v.Name)) {
			w := f.scope.Var(v.Name)
			f.check(w, v)
			op := bytecode.Borrow
			if anyMutates(later) {
				op = bytecode.Move
			}
			f.emit(op, r, w.Reg, 0)
			continue
		}
		f.value(a.X, r)
		if maybeBorrowed(a.X) && (changes || anyEffects(later)) {
			f.own(r)
		}
	}
	f.top = base + len(n.Args)
}

// spread collects the arguments in an array.
func (f *fn) spread(n *ast.Call, t int) {
	base := f.temp(2)
	f.into(n.Fn, base)
	f.top = base + 2
	f.emit(bytecode.NewArray, base+1, len(n.Args), 0)
	for _, a := range n.Args {
		r := f.kept(a.X)
		f.at(a.X)
		op := bytecode.ArrayPush
		if a.Spread {
			op = bytecode.ArraySpread
		}
		f.emit(op, base+1, r, 1)
		f.top = base + 2
	}
	f.pos = n.Fn.Pos()
	f.emit(bytecode.CallSpread, base, base+1, 0)
	f.emit(bytecode.MoveTemp, t, base, 0)
}

// cache compiles cache [options] f(args).
func (f *fn) cache(n *ast.Cache, t int) {
	base := f.temp(3)
	f.into(n.Options, base)
	f.top = base + 3
	f.into(n.Call.Fn, base+1)
	f.top = base + 3
	f.emit(bytecode.NewArray, base+2, len(n.Call.Args), 0)
	for _, a := range n.Call.Args {
		r := f.kept(a.X)
		op := bytecode.ArrayPush
		if a.Spread {
			op = bytecode.ArraySpread
		}
		f.emit(op, base+2, r, 1)
		f.top = base + 3
	}
	f.at(n)
	f.emit(bytecode.Cache, base, f.c.constant(cacheName(n.Call.Fn)), 0)
	f.emit(bytecode.MoveTemp, t, base, 0)
}

// cacheName is the function name as written, the bucket of the cache.
func cacheName(x ast.Expr) string {
	switch n := x.(type) {
	case *ast.Builtin:
		return n.Name.Name
	case *ast.Name:
		s := n.Parts[0].Name
		for _, p := range n.Parts[1:] {
			s += "::" + p.Name
		}
		return s
	}
	return ""
}
