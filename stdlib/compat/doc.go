// Package compat has the names that older products gave to functions of the library
// (spec stdlib 31.1). Programs see them when they are compiled with compat.
//
//	explode(",", $s)  ──►  str_split($s, ",")
//
// An alias has the implementation of its function, a wrapper calls it with arguments
// and a result that are put in order. Implementations come from the builder, by name:
// the package knows no other domain and registers last.
package compat
