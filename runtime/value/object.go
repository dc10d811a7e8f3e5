package value

import (
	"sync"

	"github.com/hawser-mta/hawser/lang/sig"
)

// Class is what an object is an instance of: a class of a script or a native
// one.
type Class struct {
	Name    string
	Methods map[string]*Method
	Statics map[string]*Method // native classes: File has a method and a static one of one name
	Decl    *sig.Class         // native classes: the declaration
	Parent  *Class             // native classes: whose methods it shares

	// Script is the *vm.Class of a class written in a script, nil for native
	// classes.
	Script any

	// Shape is what a fresh object has.
	Shape *Shape

	// Print returns the text of an object; nil: object(NAME).
	Print func(o *Object) string
}

// Method is one method of a class.
type Method struct {
	Name            string
	Static, Private bool
	Proto           int       // script classes: function of the program
	Sig             *sig.Func // native classes: declaration
	Impl            any       // native classes: vm.Impl; args[0] is the object unless Static
}

// Lookup returns the method of that name, following parents, nil when unknown.
func (c *Class) Lookup(name string) *Method {
	for ; c != nil; c = c.Parent {
		if m := c.Methods[name]; m != nil {
			return m
		}
	}
	return nil
}

// Static is Lookup for static methods of native classes.
func (c *Class) Static(name string) *Method {
	for ; c != nil; c = c.Parent {
		if m := c.Statics[name]; m != nil {
			return m
		}
	}
	return nil
}

// Is reports whether c is d or inherits from it.
func (c *Class) Is(d *Class) bool {
	for ; c != nil; c = c.Parent {
		if c == d {
			return true
		}
	}
	return false
}

// Object is an instance. Objects are references.
type Object struct {
	Class  *Class
	Native any // state of native objects
	shape  *Shape
	slots  []Value
}

// NewObject returns an object of the class without properties.
func NewObject(c *Class) *Object {
	o := &Object{}
	o.init(c)
	return o
}

func (o *Object) init(c *Class) {
	o.Class, o.shape = c, c.Shape
	if o.shape == nil {
		o.shape = emptyShape
	}
	if n := len(o.shape.keys); n > 0 {
		o.slots = make([]Value, n)
		Unset(o.slots)
	}
}

// NewInstance returns an object with a copy of the values of its class's shape.
func NewInstance(c *Class, init []Value) *Object {
	return &Object{Class: c, shape: c.Shape, slots: append([]Value(nil), init...)}
}

// Native returns an object value of a native class with its state.
func Native(c *Class, state any) Value {
	o := NewObject(c)
	o.Native = state
	return FromObject(o)
}

// Text is the string form of the object.
func (o *Object) Text() string {
	if o.Class.Print != nil {
		return o.Class.Print(o)
	}
	if o.Class.Script == nil {
		return "object"
	}
	return "object(" + o.Class.Name + ")"
}

// Shape is the list of property names that objects share as long as they were
// given the same properties in the same order. It makes a property a slot
// number that can be cached.
type Shape struct {
	keys  []string
	index map[string]int

	mu   sync.Mutex
	next map[string]*Shape

	// private shapes belong to one object and grow in place; objects with many
	// properties have one.
	private bool
}

var emptyShape = &Shape{}

// maxShape is the number of properties up to which shapes are shared.
const maxShape = 128

// NewShape returns the shape of the given property names.
func NewShape(keys []string) *Shape {
	s := &Shape{keys: keys, index: make(map[string]int, len(keys))}
	for i, k := range keys {
		s.index[k] = i
	}
	return s
}

// Keys returns the property names in order.
func (s *Shape) Keys() []string { return s.keys }

// with returns the shape that has one more property.
func (s *Shape) with(key string) *Shape {
	if s.private {
		s.index[key] = len(s.keys)
		s.keys = append(s.keys, key)
		return s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.next[key]; t != nil {
		return t
	}
	t := NewShape(append(append(make([]string, 0, len(s.keys)+1), s.keys...), key))
	if len(s.keys) >= maxShape || len(s.next) >= maxShape {
		t.private = true
		return t
	}
	if s.next == nil {
		s.next = map[string]*Shape{}
	}
	s.next[key] = t
	return t
}

// Slot returns the slot of a property, -1 when absent.
func (s *Shape) Slot(key string) int {
	if i, ok := s.index[key]; ok {
		return i
	}
	return -1
}

// Shape returns the current shape of the object.
func (o *Object) Shape() *Shape { return o.shape }

// Slot returns the value of a slot that Shape().Slot gave.
func (o *Object) Slot(i int) Value { return o.slots[i] }

// SlotRef returns the place of a slot that Shape().Slot gave.
func (o *Object) SlotRef(i int) *Value { return &o.slots[i] }

// Get returns a property and whether it exists.
func (o *Object) Get(key string) (Value, bool) {
	if i := o.shape.Slot(key); i >= 0 {
		return o.slots[i], true
	}
	return Undef, false
}

// Ref returns the place of a property, made when absent.
func (o *Object) Ref(key string) *Value {
	if i := o.shape.Slot(key); i >= 0 {
		return &o.slots[i]
	}
	o.shape = o.shape.with(key)
	o.slots = append(o.slots, Undef)
	return &o.slots[len(o.slots)-1]
}

// Set stores a property.
func (o *Object) Set(key string, v Value) { *o.Ref(key) = v.Share() }

// Delete removes a property and reports whether it was there.
func (o *Object) Delete(key string) bool {
	i := o.shape.Slot(key)
	if i < 0 {
		return false
	}
	keys := append(append([]string(nil), o.shape.keys[:i]...), o.shape.keys[i+1:]...)
	o.shape = NewShape(keys)
	o.shape.private = true
	o.slots = append(o.slots[:i:i], o.slots[i+1:]...)
	return true
}

// Resource is an opaque handle.
type Resource struct {
	Type   string // name in signatures: RSAPrivateKey, X509Resource, …
	Native any
	Print  string // text; "" prints resource
}

// Text is the string form of the resource.
func (r *Resource) Text() string {
	if r.Print != "" {
		return r.Print
	}
	return "resource"
}
