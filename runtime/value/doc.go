// Package value defines what variables hold.
//
// A Value is 16 bytes: a pointer and a word.
//
//	kind       pointer           word
//	number     nil               the 64 bits of the double
//	undefined  &tag              0
//	none       &tag              kind
//	boolean    &tag              kind | bit<<8
//	string     first byte        kind | length<<8
//	  growing  *buffer           kind | length<<8
//	array      *Array            kind | borrowed<<8
//	function   *Func             kind
//	object     *Object           kind
//	resource   *Resource         kind
//
// Numbers and booleans therefore never allocate, and a string costs its bytes
// only. It was chosen over 24 bytes with a separate float (equal in arithmetic,
// 28 % slower and 45 % larger when filling arrays) and over Go interfaces (six
// times slower in arithmetic, an allocation per number).
//
// Only numbers have a nil pointer. Arithmetic so tests two pointers and nothing
// else, and the garbage collector, which looks up every pointer that is not nil,
// passes over lists of numbers: filling and reading one takes 41 ms instead of the
// 63 ms with a pointer to a tag. Inverting the bits of numbers, so that the zero
// Value could stay undefined, took loops from 23 to 38 ms, since every operation
// then moves its numbers between register files; therefore the zero Value is the
// number 0, and what is absent must be made Undef.
//
// Set and SetNum leave the pointer alone where it does not change, which spares the
// write barrier of the collector.
//
// Strings that grow by appending live in a buffer that several values share,
// each seeing its own length; the value that ends where the buffer ends may
// extend it in place. So appending in a loop is linear and no value ever sees
// bytes that another appended.
//
// Arrays copy on write. An Array is marked shared as soon as two variables may
// hold it; whoever wants to write a shared one clones it first. A value can
// also be borrowed: it aliases an array that its owner cannot change meanwhile
// (an argument, an operand). Own turns a borrowed value into a shared one and
// must be called before such a value is kept; the methods of Array that store
// values do so themselves. Passing an array to a function therefore costs
// nothing afterwards.
//
// The package imports only lang/bytecode, for the code that functions point to.
package value
