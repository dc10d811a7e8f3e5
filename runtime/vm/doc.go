// Package vm runs bytecode.
//
//	Image   a program with its modules, linked to the library; shared
//	Thread  one run: stack, frames, one Module per program of the image
//	Module  the variables of one program during one run
//
//	img, err := vm.Link(program, library)
//	t := vm.New(img, host, limits)
//	t.SetGlobal("context", v)
//	result, err := t.Run(ctx)
//
//	unit.go       linking          thread.go  life of a run
//	run.go        the loop         ops.go     its slow paths
//	guard.go      panics           window.go  registers
//	site.go       members
//	call.go       calls, classes   path.go    places behind variables
//	exception.go  throw and catch  limits.go  steps, time, memory
//	iter.go       foreach, yield   cache.go, barrier.go  shared stores
//
// Calls of script functions do not use the Go stack; callbacks from built-ins
// do, one nested loop each. The machine imports nothing above it: built-ins
// arrive as a table indexed by the slot that the resolver chose.
//
// # Speed
//
// What was tried, and what it gave on the programs of testdata/bench when they were
// smaller (processor time, best of several runs taken in turn on a busy machine):
//
//	constants as operands, whole remainders in integer registers,
//	    comparison and jump in one, conditions tested behind the
//	    body, registers by base pointer without bounds checks        loop 72 → 25 ms
//	the current instruction as the only state of the dispatch; Go
//	    stored five variables on its stack per instruction before    loop 26 → 21 ms
//	members remembered per site and shape, paths without allocation  method 87 → 22 ms
//	numbers with a nil pointer (package value)                       array 63 → 41 ms
//	    the same with inverted bits, to keep the zero Value undefined: loop 23 → 38 ms
//	lists that double when they grow                                 array 34 → 25 ms
//	stores that leave an equal pointer alone, lists written in place sieve 32 → 24 ms
//	one guard against panics per loop, not per call of a built-in;
//	    callbacks without allocation                                 closure 222 → 137 ms
//	hashes in the index of arrays                                    map 172 → 120 ms
//	no index while keys only grow                                    closure 81 → 49 ms
//	the code and constants of a frame kept in it                      method 68 → 58 ms
//	several parts appended or joined at once, numbers as digits
//	    straight into the text                                       string 41 → 28 ms
//	kinds of errors told by type switch, not errors.As               exception 42 → 16 ms
//
// And on the programs as they are now:
//
//	frames written in place, where they were built and copied: the copy
//	    read what the processor had not stored yet                   fib 66 → 41 ms,
//	                                                                 method 39 → 27 ms
//	a throw straight to its catch, an Exception in one allocation    exception 19.5 → 8.8 ms
//	$a[k] += n without a walk along its path, cutting and joining
//	    without iterators, no index for few keys                     policy 97 → 64 ms
//	four bytes instead of eight per slot of an index                 map 550 → 460 ms
//	keys that follow each other in one line of the index              map 365 → 290 ms
//	a list that a pattern takes apart serves again                   policy 64 → 53 ms
//	the collector at five times what lives (cmd/internal/collector)  sieve 148 → 30 ms,
//	                                                                 string 230 → 40 ms
//
// Numbers with inverted bits did not help and are gone. Constant keys of patterns as
// one instruction gave too little to measure (policy); they stay because the listing
// is shorter. Profile-guided compilation gave 0 to 10 % and a build of over a minute.
// map waits for memory: half of its time was one access per key to an index of 8 MB.
// Keeping keys together over two characters, a page instead of a line, made it slower:
// keys crowd.
//
// Not tried: machine code, type inference for variables that only hold numbers,
// lists of plain floats.
package vm
