package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// enterExact makes the frame of a call whose n arguments stand from register a
// on, when the function takes exactly n and nothing else needs attention. Else
// it does nothing, and call does the work.
func (t *Thread) enterExact(m *Module, p *bytecode.Proto, a, n int) bool {
	if t.meter.budget--; n != p.Exact || t.meter.budget < 0 || len(t.frames) >= t.limits.Depth || a+p.Regs >= len(t.stack) {
		return false
	}
	for i := a + n; i < a+len(p.Vars); i++ {
		t.stack[i] = value.Undef
	}
	t.frame().begin(m, p, nil, a, a, false)
	return true
}

// enterMethod is enterExact for a method whose object stands in register a, in
// front of the arguments.
func (t *Thread) enterMethod(m *Module, p *bytecode.Proto, a, n int) bool {
	if t.meter.budget--; n != p.Exact || t.meter.budget < 0 || len(t.frames) >= t.limits.Depth || a+p.Regs >= len(t.stack) {
		return false
	}
	for i := a + 1 + n; i < a+len(p.Vars); i++ {
		t.stack[i] = value.Undef
	}
	t.frame().begin(m, p, nil, a, a, false)
	return true
}

// call executes one of the call instructions; the results of script functions
// arrive when their frame is left.
func (t *Thread) call(f *frame, in bytecode.Instr) error {
	a, n := f.base+int(in.A), int(in.B)
	if t.meter.budget--; t.meter.budget < 0 {
		if err := t.tick(); err != nil {
			return err
		}
	}
	_, err := t.dispatch(f, in, a, n)
	return err
}

func (t *Thread) dispatch(f *frame, in bytecode.Instr, a, n int) (pushed bool, err error) {
	switch in.Op {
	case bytecode.Call:
		return t.callValue(a, n)
	case bytecode.CallFunc:
		return t.enter(f.mod, f.mod.unit.prog.Protos[in.C], nil, a, a, a, n, false)
	case bytecode.CallForeign:
		x := f.mod.unit.foreign[in.C]
		m := t.mods[x.unit]
		return t.enter(m, m.unit.prog.Protos[x.index], nil, a, a, a, n, false)
	case bytecode.CallClass:
		return t.construct(f.mod.class(int(in.C)), a, n)
	case bytecode.CallForeignClass:
		x := f.mod.unit.foreign[in.C]
		return t.construct(t.mods[x.unit].class(x.index), a, n)
	case bytecode.CallMethod:
		return t.callMethod(f, a, n, &f.mod.unit.sites[in.C])
	}
	// CallSpread: the arguments come out of an array.
	args := t.stack[f.base+n].Array()
	base := t.top()
	t.reserve(base + args.Len() + 1)
	t.stack[base] = t.stack[a]
	i := base
	for v := range args.Values() {
		i++
		t.stack[i] = v.Share()
	}
	return t.callAt(base, args.Len(), a)
}

// callValue calls the function value in register a with n arguments behind it;
// the result goes to a.
func (t *Thread) callValue(a, n int) (bool, error) { return t.callAt(a, n, a) }

func (t *Thread) callAt(a, n, ret int) (bool, error) {
	v := t.stack[a]
	if v.Kind() != value.KFunc {
		return false, errNotFunction
	}
	fn := v.Func()
	switch {
	case fn.Proto != nil:
		base := a + 1
		if fn.Proto.This {
			t.stack[a] = fn.This
			base = a
		}
		return t.enter(fn.Module.(*Module), fn.Proto, fn, base, ret, a+1, n, false)
	case fn.Class != nil:
		return t.constructAt(fn.Class, a, n, ret)
	case fn.Method != nil:
		t.stack[a] = fn.This
		return false, t.native(fn.Method.Impl.(*NativeMethod), a, n, fn.Method.Static, ret)
	}
	if err := t.builtinAt(fn.Builtin, a+1, n, ret); err != nil {
		return false, err
	}
	return false, nil
}

// callMethod calls object->name. An array element or a property that holds a
// function is called the same way.
func (t *Thread) callMethod(f *frame, a, n int, s *site) (bool, error) {
	name := s.name
	v := t.stack[a]
	if v.Kind() == value.KObject {
		o := v.Object()
		if c, ok := o.Class.Script.(*Class); ok {
			if m := c.methods[name]; m != nil && !m.Static {
				if m.Private && !f.inside(c) {
					return false, privateMember(name)
				}
				p := c.mod.unit.prog.Protos[m.Proto]
				s.cache.Store(&found{shape: o.Shape(), slot: -1, proto: p})
				return t.enter(c.mod, p, nil, a, a, a+1, n, false)
			}
		} else if m := o.Class.Lookup(name); m != nil {
			return false, t.native(m.Impl.(*NativeMethod), a, n, false, a)
		}
	}
	fn, err := t.prop(f, v, s.key)
	if err != nil {
		return false, err
	}
	t.stack[a] = fn
	return t.callValue(a, n)
}

// enter makes the frame of a call of p, a function of m, whose n arguments stand
// from register args on; fn is the function value with what it captured, if any.
func (t *Thread) enter(m *Module, p *bytecode.Proto, fn *value.Func, base, ret, args, n int, ctor bool) (pushed bool, err error) {
	if n < p.Required {
		return false, fmt.Errorf("Too few arguments to %s", funcName(p))
	}
	if n > p.Params && !p.Variadic {
		return false, fmt.Errorf("Too many arguments to %s", funcName(p))
	}
	if len(t.frames) >= t.limits.Depth {
		return false, errDepth
	}
	t.reserve(max(base+p.Regs, args+n))
	if n != p.Params || p.Variadic {
		t.fit(m, p, t.stack[args:], n)
	}
	// Variables start undefined; temporaries are written before they are read.
	value.Unset(t.stack[args+p.Params : base+len(p.Vars)])
	if p.Yields {
		value.Unset(t.stack[base+len(p.Vars) : base+p.Regs])
		t.stack[ret] = t.newGenerator(frame{proto: p, mod: m, fn: fn, base: base, ret: ret, ctor: ctor})
		return false, nil
	}
	t.frame().begin(m, p, fn, base, ret, ctor)
	return true, nil
}

// fit makes parameters of n arguments that are fewer, or more.
func (t *Thread) fit(m *Module, p *bytecode.Proto, regs []value.Value, n int) {
	if !p.Variadic {
		t.defaults(m, p, regs, n, p.Params)
		return
	}
	fixed := p.Params - 1
	rest := value.NewArray(max(n-fixed, 0))
	for i := fixed; i < n; i++ {
		rest.Push(regs[i])
	}
	t.defaults(m, p, regs, n, fixed)
	regs[fixed] = value.FromArray(rest)
}

// defaults gives the optional parameters from n on their defaults.
func (t *Thread) defaults(m *Module, p *bytecode.Proto, regs []value.Value, n, params int) {
	for i := n; i < params; i++ {
		regs[i] = m.unit.k[p.Defaults[i-p.Required]]
	}
}

func funcName(p *bytecode.Proto) string {
	if p.Name == "" {
		return "function"
	}
	return p.Name
}

// leave pops the frame of a function that returned v and returns the number of
// frames left.
func (t *Thread) leave(f *frame, v value.Value) int {
	switch {
	case f.gen != nil:
	case f.ctor:
		v = linked(t.stack[f.base])
		fallthrough
	default:
		t.stack[f.ret] = v
	}
	n := len(t.frames) - 1
	t.frames = t.frames[:n]
	return n
}

// construct makes an object; its constructor gets the n arguments behind
// register a.
func (t *Thread) construct(c *value.Class, a, n int) (bool, error) { return t.constructAt(c, a, n, a) }

func (t *Thread) constructAt(c *value.Class, a, n, ret int) (bool, error) {
	s := c.Script.(*Class)
	o := value.NewInstance(c, s.defaults)
	if err := t.charge(64 + len(s.defaults)*16); err != nil {
		return false, err
	}
	if s.decl.Ctor < 0 {
		if n > 0 {
			return false, fmt.Errorf("Too many arguments to %s", c.Name)
		}
		t.stack[ret] = value.FromObject(o)
		return false, nil
	}
	t.stack[a] = value.FromObject(o)
	p := s.mod.unit.prog.Protos[s.decl.Ctor]
	pushed, err := t.enter(s.mod, p, nil, a, ret, a+1, n, true)
	if err != nil && n != clampArgs(p, n) {
		// The class is what the script called.
		err = countError(p, c.Name, n)
	}
	return pushed, err
}

func clampArgs(p *bytecode.Proto, n int) int {
	if n < p.Required {
		return p.Required
	}
	if n > p.Params && !p.Variadic {
		return p.Params
	}
	return n
}

func countError(p *bytecode.Proto, name string, n int) error {
	if n < p.Required {
		return fmt.Errorf("Too few arguments to %s", name)
	}
	return fmt.Errorf("Too many arguments to %s", name)
}

// builtinAt calls a built-in with n arguments from register a on.
func (t *Thread) builtinAt(slot, a, n, ret int) error {
	b := &t.img.calls[slot]
	if b.variant == nil {
		return fmt.Errorf("%s is not available here", t.img.lib.Builtins[slot].Name)
	}
	return t.invoke(b.impl, b.variant, t.img.lib.Builtins[slot].Name, a, a, n, ret)
}

// variant returns the declaration that a context sees.
func (b *Builtin) variant(context string) *Variant {
	for i := range b.Variants {
		if b.Variants[i].Sig.In(context) {
			return &b.Variants[i]
		}
	}
	return nil
}

// native calls a method of a native class; register a holds the object.
func (t *Thread) native(m *NativeMethod, a, n int, static bool, ret int) error {
	first := a
	if static {
		first = a + 1
	}
	v := &m.Variant
	if m.wider != nil && t.Compat() {
		v = m.wider
	}
	return t.invoke(m.Impl, v, m.label, first, a+1, n, ret)
}

// invoke runs Go code: first is the first register it sees, the n arguments
// begin at args.
func (t *Thread) invoke(impl Impl, v *Variant, name string, first, args, n, ret int) error {
	if err := v.Check(name, t.stack[args:args+n]); err != nil {
		return err
	}
	// Registers above the arguments may hold what a callback must not write.
	depth := len(t.frames)
	if top := t.top(); args+n > top {
		t.frame().keep(top, args+n-top)
	}
	r, err := impl(t, t.stack[first:args+n:args+n])
	t.frames = t.frames[:depth]
	if err != nil {
		return err
	}
	if r.IsUndefined() {
		r = value.None
	}
	t.stack[ret] = r
	return t.chargeValue(r)
}

// native is the function of frames that only keep registers.
var native = &bytecode.Proto{Name: "{native}", Class: -1}

// Values of functions that are not called.

func funcValue(m *Module, proto int) value.Value {
	p := m.unit.prog.Protos[proto]
	return value.FromFunc(&value.Func{Name: p.Name, Proto: p, Module: m, Builtin: -1, Identity: identity(p)})
}

// identity makes two values of one named function equal; each evaluation of a
// function literal makes a function of its own.
func identity(p *bytecode.Proto) any {
	if p.Name == "" {
		return nil
	}
	return p
}

func (t *Thread) builtinValue(slot int) value.Value {
	b := &t.img.lib.Builtins[slot]
	return value.FromFunc(&value.Func{Name: b.Name, Builtin: slot, Identity: b})
}

func classValue(c *value.Class) value.Value {
	return value.FromFunc(&value.Func{Name: c.Name, Class: c, Builtin: -1, Identity: c})
}

func (t *Thread) foreignValue(x foreign) value.Value {
	m := t.mods[x.unit]
	if x.class {
		return classValue(m.class(x.index))
	}
	return funcValue(m, x.index)
}

func (t *Thread) nativeValue(class, method string) value.Value {
	m := t.img.lib.Classes[class].Static(method)
	return value.FromFunc(&value.Func{Name: method, Method: m, Builtin: -1, Identity: m})
}

// closure makes a function value with the variables it captures.
func closure(f *frame, regs []value.Value, proto int) value.Value {
	p := f.mod.unit.prog.Protos[proto]
	fn := &value.Func{Name: p.Name, Proto: p, Module: f.mod, Builtin: -1, Cells: make([]*value.Cell, len(p.Cells))}
	for i, c := range p.Cells {
		if c.Global >= 0 {
			fn.Cells[i] = f.mod.cells[c.Global]
			continue
		}
		r := &regs[c.Reg]
		if r.Cell() == nil {
			*r = value.FromCell(&value.Cell{V: r.Own()})
		}
		fn.Cells[i] = r.Cell()
	}
	return value.FromFunc(fn)
}
