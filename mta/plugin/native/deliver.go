//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"encoding/binary"
	"sync"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/runtime/value"
)

// delivery is an attempt that C makes (spec plugin 5).
type delivery struct {
	memory
	*plugin.Delivery
	l         *library
	self      unsafe.Pointer
	message   unsafe.Pointer
	arguments *node // nil: none were given
	back      *node // what RETURN gave; nil: nobody asked
	file      *C.FILE
	result    plugin.Result
	done      sync.Once
}

// deliver calls Halon_deliver.
func (l *library) deliver(f unsafe.Pointer, d *plugin.Delivery) {
	x := &delivery{Delivery: d, l: l}
	x.self = x.ref(x)
	if d.Arguments != nil {
		x.arguments = x.node(*d.Arguments)
	}
	C.call_deliver(f, (*C.HalonDeliverContext)(x.self))
}

// stream opens the message once.
func (x *delivery) stream() *C.FILE {
	if x.file == nil {
		f, err := stream(x.Content)
		if err != nil {
			x.l.log.Error("plugin: the message cannot be read", "plugin", x.l.id, "transaction", x.Unit.Transaction, "queueid", x.Unit.Queue, "err", err)
		}
		x.file = f
	}
	return x.file
}

// end ends the attempt.
func (x *delivery) end() {
	x.done.Do(func() {
		r := x.result
		r.Return = x.back.returned()
		if x.file != nil {
			C.fclose(x.file)
		}
		x.free()
		x.Done(r)
	})
}

//export HalonMTA_deliver_getinfo
func HalonMTA_deliver_getinfo(p *C.HalonDeliverContext, kind C.int, in C.cdata, inlen C.size_t, out unsafe.Pointer, outlen *C.size_t) C.bool {
	x, ok := deref[*delivery](unsafe.Pointer(p))
	if !ok {
		return false
	}
	switch kind {
	case C.HALONMTA_INFO_ARGUMENTS:
		return C.bool(x.arguments != nil && store(out, x.arguments.c()))
	case C.HALONMTA_INFO_FILE:
		f := x.stream()
		return C.bool(f != nil && store(out, f))
	case C.HALONMTA_INFO_MESSAGE:
		if x.message == nil {
			x.message = x.unit(&x.Message)
		}
		return C.bool(store(out, (*C.HalonQueueMessage)(x.message)))
	case C.HALONMTA_INFO_RETURN:
		if x.back == nil {
			x.back = x.node(value.None)
		}
		return C.bool(store(out, x.back.c()))
	}
	return false
}

//export HalonMTA_deliver_setinfo
func HalonMTA_deliver_setinfo(p *C.HalonDeliverContext, kind C.int, data C.cdata, n C.size_t) C.bool {
	x, ok := deref[*delivery](unsafe.Pointer(p))
	at := unsafe.Pointer(data)
	if !ok || at == nil {
		return false
	}
	switch kind {
	case C.HALONMTA_RESULT_CODE:
		x.result.Code = integer(at, n)
	case C.HALONMTA_RESULT_REASON:
		x.result.Reason = take(at, n)
	case C.HALONMTA_RESULT_ENHANCED:
		for i, s := range unsafe.Slice((*C.short)(at), len(x.result.Enhanced)) {
			x.result.Enhanced[i] = int(s)
		}
	case C.HALONMTA_ERROR_REASON:
		x.result.Failed, x.result.Error = true, take(at, n)
	case C.HALONMTA_ERROR_PERMANENT:
		x.result.Permanent = bool(*(*C.bool)(at))
	default:
		return false
	}
	return true
}

// integer reads an integer of 4 or 8 bytes, or of 2 for any other length: callers pass
// short, int and long with a length of 0 (spec plugin 5).
func integer(at unsafe.Pointer, n C.size_t) int {
	switch n {
	case 4:
		return int(int32(binary.NativeEndian.Uint32(unsafe.Slice((*byte)(at), 4))))
	case 8:
		return int(int64(binary.NativeEndian.Uint64(unsafe.Slice((*byte)(at), 8))))
	}
	return int(int16(binary.NativeEndian.Uint16(unsafe.Slice((*byte)(at), 2))))
}

//export HalonMTA_deliver_trace
func HalonMTA_deliver_trace(p *C.HalonDeliverContext, level C.int, text C.ctext, n C.size_t) {
	if x, ok := deref[*delivery](unsafe.Pointer(p)); ok && x.Trace != nil {
		x.Trace(take(unsafe.Pointer(text), n))
	}
}

//export HalonMTA_deliver_done
func HalonMTA_deliver_done(p *C.HalonDeliverContext) {
	if x, ok := deref[*delivery](unsafe.Pointer(p)); ok {
		x.end()
	}
}
