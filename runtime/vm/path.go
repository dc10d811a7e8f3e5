package vm

import (
	"fmt"
	"unsafe"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/value"
)

func privateMember(name string) error  { return fmt.Errorf("Private member %s", name) }
func readonlyMember(name string) error { return fmt.Errorf("Readonly member %s", name) }

// inside reports whether the code of the frame was written in the class.
func (f *frame) inside(c *Class) bool {
	return f.proto.Class >= 0 && f.mod.unit.classes[f.proto.Class] == c.classInfo
}

// prop reads x->name.
func (t *Thread) prop(f *frame, x, name value.Value) (value.Value, error) {
	switch x.Kind() {
	case value.KArray:
		return x.Array().Element(name), nil
	case value.KObject:
	default:
		return value.None, nil
	}
	o, key := x.Object(), name.Str()
	c, script := o.Class.Script.(*Class)
	if script {
		if p := c.props[key]; p != nil && p.Private && !f.inside(c) {
			return value.None, privateMember(key)
		}
	}
	if v, ok := o.Get(key); ok {
		return v.Borrow(), nil
	}
	if script {
		m := c.methods[key]
		if m == nil || m.Static {
			return value.None, nil
		}
		if m.Private && !f.inside(c) {
			return value.None, privateMember(key)
		}
		p := c.mod.unit.prog.Protos[m.Proto]
		return value.FromFunc(&value.Func{Name: p.Name, Proto: p, Module: c.mod, This: x, Builtin: -1, Identity: p}), nil
	}
	if m := o.Class.Lookup(key); m != nil {
		return value.FromFunc(&value.Func{Name: key, Method: m, This: x, Builtin: -1, Identity: m}), nil
	}
	return value.None, nil
}

// writable checks that a property may be written by the code of the frame.
func writable(f *frame, o *value.Object, name string) error {
	c, script := o.Class.Script.(*Class)
	if !script {
		if o.Class.Lookup(name) != nil || o.Class.Static(name) != nil {
			return readonlyMember(name)
		}
		return nil
	}
	if c.methods[name] != nil {
		return readonlyMember(name)
	}
	if p := c.props[name]; p != nil && !f.inside(c) {
		if p.Private {
			return privateMember(name)
		}
		return readonlyMember(name)
	}
	return nil
}

// setElement is $var[key] = v; v has no other holder.
func (t *Thread) setElement(f *frame, ref *value.Value, key, v value.Value) error {
	if ref.IsArray() {
		if value.SetElement(ref, key, v) {
			return t.charge(elementSize)
		}
		return nil
	}
	place, err := stepInto(f, ref, bytecode.Step{Kind: bytecode.StepIndex}, key)
	if err != nil {
		return err
	}
	*place = v.Own()
	return t.charge(elementSize)
}

// pushPlace is $var[] = v for a variable that holds no array.
func (t *Thread) pushPlace(f *frame, ref *value.Value, v value.Value) error {
	place, err := stepInto(f, ref, bytecode.Step{Kind: bytecode.StepAppend}, value.Undef)
	if err != nil {
		return err
	}
	*place = v.Own()
	return t.charge(elementSize)
}

// walker goes along a path; keys are consumed from registers.
type walker struct {
	f    *frame
	p    *bytecode.Path
	keys []value.Value
	k    []value.Value
	i    int // next step
}

func (w *walker) begin(f *frame, in bytecode.Instr, regs []value.Value) *value.Value {
	*w = walker{f: f, p: &f.mod.unit.prog.Paths[in.C], keys: regs[in.B:], k: f.mod.unit.k}
	switch w.p.Root {
	case bytecode.RootGlobal:
		return &f.mod.cells[w.p.Index].V
	case bytecode.RootTemp:
		ref := &w.keys[0]
		w.keys = w.keys[1:]
		return ref
	}
	ref := &regs[w.p.Index]
	if c := ref.Cell(); c != nil {
		return &c.V
	}
	return ref
}

func (w *walker) more() bool { return w.i < len(w.p.Steps) }

// last reports whether only the final step is left.
func (w *walker) last() bool { return w.i == len(w.p.Steps)-1 }

// step returns the next step with its key; slices leave theirs in keys.
func (w *walker) step() (bytecode.Step, value.Value) {
	s := w.p.Steps[w.i]
	w.i++
	switch s.Kind {
	case bytecode.StepProp:
		return s, w.k[s.Const]
	case bytecode.StepIndex:
		k := w.keys[0]
		w.keys = w.keys[1:]
		return s, k
	}
	return s, value.Undef
}

func (w *walker) bounds() value.Bounds {
	b := bounds(w.keys)
	w.keys = w.keys[3:]
	return b
}

// rootName names the variable that a path begins with.
func (w *walker) rootName() string {
	switch w.p.Root {
	case bytecode.RootGlobal:
		return w.f.mod.unit.prog.Globals[w.p.Index]
	case bytecode.RootTemp:
		return ""
	}
	return w.f.proto.Vars[w.p.Index]
}

// stepInto returns the place that a step leads to, making it when absent.
func stepInto(f *frame, ref *value.Value, s bytecode.Step, key value.Value) (*value.Value, error) {
	switch {
	case ref.Kind() == value.KObject:
		if s.Kind == bytecode.StepAppend {
			return nil, value.OperandError("[]")
		}
		o, name := ref.Object(), propName(key).Str()
		if err := writable(f, o, name); err != nil {
			return nil, err
		}
		return o.Ref(name), nil
	case ref.IsArray():
	case s.Kind == bytecode.StepProp:
		return nil, value.OperandError("->")
	default:
		*ref = value.FromArray(value.NewArray(1))
	}
	a := value.Writable(ref)
	if s.Kind == bytecode.StepAppend {
		return a.RefAppend(), nil
	}
	return a.Ref(key), nil
}

// place walks to the place that is written. The final step may be a slice; then
// the place is that of the array and slice is true.
func (w *walker) place(ref *value.Value) (place *value.Value, slice bool, err error) {
	if ref.IsUndefined() && w.more() && w.p.Steps[0].Kind == bytecode.StepProp {
		return nil, false, undefined(w.rootName())
	}
	if w.p.Root == bytecode.RootTemp && ref.Kind() != value.KObject {
		return nil, false, fmt.Errorf("Cannot write into %s", ref.TypeName())
	}
	for w.more() {
		if w.p.Steps[w.i].Kind == bytecode.StepSlice {
			if !w.last() || !ref.IsArray() {
				return nil, false, value.OperandError("[:]")
			}
			return ref, true, nil
		}
		s, key := w.step()
		if w.more() {
			// Nothing is created that the rest of the path cannot use.
			if k := w.p.Steps[w.i].Kind; k == bytecode.StepProp || k == bytecode.StepSlice {
				if v, ok := peek(ref, s, key); !ok || k == bytecode.StepSlice && !v.IsArray() {
					if k == bytecode.StepSlice {
						return nil, false, value.OperandError("[:]")
					}
					return nil, false, value.OperandError("->")
				}
			}
		}
		if ref, err = stepInto(w.f, ref, s, key); err != nil {
			return nil, false, err
		}
	}
	return ref, false, nil
}

// peek reads what a step leads to without access checks.
func peek(ref *value.Value, s bytecode.Step, key value.Value) (value.Value, bool) {
	if s.Kind == bytecode.StepAppend {
		return value.Undef, false
	}
	switch ref.Kind() {
	case value.KArray:
		return ref.Array().Get(key)
	case value.KObject:
		return ref.Object().Get(propName(key).Str())
	}
	return value.Undef, false
}

// pathOp executes the instructions on paths.
func (t *Thread) pathOp(f *frame, in bytecode.Instr, regs []value.Value) error {
	if in.Op == bytecode.PathUpdate && count(f, in, regs) {
		return nil
	}
	var room walker
	w := &room
	ref := w.begin(f, in, regs)
	switch in.Op {
	case bytecode.PathSet:
		return t.pathSet(w, ref, regs[in.A])
	case bytecode.PathUpdate:
		return t.pathUpdate(w, ref, &regs[in.A])
	case bytecode.PathStep:
		return t.pathStep(w, ref, &regs[in.A])
	case bytecode.PathGet:
		v, ok, err := t.read(w, *ref, false)
		if !ok {
			v = value.Undef
		}
		regs[in.A] = v.Borrow()
		return err
	case bytecode.PathIsset:
		_, ok, err := t.read(w, *ref, true)
		regs[in.A] = value.Bool(ok)
		return err
	}
	ok, err := t.pathUnset(w, ref)
	regs[in.A] = value.Bool(ok)
	return err
}

// count is PathUpdate where $array[key] holds a number, has no other holder and
// gets a number added or taken from: what scripts update most. Else it does nothing
// and reports false.
func count(f *frame, in bytecode.Instr, regs []value.Value) bool {
	p, by := &f.mod.unit.prog.Paths[in.C], &regs[in.A]
	if !p.Counts || !by.IsNumber() {
		return false
	}
	ref := &regs[p.Index]
	if p.Root == bytecode.RootGlobal {
		ref = &f.mod.cells[p.Index].V
	} else if c := ref.Cell(); c != nil {
		ref = &c.V
	}
	a := ref.OwnArray()
	if a == nil {
		return false
	}
	place := a.Find(regs[in.B])
	if place == nil || !place.IsNumber() {
		return false
	}
	if p.Op == token.Add {
		place.SetNum(num(place) + num(by))
	} else {
		place.SetNum(num(place) - num(by))
	}
	by.SetNum(num(place))
	return true
}

func (t *Thread) pathSet(w *walker, ref *value.Value, v value.Value) error {
	place, slice, err := w.place(ref)
	if err != nil {
		return err
	}
	if !slice {
		*place = v.Own()
		return t.charge(elementSize)
	}
	b := w.bounds()
	if !b.Step.IsUndefined() {
		return value.OperandError("[::] =")
	}
	a, err := place.Array().Splice(b, v.Share())
	if err != nil {
		return err
	}
	*place = value.FromArray(a)
	return t.chargeValue(*place)
}

// pathUpdate stores path op value and leaves it in r. Nothing is made on the way
// to the place when the operation fails.
func (t *Thread) pathUpdate(w *walker, ref *value.Value, r *value.Value) error {
	op := func(place *value.Value, old value.Value) error {
		if w.p.Op == token.Concat {
			*place = old
			return t.append(place, unsafe.Slice(r, 1))
		}
		return t.arith(updateOps[w.p.Op], place, old, *r)
	}
	place := w.existing(ref)
	if place != nil {
		if err := op(place, *place); err != nil {
			return err
		}
	} else {
		old, err := t.current(w, ref)
		if err != nil {
			return err
		}
		result := value.None
		if w.p.Op == token.Concat { // cannot fail, and works in place
			if place, _, err = w.place(ref); err == nil {
				if place.IsUndefined() {
					*place = value.None
				}
				err = op(place, *place)
			}
		} else if err = op(&result, old); err == nil {
			if place, _, err = w.place(ref); err == nil {
				*place = result
			}
		}
		if err != nil {
			return err
		}
	}
	*r = place.Borrow()
	return nil
}

// existing returns the place of an element of an array in a variable, nil when
// the path is another one or the element is not there.
func (w *walker) existing(ref *value.Value) *value.Value {
	if len(w.p.Steps) != 1 || w.p.Steps[0].Kind != bytecode.StepIndex || w.p.Root == bytecode.RootTemp || !ref.IsArray() {
		return nil
	}
	return value.Writable(ref).Find(w.keys[0])
}

// current reads what an update starts from: none where nothing is.
func (t *Thread) current(w *walker, ref *value.Value) (value.Value, error) {
	for _, s := range w.p.Steps {
		switch s.Kind {
		case bytecode.StepSlice:
			return value.None, value.OperandError("[:]")
		case bytecode.StepAppend:
			return value.None, nil
		}
	}
	reader := *w
	old, ok, err := t.read(&reader, *ref, false)
	if !ok {
		old = value.None
	}
	return old, err
}

var updateOps = [...]bytecode.Op{
	token.Add: bytecode.Add, token.Sub: bytecode.Sub, token.Mul: bytecode.Mul,
	token.Div: bytecode.Div, token.Mod: bytecode.Mod, token.Pow: bytecode.Pow,
}

// pathStep is ++ and -- on a place; a missing one counts from 0.
func (t *Thread) pathStep(w *walker, ref *value.Value, r *value.Value) error {
	place := w.existing(ref)
	old := value.None
	var err error
	if place != nil {
		old = *place
	} else if old, err = t.current(w, ref); err != nil {
		return err
	}
	v := old
	if err := step(&v, w.p.Op == token.Add); err != nil {
		return err
	}
	if place == nil {
		if place, _, err = w.place(ref); err != nil {
			return err
		}
	}
	*place, *r = v, v
	if w.p.Postfix {
		*r = value.Num(old.Number())
	}
	return nil
}

// read follows the path without making anything; ok is false where it ends
// early. exact excludes methods and characters of strings beyond their end.
func (t *Thread) read(w *walker, v value.Value, exact bool) (value.Value, bool, error) {
	if v.IsUndefined() {
		return value.None, false, nil
	}
	for w.more() {
		if w.p.Steps[w.i].Kind == bytecode.StepSlice {
			w.i++
			r, err := value.Slice(v, w.bounds())
			if v = r; err != nil || v.IsNone() {
				return value.None, false, err
			}
			continue
		}
		s, key := w.step()
		switch v.Kind() {
		case value.KArray:
			e, ok := v.Array().Get(key)
			if !ok {
				return value.None, false, nil
			}
			v = e
		case value.KObject:
			name := propName(key)
			if _, ok := v.Object().Get(name.Str()); !ok && exact {
				return value.None, false, nil
			}
			e, err := t.prop(w.f, v, name)
			if err != nil {
				return value.None, false, err
			}
			v = e
		case value.KString:
			if s.Kind == bytecode.StepProp {
				return value.None, false, nil
			}
			e, err := t.index(w.f, v, key)
			if err != nil || e.IsNone() {
				return value.None, false, err
			}
			v = e
		default:
			return value.None, false, nil
		}
	}
	return v, true, nil
}

// pathUnset removes what the path leads to and reports whether it was there.
func (t *Thread) pathUnset(w *walker, ref *value.Value) (bool, error) {
	if !w.more() {
		was := !ref.IsUndefined()
		*ref = value.Undef
		return was, nil
	}
	for {
		if w.p.Steps[w.i].Kind == bytecode.StepSlice {
			if !w.last() || !ref.IsArray() {
				return false, nil
			}
			return value.Writable(ref).CutSlice(w.bounds())
		}
		done := w.last()
		s, key := w.step()
		if s.Kind == bytecode.StepAppend {
			return false, nil
		}
		switch ref.Kind() {
		case value.KArray:
			if _, ok := ref.Array().Get(key); !ok {
				return false, nil
			}
			a := value.Writable(ref)
			if done {
				return a.Delete(key), nil
			}
			ref = a.Find(key)
		case value.KObject:
			o, name := ref.Object(), propName(key).Str()
			if _, ok := o.Get(name); !ok {
				return false, nil
			}
			if err := writable(w.f, o, name); err != nil {
				return false, err
			}
			if done {
				return o.Delete(name), nil
			}
			ref = o.Ref(name)
		default:
			return false, nil
		}
	}
}
