// Package str has the str_* functions, chr and ord (spec stdlib 23). Strings are
// bytes: every length and offset counts bytes, and case is that of ASCII.
//
//	str_split("a.b.c", ".", -2)   [0=>"a.b",1=>"c"]
//
// find.go, split.go and slice.go work on Go strings; register.go adapts them.
// It imports runtime packages only.
package str
