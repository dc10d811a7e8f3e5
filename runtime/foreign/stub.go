//go:build !((linux || darwin) && (amd64 || arm64) && !android && !ios)

package foreign

import (
	"errors"
	"reflect"
)

// Supported tells that this platform has native calls.
const Supported = false

const process = 0

var errUnsupported = errors.New("native calls are not supported on this platform")

// Allowed keeps everybody from getting here.

func open(string) (uintptr, error) { return 0, errUnsupported }

func symbol(uintptr, string) uintptr { return 0 }

func raw(uintptr, ...uintptr) uintptr { panic(errUnsupported) }

func function(uintptr, reflect.Type) reflect.Value { panic(errUnsupported) }

func pointerTo(reflect.Value) uintptr { panic(errUnsupported) }
