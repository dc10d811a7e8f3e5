package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// fn compiles one function.
type fn struct {
	c     *compiler
	scope *resolve.Scope
	proto *bytecode.Proto
	pos   token.Pos
	top   int // first free temporary

	// defined tells which registers hold a defined variable on every path to
	// this point; trail records the order in which they became so, for undoing
	// at the end of a branch.
	defined []bool
	trail   []int

	// label is the last place that a jump leads to: an instruction before it
	// must not be changed.
	label int

	outer []*region
}

// region is a loop, switch or barrier around the current statement.
type region struct {
	kind      regionKind
	breaks    []int
	continues []int
	leave     func() // barrier: stores and unlocks
}

type regionKind uint8

const (
	inLoop regionKind = iota
	inSwitch
	inBarrier
)

func newFn(c *compiler, s *resolve.Scope) *fn {
	f := &fn{c: c, scope: s, pos: s.Span.From}
	p := &bytecode.Proto{Name: s.Name, Class: -1, This: s.This, Yields: s.Yields, Span: s.Span}
	if s.Class != nil {
		p.Class = s.Class.Index
	}
	for _, v := range s.Vars {
		if v.Global < 0 {
			p.Vars = append(p.Vars, v.Name)
		}
	}
	f.top = len(p.Vars)
	p.Regs = f.top
	f.defined = make([]bool, f.top)
	f.proto = p
	return f
}

// prologue describes the parameters and links what is captured.
func (f *fn) prologue() {
	if f.scope.This {
		f.define(f.scope.Var("this"))
	}
	if f.scope.Params != nil {
		for _, p := range f.scope.Params.List {
			f.proto.Params++
			switch {
			case p.Variadic:
				f.proto.Variadic = true
			case p.Default != nil:
				f.proto.Defaults = append(f.proto.Defaults, f.c.initial(p.Default))
			default:
				f.proto.Required++
			}
			f.define(f.scope.Var(p.Var.Name))
		}
	}
	if f.proto.Exact = f.proto.Params; f.proto.Variadic || f.proto.Yields || f.proto.Required < f.proto.Params {
		f.proto.Exact = -1
	}
	for i, n := range f.scope.Captures {
		v := f.scope.Var(n.Name)
		if v == nil || v.Global >= 0 {
			continue
		}
		outer := f.scope.Outer.Var(n.Name)
		f.proto.Cells = append(f.proto.Cells, bytecode.CellRef{Reg: outer.Reg, Global: outer.Global})
		f.emit(bytecode.LoadCell, v.Reg, i, 0)
	}
}

// at sets the position of the instructions that follow.
func (f *fn) at(n ast.Node) {
	if n == nil {
		f.pos = f.scope.Span.To
		return
	}
	f.pos = n.Pos()
}

func (f *fn) emit(op bytecode.Op, a, b, c int) int {
	f.proto.Code = append(f.proto.Code, bytecode.Instr{Op: op, A: uint16(a), B: uint16(b), C: uint16(c)})
	f.proto.Pos = append(f.proto.Pos, f.pos)
	return len(f.proto.Code) - 1
}

// own makes the value of a register fit to be kept.
func (f *fn) own(r int) {
	if n := len(f.proto.Code); !f.c.plain && n > f.label && f.proto.Code[n-1] == (bytecode.Instr{Op: bytecode.Own, A: uint16(r)}) {
		return // it just became so
	}
	f.emit(bytecode.Own, r, 0, 0)
}

// loadK emits LoadK, whose constant has 32 bits.
func (f *fn) loadK(dst, k int) {
	pc := f.emit(bytecode.LoadK, dst, 0, 0)
	f.proto.Code[pc] = f.proto.Code[pc].WithTarget(k)
}

// jump emits a jump whose target is set later by land.
func (f *fn) jump(op bytecode.Op, a int) int { return f.emit(op, a, 0, 0) }

// jumpTo emits a jump to a known place.
func (f *fn) jumpTo(op bytecode.Op, a, pc int) {
	i := f.emit(op, a, 0, 0)
	f.proto.Code[i] = f.proto.Code[i].WithTarget(pc)
}

// land makes jumps lead here.
func (f *fn) land(jumps ...int) {
	for _, j := range jumps {
		f.proto.Code[j] = f.proto.Code[j].WithTarget(len(f.proto.Code))
	}
	f.label = len(f.proto.Code)
}

// here marks the current place as the target of a jump.
func (f *fn) here() int {
	f.label = len(f.proto.Code)
	return f.label
}

// temp hands out n registers in a row.
func (f *fn) temp(n int) int {
	r := f.top
	f.top += n
	if f.top > f.proto.Regs {
		f.proto.Regs = f.top
		if f.top > limit-8 && r <= limit-8 {
			f.c.tooLarge(token.Span{From: f.pos, To: f.pos + 1}, "values in one expression")
		}
	}
	return r
}

// plain reports whether the variable lives in its register alone.
func plain(v *resolve.Var) bool { return v.Global < 0 && !v.Boxed }

// define notes that a plain variable holds a value from here on.
func (f *fn) define(v *resolve.Var) {
	if v == nil || !plain(v) || v.Unset || f.defined[v.Reg] || f.c.plain {
		return
	}
	f.defined[v.Reg] = true
	f.trail = append(f.trail, v.Reg)
}

// undo forgets what was defined since mark (a length of the trail) and returns
// it.
func (f *fn) undo(mark int) []int {
	since := append([]int(nil), f.trail[mark:]...)
	for _, r := range since {
		f.defined[r] = false
	}
	f.trail = f.trail[:mark]
	return since
}

// both defines what two branches defined each.
func (f *fn) both(a, b []int) {
	for _, x := range a {
		for _, y := range b {
			if x == y && !f.defined[x] {
				f.defined[x] = true
				f.trail = append(f.trail, x)
			}
		}
	}
}

// retarget makes the last instruction write dst instead of the temporary t when
// that is safe; the instruction must produce an owned value.
func (f *fn) retarget(t, dst int) bool {
	last := len(f.proto.Code) - 1
	if last < f.label || t < len(f.proto.Vars) || f.c.plain {
		return false
	}
	in := &f.proto.Code[last]
	if int(in.A) != t || !produces(in.Op) {
		return false
	}
	in.A = uint16(dst)
	return true
}

// produces reports whether the operation reads everything before it writes its
// A, and writes an owned value there.
func produces(op bytecode.Op) bool {
	switch op {
	case bytecode.LoadK, bytecode.LoadFunc, bytecode.LoadBuiltin, bytecode.LoadClass, bytecode.Closure,
		bytecode.Concat, bytecode.ConcatN, bytecode.Move, bytecode.ElemK, bytecode.Take, bytecode.TakeLast:
		return true
	}
	return op >= bytecode.Add && op <= bytecode.ShiftRightZero || op >= bytecode.Neg && op <= bytecode.NotMatches
}
