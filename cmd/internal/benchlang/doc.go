// Command benchlang runs the programs of testdata/bench on HSL and on other
// languages, one after the other in every round, and prints a table of ratios:
//
//	programs ──► engine.load ──► cell.run, run, … ──► median ──► table, JSON
//	            compiles, apart    fresh state, timed
//
// goja, gopher-lua and tengo run inside this process as HSL does; PUC Lua, PHP
// and Python run as processes and time themselves, so that their start does not
// count. All engines must return the same checksum.
//
// It is a module of its own: the peers are no dependencies of the product. It may
// import the runtime and stdlib packages of the product.
package main
