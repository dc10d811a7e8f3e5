package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/hawser-mta/hawser/cmd/internal/collector"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "benchlang:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	dir, json         string
	programs, engines *regexp.Regexp
	rounds            int
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{programs: regexp.MustCompile(""), engines: regexp.MustCompile("")}
	f := flag.NewFlagSet("benchlang", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.dir, "dir", "testdata/bench", "folder of the programs")
	f.StringVar(&o.json, "json", "", "write all times to this file as well")
	f.IntVar(&o.rounds, "rounds", 5, "runs of each cell; the median counts")
	pattern := func(p **regexp.Regexp) func(string) error {
		return func(s string) (err error) { *p, err = regexp.Compile(s); return err }
	}
	f.Func("programs", "only programs whose names match this regular expression", pattern(&o.programs))
	f.Func("engines", "only engines whose names match this regular expression, and hsl", pattern(&o.engines))
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("got argument %q, want flags only", f.Arg(0))
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("got %d rounds, want 1 at least", o.rounds)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	collector.Tune() // for all engines of this process
	names, err := programs(o.dir, o.programs)
	if err != nil {
		return err
	}
	s := &session{engines: choose(engines(filepath.Join(o.dir, "harness")), o.engines), progress: stderr}
	if err := s.load(ctx, o.dir, names); err != nil {
		return err
	}
	if err := s.measure(ctx, o.rounds); err != nil {
		return err
	}
	measured := versions(ctx, s.engines)
	if o.json != "" {
		if err := writeJSON(o.json, s, measured); err != nil {
			return err
		}
	}
	return writeTable(stdout, summarise(s), measured)
}
