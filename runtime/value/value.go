package value

import (
	"math"
	"unsafe"
)

// Kind is the type of a value.
type Kind uint8

// Kinds. Undefined is what a variable holds before its first assignment.
const (
	Undefined Kind = iota
	KNone
	KBool
	KNumber
	KString
	KArray
	KFunc
	KObject
	KResource
	kBuffer // string in a growing buffer; Kind reports KString
	kCell   // register linked to a Cell; never seen by scripts
)

// Value is one value of the language. The zero Value is the number 0.
//
// Only numbers have a nil pointer: arithmetic tests nothing else, and the
// garbage collector passes over them at once.
type Value struct {
	p unsafe.Pointer
	n uint64
}

// tag is what values without memory of their own point to.
var tag byte

const borrowedArray = uint64(KArray) | 1<<8

// Undef is what a variable holds before its first assignment.
var Undef = Value{unsafe.Pointer(&tag), uint64(Undefined)}

// Unset makes values undefined.
func Unset(vals []Value) {
	for i := range vals {
		vals[i] = Undef
	}
}

// None is the value none.
var None = Value{unsafe.Pointer(&tag), uint64(KNone)}

// True and False are the booleans.
var (
	True  = Value{unsafe.Pointer(&tag), uint64(KBool) | 1<<8}
	False = Value{unsafe.Pointer(&tag), uint64(KBool)}
)

// Bool returns a boolean.
func Bool(b bool) Value {
	n := uint64(KBool)
	if b {
		n |= 1 << 8
	}
	return Value{unsafe.Pointer(&tag), n}
}

// Num returns a number.
func Num(f float64) Value { return Value{n: math.Float64bits(f)} }

// Int returns a number.
func Int(i int) Value { return Num(float64(i)) }

// Str returns a string.
func Str(s string) Value {
	if len(s) == 0 {
		return Value{unsafe.Pointer(&tag), uint64(KString)}
	}
	return Value{unsafe.Pointer(unsafe.StringData(s)), uint64(KString) | uint64(len(s))<<8}
}

// Bytes returns a string over b, which must not change afterwards.
func Bytes(b []byte) Value { return Str(unsafe.String(unsafe.SliceData(b), len(b))) }

// FromArray returns an array value.
func FromArray(a *Array) Value { return Value{unsafe.Pointer(a), uint64(KArray)} }

// FromFunc returns a function value.
func FromFunc(f *Func) Value { return Value{unsafe.Pointer(f), uint64(KFunc)} }

// FromObject returns an object value.
func FromObject(o *Object) Value { return Value{unsafe.Pointer(o), uint64(KObject)} }

// FromResource returns a resource value.
func FromResource(r *Resource) Value { return Value{unsafe.Pointer(r), uint64(KResource)} }

// FromCell returns the link of a register to a cell.
func FromCell(c *Cell) Value { return Value{unsafe.Pointer(c), uint64(kCell)} }

// Kind returns the type of v.
func (v Value) Kind() Kind {
	if v.p == nil {
		return KNumber
	}
	if k := Kind(v.n); k != kBuffer {
		return k
	}
	return KString
}

// IsNumber reports whether v is a number.
func (v Value) IsNumber() bool { return v.p == nil }

// IsUndefined reports whether v is undefined.
func (v Value) IsUndefined() bool { return v.n == uint64(Undefined) && v.p != nil }

// IsNone reports whether v is none.
func (v Value) IsNone() bool { return v.n == uint64(KNone) && v.p != nil }

// IsNil reports whether v is none or undefined.
func (v Value) IsNil() bool { return v.n <= uint64(KNone) && v.p != nil }

// IsBool reports whether v is a boolean.
func (v Value) IsBool() bool { return uint8(v.n) == uint8(KBool) && v.p != nil }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return uint8(v.n) == uint8(KArray) && v.p != nil }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.n == uint64(KObject) && v.p != nil }

// IsString reports whether v is a string.
func (v Value) IsString() bool {
	return (uint8(v.n) == uint8(KString) || uint8(v.n) == uint8(kBuffer)) && v.p != nil
}

// Set stores x. Where the pointers are equal, as between numbers or booleans, only
// the word is written, and the garbage collector need not know.
func (v *Value) Set(x Value) {
	if v.p != x.p {
		v.p = x.p
	}
	v.n = x.n
}

// SetNum stores a number. A place that holds one already keeps its pointer,
// which spares a write that the garbage collector must see.
func (v *Value) SetNum(f float64) {
	if v.p != nil {
		v.p = nil
	}
	v.n = math.Float64bits(f)
}

// Num returns the number that v holds; v must be a number.
func (v Value) Num() float64 { return math.Float64frombits(v.n) }

// IsTrue returns the boolean that v holds; v must be a boolean.
func (v Value) IsTrue() bool { return v.n>>8 != 0 }

// Str returns the bytes of a string; v must be a string.
func (v Value) Str() string {
	n := int(v.n >> 8)
	if Kind(v.n) == kBuffer {
		return unsafe.String(unsafe.SliceData((*buffer)(v.p).b), n)
	}
	return unsafe.String((*byte)(v.p), n)
}

// Array returns the array; v must be an array. Callers must not write to it
// unless they made it.
func (v Value) Array() *Array { return (*Array)(v.p) }

// Func returns the function; v must be a function.
func (v Value) Func() *Func { return (*Func)(v.p) }

// Object returns the object; v must be an object.
func (v Value) Object() *Object { return (*Object)(v.p) }

// Resource returns the resource; v must be a resource.
func (v Value) Resource() *Resource { return (*Resource)(v.p) }

// Cell returns the cell behind a linked register, nil for other values.
func (v Value) Cell() *Cell {
	if v.n == uint64(kCell) && v.p != nil {
		return (*Cell)(v.p)
	}
	return nil
}

// Borrow returns v marked as borrowed when it is an array.
func (v Value) Borrow() Value {
	if v.n == uint64(KArray) && v.p != nil {
		v.n = borrowedArray
	}
	return v
}

// Own returns v fit to be kept beside the place it was read from: a borrowed
// array becomes a shared one.
func (v Value) Own() Value {
	if v.n == borrowedArray && v.p != nil {
		v.n = uint64(KArray)
		(*Array)(v.p).share()
	}
	return v
}

// Share returns v fit to be kept while the place it was read from goes on
// holding it: arrays become shared.
func (v Value) Share() Value {
	if uint8(v.n) == uint8(KArray) && v.p != nil {
		v.n = uint64(KArray)
		(*Array)(v.p).share()
	}
	return v
}

// Freeze returns v fit to leave its thread: arrays are shared to their depth
// and strings leave their buffers.
func (v Value) Freeze() Value {
	var f freezer
	return f.freeze(v, 0)
}

// freezer copies each array once, also one that stands in several places.
type freezer struct{ done map[*Array]*Array }

// freeze stops at MaxDepth, see Deep.
func (f *freezer) freeze(v Value, depth int) Value {
	if v.p == nil {
		return v
	}
	switch Kind(v.n) {
	case kBuffer:
		return Str(string([]byte(v.Str())))
	case KArray:
		a := v.Array()
		if a.frozen || depth >= MaxDepth {
			return FromArray(a)
		}
		if c := f.done[a]; c != nil {
			return FromArray(c)
		}
		c := a.clone()
		if a.shared { // only what has several holders can be met again
			if f.done == nil {
				f.done = map[*Array]*Array{}
			}
			f.done[a] = c
		}
		for i := range c.vals {
			c.vals[i] = f.freeze(c.vals[i], depth+1)
		}
		c.shared, c.frozen = true, true
		return FromArray(c)
	}
	return v
}

// Cell is a variable that several functions see.
type Cell struct{ V Value }
