//go:build (linux || darwin) && !android && !ios

package foreign

// variadicABI0 is the address of variadic.
var variadicABI0 uintptr

// variadicEntry returns what is called in place of a variadic function.
func variadicEntry(uintptr) uintptr { return variadicABI0 }
