package vm

import (
	"sync/atomic"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// site is a place in a program that reads, writes or calls a member. It
// remembers where it found the member in the last shape it met: a shape belongs
// to one class, and access rights depend on the class and the place alone, so
// whatever passed the checks once passes them again.
type site struct {
	name  string
	key   value.Value
	cache atomic.Pointer[found]
}

// found is where a member is in objects of a shape. It never changes.
type found struct {
	shape *value.Shape
	slot  int             // -1 when it is a method
	proto *bytecode.Proto // the method
}

// slot returns the slot of the property in objects of the shape, -1 when that
// is not known.
func (s *site) slot(shape *value.Shape) int {
	if c := s.cache.Load(); c != nil && c.shape == shape {
		return c.slot
	}
	return -1
}

// method returns the method that objects of the shape have, nil when that is
// not known.
func (s *site) method(shape *value.Shape) *bytecode.Proto {
	if c := s.cache.Load(); c != nil && c.shape == shape {
		return c.proto
	}
	return nil
}

// propAt reads x->name at a site and remembers where it was.
func (t *Thread) propAt(f *frame, x value.Value, s *site) (value.Value, error) {
	v, err := t.prop(f, x, s.key)
	if err == nil && x.IsObject() {
		if o := x.Object(); o.Class.Script != nil {
			if i := o.Shape().Slot(s.name); i >= 0 {
				s.cache.Store(&found{shape: o.Shape(), slot: i})
			}
		}
	}
	return v, err
}

// setPropAt is $var->name = v at a site.
func (t *Thread) setPropAt(f *frame, ref *value.Value, s *site, v value.Value, reg uint16) error {
	if ref.IsUndefined() {
		return undefined(f.proto.Vars[reg])
	}
	place, err := stepInto(f, ref, bytecode.Step{Kind: bytecode.StepProp}, s.key)
	if err != nil {
		return err
	}
	*place = v.Own()
	if ref.IsObject() {
		if o := ref.Object(); o.Class.Script != nil {
			s.cache.Store(&found{shape: o.Shape(), slot: o.Shape().Slot(s.name)})
		}
	}
	return t.charge(elementSize)
}
