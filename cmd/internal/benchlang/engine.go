package main

import (
	"context"
	"regexp"
	"time"
)

// An engine is a language that can run the programs.
type engine struct {
	name string
	// ext is the ending of its programs.
	ext string
	// kind says which aim the engine belongs to.
	kind kind
	// version is the module of a hosted engine, the flag of a native one.
	version string
	// load compiles a program, which is not timed.
	load func(ctx context.Context, path string) (program, error)
}

// kind groups engines by what they are measured for.
type kind int

const (
	own kind = iota
	// hosted engines are written in Go and run in this process.
	hosted
	// native engines are written in C and run as processes.
	native
)

// program is one compiled program: run starts it from a fresh state and returns
// its checksum and the time it took.
type program interface {
	run(ctx context.Context) (sum float64, took time.Duration, err error)
}

// debianPython is named with its folder: a version manager's Python often stands
// first in the path.
const debianPython = "/usr/bin/python3"

// engines in the order of the table's columns; hsl is the first.
func engines(harness string) []engine {
	list := []engine{
		{name: "hsl", ext: ".hsl", kind: own, load: loadHSL()},
		{name: "gopher-lua", ext: ".lua", kind: hosted, version: "github.com/yuin/gopher-lua", load: loadGopherLua},
		{name: "goja", ext: ".js", kind: hosted, version: "github.com/dop251/goja", load: loadGoja},
		{name: "tengo", ext: ".tengo", kind: hosted, version: "github.com/d5/tengo/v2", load: loadTengo},
		{name: "lua5.4", ext: ".lua", kind: native, version: "-v"},
		{name: "php", ext: ".php", kind: native, version: "-v"},
		{name: "python3", ext: ".py", kind: native, version: "-V"},
	}
	for i := range list {
		if e := &list[i]; e.kind == native {
			e.load = loadExternal(harness, e.command())
		}
	}
	return list
}

// command is the interpreter of a native engine.
func (e engine) command() string {
	if e.name == "python3" {
		return debianPython
	}
	return e.name
}

// choose keeps the engines whose names match, and hsl always: ratios need it.
func choose(all []engine, names *regexp.Regexp) []engine {
	var out []engine
	for _, e := range all {
		if e.kind == own || names.MatchString(e.name) {
			out = append(out, e)
		}
	}
	return out
}
