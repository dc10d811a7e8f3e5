// Package inspect looks at running scripts from outside.
//
//	compile with Cover ─► Image counts ─► Coverage: lines and functions per file
//
// Coverage is compiled into a program (instruction cover), not asked about by the
// machine: a program without it runs at full speed. It imports vm and
// lang/bytecode.
package inspect
