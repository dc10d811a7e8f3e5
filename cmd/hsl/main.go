package main

import (
	"os"

	"github.com/alecthomas/kong"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/cmd/internal/collector"
)

type grammar struct {
	Version kong.VersionFlag `help:"Print the version."`
	Shared

	Repl  replCmd  `cmd:"" default:"1" help:"Interactive shell (the default)."`
	Run   runCmd   `cmd:"" help:"Compile and run a script."`
	Check checkCmd `cmd:"" help:"Compile scripts and print their errors."`
	Test  testCmd  `cmd:"" help:"Run test files."`
	Doc   docCmd   `cmd:"" help:"The reference of a function, class, method, hook variable or keyword."`
}

func main() {
	collector.Tune()
	g := &grammar{}
	os.Exit(cli.Main("hsl", "The Hawser script tool.", g, os.Args[1:], os.Stderr, &g.Shared))
}
