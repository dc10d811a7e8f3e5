package vm

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Thread is one run of an image. It belongs to one goroutine.
type Thread struct {
	img    *Image
	host   *Host
	limits Limits
	ctx    context.Context

	stack  []value.Value
	frames []frame
	mods   []*Module

	// Data is what the embedder attaches to the run: the hook's state.
	Data any
	// Foreign is what package foreign knows of the run.
	Foreign any

	spare *value.Array // empty, see NewArray
	meter meter
	held  map[string]*barrier // barriers that this thread is inside of
}

type frame struct {
	proto *bytecode.Proto
	mod   *Module
	fn    *value.Func // with the captured variables, nil for others
	gen   *generator
	code  unsafe.Pointer // the instructions of proto
	k     unsafe.Pointer // the constants of mod
	pc    int
	base  int // first register
	regs  int // number of registers
	ret   int // where the result goes
	ctor  bool
}

// frame pushes a frame and returns it. Its fields are those of the last call that
// had this place: writing what differs is quicker than copying a new frame, whose
// parts the processor would have to read before they have arrived in memory.
func (t *Thread) frame() *frame {
	n := len(t.frames)
	if n == cap(t.frames) {
		t.frames = append(t.frames, frame{})
	} else {
		t.frames = t.frames[:n+1]
	}
	return &t.frames[n]
}

// begin makes f the frame of a call that begins. Calls of one function follow each
// other often, and pointers that stay need no look of the garbage collector.
func (f *frame) begin(m *Module, p *bytecode.Proto, fn *value.Func, base, ret int, ctor bool) {
	if f.proto != p || f.mod != m {
		f.proto, f.mod = p, m
		f.code, f.k = m.code(p)
		f.regs = p.Regs
	}
	if f.fn != fn {
		f.fn = fn
	}
	if f.gen != nil {
		f.gen = nil
	}
	f.pc, f.base, f.ret, f.ctor = 0, base, ret, ctor
}

// keep makes f a frame of no code that keeps registers from being used by calls.
func (f *frame) keep(base, regs int) {
	if f.proto != native {
		*f = frame{proto: native}
	}
	f.base, f.regs = base, regs
}

// New makes a thread of an image, out of one that was freed if there is any.
func New(img *Image, h *Host, l Limits) *Thread {
	t, ok := img.freed.Get().(*Thread)
	if !ok {
		t = &Thread{img: img, mods: make([]*Module, len(img.units))}
	}
	t.host, t.limits = h, l.withDefaults()
	return t
}

// maxFreed is how many registers a thread may have that is kept for another run.
const maxFreed = 4096

// Free gives the memory of a thread whose run has ended to the next one of its image.
// Nobody may use the thread behind it, but what its script made stays as it is.
func (t *Thread) Free() {
	if t.Foreign != nil || len(t.stack) > maxFreed {
		return // the C side may know of it; or it would hold too much
	}
	t.Reset()
	t.img.freed.Put(t)
}

// Reset makes the thread ready for another run with nothing left of the last.
func (t *Thread) Reset() {
	clear(t.stack)
	clear(t.frames[:cap(t.frames)])
	t.frames = t.frames[:0]
	clear(t.mods)
	t.Data, t.Foreign, t.ctx = nil, nil, nil
	t.spare, t.meter = nil, meter{}
	t.held = nil
}

// Continue returns a thread of an image whose entry program goes on with that
// of t: modules and programs that t has run keep their variables and do not run
// again.
func (t *Thread) Continue(img *Image) *Thread {
	n := New(img, t.host, t.limits)
	n.Data, n.Foreign = t.Data, t.Foreign
	for i, u := range img.units {
		if old, ok := t.img.index[u.prog]; ok && t.mods[old] != nil {
			n.mods[i] = t.mods[old]
		}
	}
	return n
}

// SetGlobal gives a variable of the entry program a value before Run. Names
// that the program does not use are ignored.
func (t *Thread) SetGlobal(name string, v value.Value) {
	u := t.img.units[len(t.img.units)-1]
	for i, g := range u.prog.Globals {
		if g == name {
			t.entry().cells[i].V = v
			return
		}
	}
}

// Uses reports whether the entry program uses a variable: one that is costly to make
// need not be made for SetGlobal otherwise.
func (t *Thread) Uses(name string) bool {
	return slices.Contains(t.img.units[len(t.img.units)-1].prog.Globals, name)
}

// Global returns a variable of the entry program, undefined when it has none.
func (t *Thread) Global(name string) value.Value {
	for i, g := range t.entry().unit.prog.Globals {
		if g == name {
			return t.entry().cells[i].V.Share()
		}
	}
	return value.Undef
}

// entry returns the module of the entry program. Its cells are needed before
// those of its imports are linked in, so all modules are made at once.
func (t *Thread) entry() *Module {
	if last := len(t.mods) - 1; t.mods[last] == nil {
		for i, u := range t.img.units {
			if t.mods[i] == nil {
				t.mods[i] = t.instance(u)
			}
		}
	}
	return t.mods[len(t.mods)-1]
}

func (t *Thread) start(ctx context.Context) {
	t.ctx = ctx
	t.meter.start(t)
}

// Run executes the modules in the order of their imports, then the entry
// program, and returns the value of its top-level return.
//
// The error is a *Thrown for a value that nobody caught, a *Terminate when a
// hook function ended the script, a *LimitError or a *CancelError.
func (t *Thread) Run(ctx context.Context) (v value.Value, err error) {
	t.entry()
	t.start(ctx)
	defer t.unlockAll()
	for i, m := range t.mods {
		if m.ran {
			continue
		}
		m.ran = true
		if err := t.data(m); err != nil {
			return value.None, t.uncaught(err)
		}
		p := m.unit.prog.Protos[0]
		if i < len(t.mods)-1 && len(p.Code) == 1 {
			continue
		}
		t.push(frame{proto: p, mod: m})
		if v, err = t.run(len(t.frames) - 1); err != nil {
			return value.None, err
		}
	}
	return v, nil
}

// data gives the variables of data imports their values.
func (t *Thread) data(m *Module) error {
	for _, im := range m.unit.prog.Imports {
		switch d := im.Data.(type) {
		case value.Value:
			m.cells[im.Global].V = d
		case func(*Thread) (value.Value, error):
			v, err := d(t)
			if err != nil {
				return err
			}
			m.cells[im.Global].V = v
		}
	}
	return nil
}

// push enters a frame at the free end of the stack.
func (t *Thread) push(f frame) {
	f.base = t.top()
	f.ret, f.regs = f.base, f.proto.Regs
	t.reserve(f.base + f.regs)
	value.Unset(t.stack[f.base : f.base+f.regs])
	f.code, f.k = f.mod.code(f.proto)
	t.frames = append(t.frames, f)
}

// top returns the first free register of the stack.
func (t *Thread) top() int {
	if n := len(t.frames); n > 0 {
		f := &t.frames[n-1]
		return f.base + f.regs
	}
	return 0
}

// reserve makes the stack at least n registers (and one for a result) long.
func (t *Thread) reserve(n int) {
	if n < len(t.stack) {
		return
	}
	s := make([]value.Value, max(2*len(t.stack), n+32))
	copy(s, t.stack)
	t.stack = s
}

// Call calls a function value from Go. Arguments that alias something the
// script holds must be shared by the caller.
func (t *Thread) Call(fn value.Value, args ...value.Value) (value.Value, error) {
	base := t.top()
	t.reserve(base + len(args) + 1)
	t.stack[base] = fn
	copy(t.stack[base+1:], args)
	depth := len(t.frames)
	// A frame of no code keeps the arguments out of reach of nested calls.
	t.frame().keep(base, len(args)+1)
	pushed, err := t.callValue(base, len(args))
	if err == nil && pushed {
		_, err = t.run(depth + 1)
	}
	t.frames = t.frames[:depth]
	if err != nil {
		return value.None, err
	}
	return t.stack[base].Own(), nil
}

// Context ends when the run is cancelled or over its time.
func (t *Thread) Context() context.Context { return t.ctx }

// Host returns what the run reaches of the world.
func (t *Thread) Host() *Host { return t.host }

// Hook returns the context that the entry program was compiled for.
func (t *Thread) Hook() string { return t.img.Program().Context }

// Compat tells whether the program that calls may use legacy names and forms.
func (t *Thread) Compat() bool {
	for i := len(t.frames) - 1; i >= 0; i-- {
		if m := t.frames[i].mod; m != nil {
			return m.unit.prog.Compat
		}
	}
	return t.img.Program().Compat
}

// Library returns what the image was linked to.
func (t *Thread) Library() *Library { return t.img.lib }

// Elapsed is the time since the run began.
func (t *Thread) Elapsed() time.Duration { return t.host.Now().Sub(t.meter.begin) }

// Position returns the place of the current call in the script.
func (t *Thread) Position() token.Position {
	for i := len(t.frames) - 1; i >= 0; i-- {
		if f := &t.frames[i]; f.mod != nil {
			return f.position()
		}
	}
	return token.Position{}
}

func (f *frame) position() token.Position {
	return f.mod.unit.prog.Fset.Position(f.proto.Pos[max(f.pc-1, 0)])
}

// Stack returns the call stack, innermost frame first.
func (t *Thread) Stack() []Frame {
	const most = 100
	var s []Frame
	for i := len(t.frames) - 1; i >= 0 && len(s) < most; i-- {
		f := &t.frames[i]
		if f.mod == nil {
			continue
		}
		name := f.proto.Name
		if name == "" {
			name = "{function}"
		}
		s = append(s, Frame{Func: name, Pos: f.position()})
	}
	return s
}

// String describes the frame as FUNC at FILE:LINE:COL.
func (f Frame) String() string { return fmt.Sprintf("%s at %s", f.Func, f.Pos) }
