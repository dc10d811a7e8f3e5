package x509

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"iter"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// form is a kind of document: how it is read and written, and what scripts see
// of it.
type form struct {
	class    *value.Class
	name     string // of the class
	resource string // type of the resource
	block    string // type of the PEM block
	parse    func(der []byte) (state, bool)
}

// state is what was parsed: *pki.Certificate or *pki.CRL.
type state interface {
	value.Sized
	Resource() value.Value
}

// object is the state of an X509 or X509CRL object.
type object struct{ resource value.Value }

// Resource implements what package pki asks of the objects.
func (o *object) Resource() value.Value { return o.resource }

// Held implements value.Holder: the resource counts what was parsed, once.
func (o *object) Held(yield func(value.Value)) { yield(o.resource) }

// wrap returns a new object over a resource.
func (f *form) wrap(resource value.Value) value.Value {
	return value.Native(f.class, &object{resource})
}

// isResource reports whether v is a resource of this form.
func (f *form) isResource(v value.Value) bool {
	return v.Kind() == value.KResource && v.Resource().Type == f.resource
}

// construct implements the constructor.
func (f *form) construct(_ *vm.Thread, a []value.Value) (value.Value, error) {
	if !f.isResource(a[0]) {
		return value.None, fmt.Errorf("%s(): argument 1 must be %s, got %s", f.name, f.resource, a[0].TypeName())
	}
	return f.wrap(a[0]), nil
}

// fromString implements the static method String.
func (f *form) fromString(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt(f.name+"::String", a, 1)
	isPEM, multiple := o.Bool("pem", false), o.Bool("multiple", false)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	data := []byte(a[0].Str())
	if !isPEM {
		return f.read(t, data)
	}
	all := value.NewArray(0)
	for der := range f.blocks(data) {
		v, err := f.read(t, der)
		if err != nil || v.IsNone() || !multiple {
			return v, err
		}
		all.Append(v)
	}
	if all.Len() == 0 {
		return value.None, nil
	}
	return value.FromArray(all), nil
}

// read returns the object of a document in DER, none when it is unparsable.
func (f *form) read(t *vm.Thread, der []byte) (value.Value, error) {
	if err := t.Reserve(pki.Expansion * len(der)); err != nil {
		return value.None, err
	}
	x, ok := f.parse(der)
	if !ok {
		return value.None, nil
	}
	return f.wrap(x.Resource()), t.Charge(x.Size())
}

// blocks walks the PEM blocks of the form in a text. A block that is malformed is
// nil, which nothing parses: left out silently, it would be missed too late.
func (f *form) blocks(text []byte) iter.Seq[[]byte] {
	begin := []byte("\n-----BEGIN " + f.block + "-----")
	next := func(text []byte) int {
		if bytes.HasPrefix(text, begin[1:]) {
			return 0
		}
		if i := bytes.Index(text, begin); i >= 0 {
			return i + 1
		}
		return -1
	}
	return func(yield func([]byte) bool) {
		for i := next(text); i >= 0; {
			text = text[i:]
			end := len(text)
			if i = next(text[1:]); i >= 0 {
				i++
				end = i
			}
			var der []byte
			if block, _ := pem.Decode(text[:end]); block != nil {
				der = block.Bytes
			}
			if !yield(der) {
				return
			}
		}
	}
}

// encode returns DER bytes, or PEM if the option pem in argument i says so. The
// bytes are copied: a string must not hold the whole document.
func encode(fn string, a []value.Value, i int, block string, der []byte) (value.Value, error) {
	o := registry.OptionsAt(fn, a, i)
	if o.Bool("pem", false) {
		return value.Bytes(pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der})), o.Err()
	}
	return value.Str(string(der)), o.Err()
}

// on adapts a method to the state behind the object.
func on[T any](f func(t *vm.Thread, state T, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return f(t, a[0].Object().Native.(*object).resource.Resource().Native.(T), a[1:])
	}
}

// get adapts a method without arguments that cannot fail and returns one number or
// text.
func get[T any](f func(x T) value.Value) vm.Impl {
	return on(func(_ *vm.Thread, x T, _ []value.Value) (value.Value, error) { return f(x), nil })
}

// list is get for arrays of arrays, which are charged for to their depth.
func list[T any](f func(x T) value.Value) vm.Impl {
	return on(func(t *vm.Thread, x T, _ []value.Value) (value.Value, error) {
		v := f(x)
		size := value.NewSizer()
		size.Add(v)
		return v, t.Charge(size.Total)
	})
}

// toResource implements the method of that name.
func toResource(_ *vm.Thread, a []value.Value) (value.Value, error) {
	return a[0].Object().Native.(*object).resource, nil
}
