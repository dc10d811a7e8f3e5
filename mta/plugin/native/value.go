//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"unsafe"

	"github.com/hawser-mta/hawser/runtime/value"
)

// node is a value that C sees: one of a script, or one that a plugin makes. Its elements
// are opened when C asks for them.
type node struct {
	m      *memory
	self   unsafe.Pointer // what C calls it; nil: nothing yet
	v      value.Value    // unless open
	open   bool           // an array whose elements are items
	items  []item
	keys   map[string]int // positions of items by key; nil: to be made
	in     *node          // array whose key it is; nil: none
	text   *C.char        // copy of a string that C has; nil: none
	thrown bool           // that of an exception
}

type item struct{ key, value *node }

func (m *memory) node(v value.Value) *node { return &node{m: m, v: v} }

// c returns the pointer that C knows a node by.
func (n *node) c() *C.HalonHSLValue {
	if n == nil {
		return nil
	}
	if n.self == nil {
		n.self = n.m.ref(n)
	}
	return (*C.HalonHSLValue)(n.self)
}

// nodeOf returns the node that C means, nil for none.
func nodeOf(p C.cvalue) *node {
	n, _ := deref[*node](unsafe.Pointer(p))
	return n
}

// kind is one of HALONMTA_HSL_TYPE.
func (n *node) kind() C.int {
	if n == nil {
		return C.HALONMTA_HSL_TYPE_NONE
	}
	if n.open {
		return C.HALONMTA_HSL_TYPE_ARRAY
	}
	switch n.v.Kind() {
	case value.KBool:
		return C.HALONMTA_HSL_TYPE_BOOLEAN
	case value.KNumber:
		return C.HALONMTA_HSL_TYPE_NUMBER
	case value.KString:
		return C.HALONMTA_HSL_TYPE_STRING
	case value.KArray:
		return C.HALONMTA_HSL_TYPE_ARRAY
	case value.KFunc:
		return C.HALONMTA_HSL_TYPE_FUNCTION
	case value.KObject:
		return C.HALONMTA_HSL_TYPE_OBJECT
	case value.KResource:
		return C.HALONMTA_HSL_TYPE_RESOURCE
	}
	return C.HALONMTA_HSL_TYPE_NONE
}

// elements opens an array; nil for other values.
func (n *node) elements() []item {
	if n.kind() != C.HALONMTA_HSL_TYPE_ARRAY {
		return nil
	}
	if !n.open {
		n.items = make([]item, 0, n.v.Array().Len())
		for k, v := range n.v.Array().All() {
			n.items = append(n.items, item{n.m.node(k), n.m.node(v)})
		}
		n.open = true
	}
	return n.items
}

// find returns the last element of a key, nil when there is none.
func (n *node) find(key string) *node {
	list := n.elements()
	if len(list) == 0 {
		return nil
	}
	if n.keys == nil {
		n.keys = map[string]int{}
		for i := range list {
			if name, ok := list[i].name(); ok {
				n.keys[name] = i
			}
		}
	}
	i, ok := n.keys[key]
	if !ok {
		return nil
	}
	return list[i].value
}

// name returns the key of an element as a text; ok is false for one without a key.
func (x *item) name() (string, bool) {
	if k := x.key.v; k.Kind() == value.KString || k.Kind() == value.KNumber {
		return k.String(), true
	}
	return "", false
}

// value returns what scripts see. What lies deeper than they can hold is none.
func (n *node) value() value.Value { return n.below(0) }

func (n *node) below(depth int) value.Value {
	if !n.open {
		return n.v
	}
	if depth == value.MaxDepth-1 {
		return value.None
	}
	a := value.NewArray(len(n.items))
	for _, x := range n.items {
		v := x.value.below(depth + 1)
		switch k := x.key.v; k.Kind() {
		case value.KNumber:
			a.Set(k, v)
		case value.KString:
			a.SetStr(k.Str(), v)
		default:
			a.Append(v) // a plugin that sets no key means a list
		}
	}
	return value.FromArray(a)
}

// returned is the value that a plugin has put into a node, nil when it has not asked for
// the node.
func (n *node) returned() *value.Value {
	if n == nil {
		return nil
	}
	return new(n.value().Freeze())
}

// set makes a node hold another value.
func (n *node) set(v value.Value) {
	n.v, n.open, n.items, n.keys, n.text = v, false, nil, nil, nil
	if n.in != nil {
		n.in.keys = nil
	}
}

//export HalonMTA_hsl_value_type
func HalonMTA_hsl_value_type(p C.cvalue) C.int { return nodeOf(p).kind() }

//export HalonMTA_hsl_value_get
func HalonMTA_hsl_value_get(p C.cvalue, kind C.int, out unsafe.Pointer, outlen *C.size_t) C.bool {
	n := nodeOf(p)
	if n == nil || n.kind() != kind {
		return false
	}
	switch kind {
	case C.HALONMTA_HSL_TYPE_NONE, C.HALONMTA_HSL_TYPE_ARRAY:
		return true
	case C.HALONMTA_HSL_TYPE_BOOLEAN:
		return C.bool(store(out, C.bool(n.v.IsTrue())))
	case C.HALONMTA_HSL_TYPE_NUMBER:
		return C.bool(store(out, C.double(n.v.Num())))
	case C.HALONMTA_HSL_TYPE_STRING:
		s := n.v.Str()
		if n.text == nil {
			n.text = n.m.text(s)
		}
		length(outlen, len(s))
		return C.bool(store(out, n.text))
	}
	return false
}

//export HalonMTA_hsl_value_array_length
func HalonMTA_hsl_value_array_length(p C.cvalue) C.size_t {
	n := nodeOf(p)
	if n.kind() == C.HALONMTA_HSL_TYPE_ARRAY && !n.open {
		return C.size_t(n.v.Array().Len())
	}
	return C.size_t(len(n.elements()))
}

//export HalonMTA_hsl_value_array_get
func HalonMTA_hsl_value_array_get(p C.cvalue, pos C.size_t, key **C.HalonHSLValue) *C.HalonHSLValue {
	list := nodeOf(p).elements()
	if pos >= C.size_t(len(list)) {
		return nil
	}
	if key != nil {
		*key = list[pos].key.c()
	}
	return list[pos].value.c()
}

//export HalonMTA_hsl_value_array_find
func HalonMTA_hsl_value_array_find(p C.cvalue, key C.ctext) *C.HalonHSLValue {
	return nodeOf(p).find(take(unsafe.Pointer(key), 0)).c()
}

//export HalonMTA_hsl_value_set
func HalonMTA_hsl_value_set(p *C.HalonHSLValue, kind C.int, data C.cdata, n C.size_t) {
	x, at := nodeOf(p), unsafe.Pointer(data)
	if x == nil || x.thrown != (kind == C.HALONMTA_HSL_TYPE_EXCEPTION) {
		return
	}
	switch kind {
	case C.HALONMTA_HSL_TYPE_NONE:
		x.set(value.None)
	case C.HALONMTA_HSL_TYPE_BOOLEAN:
		if at != nil {
			x.set(value.Bool(bool(*(*C.bool)(at))))
		}
	case C.HALONMTA_HSL_TYPE_NUMBER:
		if at != nil {
			x.set(value.Num(float64(*(*C.double)(at))))
		}
	case C.HALONMTA_HSL_TYPE_STRING, C.HALONMTA_HSL_TYPE_EXCEPTION:
		x.set(value.Str(take(at, n)))
	case C.HALONMTA_HSL_TYPE_ARRAY:
		x.set(value.FromArray(value.NewArray(0)))
	}
}

//export HalonMTA_hsl_value_array_add
func HalonMTA_hsl_value_array_add(p *C.HalonHSLValue, key, val **C.HalonHSLValue) {
	n := nodeOf(p)
	if n == nil || n.thrown {
		return
	}
	if n.kind() == C.HALONMTA_HSL_TYPE_NONE {
		n.set(value.FromArray(value.NewArray(0)))
	}
	if n.kind() != C.HALONMTA_HSL_TYPE_ARRAY {
		return
	}
	x := item{n.m.node(value.None), n.m.node(value.None)}
	x.key.in = n
	n.items = append(n.elements(), x)
	n.keys = nil
	if key != nil {
		*key = x.key.c()
	}
	if val != nil {
		*val = x.value.c()
	}
}
