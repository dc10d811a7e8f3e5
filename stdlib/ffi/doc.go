// Package ffi has class FFI: calling functions of C libraries (spec stdlib 28).
//
//	FFI object ──► foreign.Library ──► foreign.Function, called by the script
//
// The engine is runtime/foreign, see there. This package declares the class and
// checks arguments. It is off unless vm.Host.FFI says otherwise: then the
// constructor and every static method throw, and no script comes by a value.
//
// Decisions:
//
//   - cnumber takes types of numbers only; numbers out of range wrap as in C, NaN and
//     infinities throw for integers.
//   - Where C would surely crash the methods throw: NULL is not read, written or
//     freed, and bad addresses are noticed by what the class itself reads and writes.
//   - number of a pointer is its address. number64 takes integers and pointers.
//   - memcpy and attach and detach return the FFIValue they were given, not another
//     one, so that there is one owner.
//   - An FFIFunction is a function value: is_function() is true and it can be a
//     callback of array_map() and the like.
package ffi
