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

// Value is one value of the language. The zero Value is undefined.
type Value struct {
	p unsafe.Pointer
	n uint64
}

var (
	tag       byte
	numberTag byte
)

const borrowedArray = uint64(KArray) | 1<<8

// None is the value none.
var None = Value{unsafe.Pointer(&tag), uint64(KNone)}

// True and False are the booleans.
var (
	True  = Value{unsafe.Pointer(&tag), uint64(KBool) | 1<<8}
	False = Value{unsafe.Pointer(&tag), uint64(KBool)}
)

// Bool returns a boolean.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// Num returns a number.
func Num(f float64) Value {
	return Value{unsafe.Pointer(&numberTag), math.Float64bits(f)}
}

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
	if v.p == unsafe.Pointer(&numberTag) {
		return KNumber
	}
	if k := Kind(v.n); k != kBuffer {
		return k
	}
	return KString
}

// IsNumber reports whether v is a number.
func (v Value) IsNumber() bool { return v.p == unsafe.Pointer(&numberTag) }

// IsUndefined reports whether v is undefined.
func (v Value) IsUndefined() bool { return v.p == nil }

// IsNone reports whether v is none.
func (v Value) IsNone() bool { return v == None }

// IsNil reports whether v is none or undefined.
func (v Value) IsNil() bool { return v.p == nil || v == None }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.Kind() == KArray }

// IsString reports whether v is a string.
func (v Value) IsString() bool { return v.Kind() == KString }

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
	if v.n == uint64(kCell) && v.p != unsafe.Pointer(&numberTag) {
		return (*Cell)(v.p)
	}
	return nil
}

// Borrow returns v marked as borrowed when it is an array.
func (v Value) Borrow() Value {
	if v.n == uint64(KArray) && v.p != unsafe.Pointer(&numberTag) {
		v.n = borrowedArray
	}
	return v
}

// Own returns v fit to be kept beside the place it was read from: a borrowed
// array becomes a shared one.
func (v Value) Own() Value {
	if v.n == borrowedArray && v.p != unsafe.Pointer(&numberTag) {
		v.n = uint64(KArray)
		(*Array)(v.p).share()
	}
	return v
}

// Share returns v fit to be kept while the place it was read from goes on
// holding it: arrays become shared.
func (v Value) Share() Value {
	if uint8(v.n) == uint8(KArray) && v.p != unsafe.Pointer(&numberTag) {
		v.n = uint64(KArray)
		(*Array)(v.p).share()
	}
	return v
}

// Freeze returns v fit to leave its thread: arrays are shared to their depth
// and strings leave their buffers.
func (v Value) Freeze() Value {
	if v.p == unsafe.Pointer(&numberTag) {
		return v
	}
	switch Kind(v.n) {
	case kBuffer:
		return Str(string([]byte(v.Str())))
	case KArray:
		a := v.Array()
		if !a.frozen {
			a = a.clone()
			for i := range a.vals {
				a.vals[i] = a.vals[i].Freeze()
			}
			a.shared, a.frozen = true, true
		}
		return FromArray(a)
	}
	return v
}

// Cell is a variable that several functions see.
type Cell struct{ V Value }
