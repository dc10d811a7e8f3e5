package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/vm"
)

type runCmd struct {
	Code string   `short:"e" placeholder:"CODE" help:"Run this text."`
	File string   `arg:"" optional:"" help:"Script, - for standard input."`
	Args []string `arg:"" optional:"" passthrough:"" help:"In $argv of the script."`
}

// maxScript bounds a script from standard input, in bytes.
const maxScript = 64 << 20

// Run compiles and runs a script.
func (c *runCmd) Run(s *Shared) error {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	e, err := s.env(out)
	if err != nil {
		return err
	}
	entry := module.Entry{ID: "main", Globals: append(e.defined(), "argv")}
	file := c.File
	switch {
	case c.Code != "":
		entry.Source, entry.Path, file = []byte(c.Code), "command line", "./-e"
	case c.File == "":
		return cli.Fail(cli.Usage, "want a script to run, or -e CODE")
	case c.File == "-":
		if entry.Source, err = io.ReadAll(io.LimitReader(os.Stdin, maxScript)); err != nil {
			return cli.Fail(cli.Usage, "read standard input: %s", err)
		}
		entry.Path, file = "standard input", "./-"
	default:
		entry.Path = filepath.Base(file)
		if entry.Source, err = linked(file); err != nil {
			return err
		}
	}
	roots := e.roots(file)
	entry.Root = dirRoot(filepath.Dir(file), prefix(filepath.Dir(file)))
	ctx, stop := interruptible()
	defer stop()
	img, err := e.compile(ctx, roots, entry)
	if err != nil {
		return err
	}
	end, err := s.profile()
	if err != nil {
		return err
	}
	defer end()
	t := vm.New(img, e.host, e.limits())
	t.SetGlobal("argv", arguments(c.Args))
	if err := e.defines(t); err != nil {
		return err
	}
	_, err = t.Run(ctx)
	out.Flush()
	return report(os.Stderr, err)
}
