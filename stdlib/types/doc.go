// Package types has the functions about the types of values (spec stdlib 3) and
// the classes that belong to the language itself: Exception, Map, Set and
// Iterator (spec stdlib 26, 29).
//
//	length("é")            2
//	number("0x1f")         31
//	Set("string")->add(1)  throws: keys keep their type
//
// It imports runtime packages only.
package types
