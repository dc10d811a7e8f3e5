//go:build (linux || darwin) && !android && !ios

#include "textflag.h"

GLOBL ·variadicABI0(SB), NOPTR|RODATA, $8
DATA ·variadicABI0(SB)/8, $variadic(SB)

// variadic goes on to a variadic function of C with the registers and the stack of
// its caller, which is C too: the address of the function is the 26th word of
// arguments on the stack, behind the return address. AL is the upper bound of
// vector registers used (System V ABI for x86-64, 3.5.7).
TEXT variadic(SB), NOSPLIT|NOFRAME, $0
	MOVQ 208(SP), R11
	MOVL $8, AX
	JMP  R11
