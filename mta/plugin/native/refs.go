//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"sync"
	"unsafe"
)

// table has the objects that C holds pointers to. A pointer is the address of a byte of
// C's memory, which nothing else has while it is in the table.
var table sync.Map // unsafe.Pointer → any

// deref returns what a pointer of C stands for.
func deref[T any](p unsafe.Pointer) (x T, ok bool) {
	if p == nil {
		return x, false
	}
	v, _ := table.Load(p)
	x, ok = v.(T)
	return x, ok
}

// memory is what C has been lent; free ends it.
type memory struct {
	mu     sync.Mutex
	refs   []unsafe.Pointer
	blocks []unsafe.Pointer
}

// ref returns a pointer that stands for x.
func (m *memory) ref(x any) unsafe.Pointer {
	p := C.malloc(1)
	table.Store(p, x)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refs = append(m.refs, p)
	return p
}

// alloc returns n bytes of C's memory, which are not cleared.
func (m *memory) alloc(n int) unsafe.Pointer {
	p := C.malloc(C.size_t(max(n, 1)))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocks = append(m.blocks, p)
	return p
}

// text returns a copy of s with a NUL behind it.
func (m *memory) text(s string) *C.char {
	p := m.alloc(len(s) + 1)
	b := unsafe.Slice((*byte)(p), len(s)+1)
	b[copy(b, s)] = 0
	return (*C.char)(p)
}

func (m *memory) free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.refs {
		table.Delete(p)
		C.free(p)
	}
	for _, p := range m.blocks {
		C.free(p)
	}
	m.refs, m.blocks = nil, nil
}

// give stores a text for a caller in C who frees it.
func give(s string, out **C.char, outlen *C.size_t) {
	if out != nil {
		p := C.malloc(C.size_t(len(s) + 1))
		b := unsafe.Slice((*byte)(p), len(s)+1)
		b[copy(b, s)] = 0
		*out = (*C.char)(p)
	}
	length(outlen, len(s))
}

// length stores a length for a caller in C who may not want it.
func length(out *C.size_t, n int) {
	if out != nil {
		*out = C.size_t(n)
	}
}

// take returns the text at p, which ends at the first NUL when n is 0.
func take(p unsafe.Pointer, n C.size_t) string {
	switch {
	case p == nil:
		return ""
	case n == 0:
		n = C.strlen((*C.char)(p))
	}
	return string(unsafe.Slice((*byte)(p), int(n)))
}

// store writes a value where C wants it.
func store[T any](out unsafe.Pointer, x T) bool {
	if out == nil {
		return false
	}
	*(*T)(out) = x
	return true
}
