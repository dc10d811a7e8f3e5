// Package bytecode defines the compiled form of a script or module.
//
// The machine has registers. Each call sees a window of them: first $this (in
// methods), then the parameters, then the other variables, then temporaries.
// The arguments of a call are laid out where the window of the callee will
// begin, so that calling copies nothing:
//
//	caller  | this | $a | $b | t0 | t1 | t2 |
//	callee                        | $x | $y | t0 | …
//
// An instruction is 8 bytes: an operation and three operands A, B, C. In the
// table of opcodes R means a register, K a constant, L a built-in, n a count, other
// letters an index into the named table of the program; J is a jump target made of B
// and C. A comparison that jumps is followed by the jump that it does or skips.
//
// The machine trusts the operands: Verify checks them all when a program is linked.
//
// A Program holds no values and never changes, so every thread shares it.
package bytecode
