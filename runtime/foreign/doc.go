// Package foreign calls functions of C libraries for scripts (spec stdlib 28) and
// has the values that such functions take and give. Class FFI is made of it in
// stdlib/ffi; classes with a method toFFIValue use Descriptor, Stream and
// Certificate.
//
//	script ──► Function.Call ──► C ──► callback slot ──► function of the script
//	                │                        │
//	             FFIValue                 FFIValue
//
// native.go is all that knows purego, which calls without cgo. Where it does not
// run, stub.go stands in and Supported is false.
//
// Decisions:
//
//   - All memory that a script sees the address of is C's. Go's collector never
//     meets an address of its own heap in the hands of a script, and free() and C
//     libraries may take the memory over.
//   - Reads and writes by address are done in Go, which turns a bad address into
//     an exception of the script. A bad address in C code ends the process.
//   - Libraries stay loaded: functions, callbacks and static data of one that was
//     closed would crash when used. Opening a library again takes no more memory.
//   - Callbacks cannot be unmade: a pointer to one leads to a slot, and slots are
//     used again for the same types (see MaxCallbacks). What is called through a
//     slot runs only inside a call that the script which made it has under way, on
//     the thread of that call; at any other time the C code gets 0.
//   - A call into C cannot be interrupted. It blocks its own script only.
//   - Calls of one script may run on different threads of the process, so state of
//     C that belongs to a thread, such as errno, does not last between them.
package foreign
