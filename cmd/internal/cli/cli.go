// Package cli is what the commands share: exit codes, version, and the start of
// a command line (spec cli). A command parses with Parse and leaves with the
// code of its outcome; nothing prints a Go stack to a user.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// Exit codes of every command.
const (
	OK     = 0
	Failed = 1 // the thing ran and failed
	Usage  = 2 // it could not start
)

// Exit is an error that carries the code to leave with. An empty text prints
// nothing: the command has said everything itself.
type Exit struct {
	Code int
	Text string
}

// Error returns the text.
func (e *Exit) Error() string { return e.Text }

// Fail returns an error that leaves with a code.
func Fail(code int, format string, args ...any) error {
	return &Exit{code, fmt.Sprintf(format, args...)}
}

// Version is the version of the build.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development"
}

// Main parses the arguments into grammar, runs the chosen command and returns
// the exit code.
func Main(name, help string, grammar any, args []string, stderr io.Writer, bindings ...any) int {
	exit := -1
	p, err := kong.New(grammar, kong.Name(name), kong.Description(help), kong.UsageOnError(), kong.Writers(os.Stdout, stderr),
		kong.Exit(func(code int) { exit = code }), kong.Vars{"version": name + " " + Version()}, kong.Bind(bindings...))
	if err != nil {
		fmt.Fprintln(stderr, name+": "+err.Error())
		return Usage
	}
	ctx, err := p.Parse(args)
	if exit >= 0 {
		return exit // --help and --version
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %s\n", name, err)
		return Usage
	}
	return Code(name, ctx.Run(), stderr)
}

// Code prints an error and returns the exit code it means.
func Code(name string, err error, stderr io.Writer) int {
	if err == nil {
		return OK
	}
	var e *Exit
	if !errors.As(err, &e) {
		e = &Exit{Failed, err.Error()}
	}
	if e.Text != "" {
		fmt.Fprintf(stderr, "%s: %s\n", name, e.Text)
	}
	return e.Code
}

// Colour reports whether f is a terminal that wants colours.
func Colour(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
