//go:build !(amd64 && (linux || darwin) && !android && !ios)

package foreign

// variadicEntry returns what is called in place of a variadic function.
func variadicEntry(code uintptr) uintptr { return code }
