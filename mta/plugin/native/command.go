//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"strings"
	"unsafe"
)

// command returns the function for Halon_command_execute.
func (l *library) command(f unsafe.Pointer) func(args []string) (string, bool) {
	return func(args []string) (string, bool) {
		var call memory
		defer call.free()
		const pointer = unsafe.Sizeof(uintptr(0))
		texts := (**C.char)(call.alloc(len(args) * int(pointer)))
		sizes := (*C.size_t)(call.alloc(len(args) * int(unsafe.Sizeof(C.size_t(0)))))
		for i, a := range args {
			unsafe.Slice(texts, len(args))[i] = call.text(a)
			unsafe.Slice(sizes, len(args))[i] = C.size_t(len(a))
		}
		var out *C.char
		n := untouched
		ok := C.call_execute(f, C.size_t(len(args)), texts, sizes, &out, &n)
		return output(out, n), bool(ok)
	}
}

// oldCommand returns the function for Halon_plugin_command, which takes one text.
func (l *library) oldCommand(f unsafe.Pointer) func(args []string) (string, bool) {
	return func(args []string) (string, bool) {
		var call memory
		defer call.free()
		in := strings.Join(args, " ")
		var out *C.char
		n := untouched
		ok := C.call_command(f, call.text(in), C.size_t(len(in)), &out, &n)
		return output(out, n), bool(ok)
	}
}

// untouched is a length that a plugin may leave as it is: then the text ends at its NUL.
var untouched = ^C.size_t(0)

// output takes a text of C's memory over.
func output(out *C.char, n C.size_t) string {
	if out == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(out))
	if n == untouched {
		n = C.strlen(out)
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(out)), int(n)))
}
