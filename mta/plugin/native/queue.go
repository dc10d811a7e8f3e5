//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"slices"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/runtime/value"
)

// question is what the queue asks a plugin about a unit (spec plugin 6).
type question struct {
	memory
	unit    *plugin.Message
	message unsafe.Pointer
	pool    bool // there is a source pool
	sources []policy.Source
	changed bool
	list    **C.char
	back    *node // what RETURN gave; nil: nobody asked
}

// ask calls one of the functions.
func (q *question) ask(f unsafe.Pointer) plugin.Decision {
	defer q.free()
	ok := C.call_queue(f, (*C.HalonQueueContext)(q.ref(q)))
	d := plugin.Decision{OK: bool(ok), Return: q.back.returned()}
	if q.changed {
		d.Sources = q.sources
	}
	return d
}

func (l *library) insert(f unsafe.Pointer) func(*plugin.Message, []policy.Source) plugin.Decision {
	return func(m *plugin.Message, sources []policy.Source) plugin.Decision {
		q := question{unit: m, pool: true, sources: sources}
		return q.ask(f)
	}
}

func (l *library) pick(f unsafe.Pointer) func(*plugin.Message) plugin.Decision {
	return func(m *plugin.Message) plugin.Decision {
		q := question{unit: m}
		return q.ask(f)
	}
}

// addresses returns the list of sources that C sees, and how many there are. One that the
// system chooses has no address.
func (q *question) addresses() (**C.char, int) {
	n := 0
	q.list = (**C.char)(q.alloc(len(q.sources) * int(unsafe.Sizeof(uintptr(0)))))
	for _, s := range q.sources {
		if s.IP.IsValid() {
			unsafe.Slice(q.list, len(q.sources))[n] = q.text(address(s.IP))
			n++
		}
	}
	return q.list, n
}

// restrict leaves of the pool what is in a list of addresses. What the system chooses is
// not in the list that plugins see, so it cannot be missing from theirs.
func (q *question) restrict(list []*C.char) {
	keep := map[string]bool{}
	for _, s := range list {
		keep[take(unsafe.Pointer(s), 0)] = true
	}
	left := []policy.Source{} // not nil: none may be left
	for _, s := range q.sources {
		if !s.IP.IsValid() || keep[address(s.IP)] {
			left = append(left, s)
		}
	}
	if !slices.Equal(left, q.sources) {
		q.sources, q.changed = left, true
	}
}

//export HalonMTA_queue_getinfo
func HalonMTA_queue_getinfo(p *C.HalonQueueContext, kind C.int, in C.cdata, inlen C.size_t, out unsafe.Pointer, outlen *C.size_t) C.bool {
	q, ok := deref[*question](unsafe.Pointer(p))
	if !ok {
		return false
	}
	switch kind {
	case C.HALONMTA_INFO_MESSAGE:
		if q.message == nil {
			q.message = q.memory.unit(q.unit)
		}
		return C.bool(store(out, (*C.HalonQueueMessage)(q.message)))
	case C.HALONMTA_INFO_LOCALIPS:
		if !q.pool {
			return false
		}
		list, n := q.addresses()
		length(outlen, n)
		return C.bool(store(out, list))
	case C.HALONMTA_INFO_RETURN:
		if q.back == nil {
			q.back = q.node(value.None)
		}
		return C.bool(store(out, q.back.c()))
	}
	return false
}

//export HalonMTA_queue_setinfo
func HalonMTA_queue_setinfo(p *C.HalonQueueContext, kind C.int, data C.cdata, n C.size_t) C.bool {
	q, ok := deref[*question](unsafe.Pointer(p))
	if !ok || kind != C.HALONMTA_INFO_LOCALIPS || !q.pool || data == nil && n > 0 {
		return false
	}
	q.restrict(unsafe.Slice((**C.char)(unsafe.Pointer(data)), int(n)))
	return true
}
