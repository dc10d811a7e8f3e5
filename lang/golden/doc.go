// Package golden reads the test data of scripts: chunk files, which hold several
// small programs with what they print or which errors they have.
//
//	$a = 1;
//	echo $a + ;     // ### "got ';'"
//	// ---
//	echo 6 * 7;
//	// === output
//	// 42
//
// `// file: NAME` starts a further file of the program, `// file: main` the
// program itself; NAME may begin with file://, extras:// or std:// and then lies
// in that root. `// hook: NAME` says which hook the program runs in, `// compat`
// that it may use legacy names, and
// `// === uncaught "REGEXP"` that it ends with a value that nobody catches. The
// package imports the standard library only and serves tests only.
package golden
