//go:build (linux || darwin) && (amd64 || arm64) && !android && !ios

package foreign

import (
	"reflect"
	"runtime"

	"github.com/ebitengine/purego"
)

// Supported tells that this platform has native calls: those of purego's first
// tier that need no C compiler.
const Supported = true

// open loads a library; an empty path is the process itself.
func open(path string) (uintptr, error) {
	// The reason of a failure belongs to the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// symbol returns an address, 0 when the library has none of that name.
func symbol(library uintptr, name string) uintptr {
	p, err := purego.Dlsym(library, name)
	if err != nil {
		return 0
	}
	return p
}

// process is the library that has what the process has loaded at its start.
const process = purego.RTLD_DEFAULT

// raw calls a function that takes and returns integers.
func raw(fn uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
}

// function makes a function of Go that calls a function of C.
func function(code uintptr, form reflect.Type) reflect.Value {
	p := reflect.New(form)
	purego.RegisterFunc(p.Interface(), code)
	return p.Elem()
}

// pointerTo makes a pointer for C to a function of Go. It lasts for ever.
func pointerTo(fn reflect.Value) uintptr { return purego.NewCallback(fn.Interface()) }
