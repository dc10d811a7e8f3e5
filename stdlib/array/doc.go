// Package array has the array_* functions (spec stdlib 1). Arrays are ordered
// maps; every function returns a new array and leaves its input as it is.
//
//	array_filter(is_number, ["a" => 1, "b" => "x"])   ["a"=>1]
//
// register.go declares, callback.go has the functions that call back into the
// script, order.go those that order and pick, build.go the rest. It imports
// runtime packages only.
package array
