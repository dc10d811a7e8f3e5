// Package bundled holds the modules that come with the programs, embedded as
// source text.
//
//	std/NAME.hsl       imported as "std://NAME"
//	extras/NAME.hsl    imported as "extras://NAME"
//
// A module is an ordinary script: it is compiled with those that import it. The
// package imports only runtime/module.
package bundled
