// Command hsl is where script authors live: it runs, checks, tests and explains
// scripts.
//
//	hsl                the shell
//	hsl run FILE       runs a script
//	hsl check PATH…    compiles only
//	hsl doc NAME       the reference of a name or keyword
//
// One file per command; env.go opens files the way all of them do. The functions
// are those of the server; what needs a hook says so when it is called.
package main
