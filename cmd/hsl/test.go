package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/cmd/internal/testrun"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/reload"
	"github.com/hawser-mta/hawser/stdlib/checks"
)

type testCmd struct {
	Paths    []string `arg:"" optional:"" help:"Test files, or directories with everything below them; the current one when none is given."`
	Select   string   `name:"run" placeholder:"REGEX" help:"Run only the cases whose names match."`
	Verbose  bool     `short:"v" help:"A line per case, and what cases print."`
	Bench    string   `placeholder:"REGEX" help:"Run the benchmarks whose names match, instead of cases."`
	JSON     bool     `name:"json" help:"Print one JSON object."`
	JUnit    string   `name:"junit" placeholder:"FILE" help:"Write the results as JUnit XML."`
	Cover    bool     `help:"Print which part of each file has run; with --verbose the lines that have not."`
	Profile  string   `name:"coverprofile" placeholder:"FILE" help:"Write the coverage of lines and functions in lcov form."`
	Parallel int      `placeholder:"N" default:"1" help:"Cases at once."`
	Watch    bool     `help:"Run again what a change affects."`
}

// caseTime bounds a case unless --max-time says otherwise.
const caseTime = time.Minute

// Run runs test files.
func (c *testCmd) Run(s *Shared) error {
	r, err := c.runner(s)
	if err != nil {
		return err
	}
	if len(c.Paths) == 0 {
		c.Paths = []string{"."}
	}
	files, err := scripts(c.Paths, testrun.Suffix)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if c.Watch {
		return c.watch(ctx, r)
	}
	if len(files) == 0 {
		return cli.Fail(cli.Usage, "no file *%s in %s", testrun.Suffix, c.Paths[0])
	}
	end, err := s.profile()
	if err != nil {
		return err
	}
	defer end()
	return c.round(ctx, r, files)
}

func (c *testCmd) runner(s *Shared) (*testrun.Runner, error) {
	e, err := s.env(io.Discard)
	if err != nil {
		return nil, err
	}
	r := &testrun.Runner{
		Universe: checks.Mockable(e.universe), Std: e.std, Roots: e.roots, Prefix: prefix,
		Services: e.host.Services, Limits: e.limits(), Parallel: c.Parallel, Cover: c.Cover || c.Profile != "", Compat: e.s.Compat, FFI: e.s.FFI,
	}
	if r.Limits.Time == 0 {
		r.Limits.Time = caseTime
	}
	if r.Globals, err = s.definitions(); err != nil {
		return nil, err
	}
	for _, x := range []struct {
		flag, text string
		to         **regexp.Regexp
	}{{"run", c.Select, &r.Select}, {"bench", c.Bench, &r.Bench}} {
		if x.text == "" {
			continue
		}
		if *x.to, err = regexp.Compile(x.text); err != nil {
			return nil, cli.Fail(cli.Usage, "--%s: '%s' is no regular expression", x.flag, x.text)
		}
	}
	if c.Bench != "" && c.Select == "" {
		r.Select = regexp.MustCompile(`$^`)
	}
	return r, nil
}

// round runs files once and prints the outcome.
func (c *testCmd) round(ctx context.Context, r *testrun.Runner, files []string) error {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	text := &testrun.Text{W: out, Verbose: c.Verbose, Colour: cli.Colour(os.Stdout)}
	rep := r.Run(ctx, files, os.Stderr, func(x testrun.Result) {
		if !c.JSON {
			text.Result(x)
			out.Flush()
		}
	})
	if c.JSON {
		if err := testrun.JSON(out, rep); err != nil {
			return err
		}
	} else {
		if c.Cover {
			testrun.Coverage(out, rep.Coverage, c.Verbose)
		}
		text.Summary(rep)
	}
	if c.Profile != "" {
		if err := writeFile(c.Profile, func(w io.Writer) error { return testrun.Lcov(w, rep.Coverage) }); err != nil {
			return err
		}
	}
	if c.JUnit != "" {
		if err := writeFile(c.JUnit, func(w io.Writer) error { return testrun.JUnit(w, rep) }); err != nil {
			return err
		}
	}
	switch {
	case rep.Broken:
		return &cli.Exit{Code: cli.Usage}
	case rep.Failed > 0:
		return &cli.Exit{Code: cli.Failed}
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return cli.Fail(cli.Usage, "write %s: %s", name, reasonOf(err))
	}
	if err := write(f); err != nil {
		f.Close()
		return cli.Fail(cli.Failed, "write %s: %s", name, reasonOf(err))
	}
	return f.Close()
}

// watch repeats rounds until Ctrl-C.
func (c *testCmd) watch(ctx context.Context, r *testrun.Runner) error {
	changed := make(chan struct{}, 1)
	w := &reload.Watcher{Dirs: watched(c.Paths), Logger: slog.New(slog.DiscardHandler), Build: func(context.Context) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}}
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	err := r.Watch(ctx, func(ctx context.Context) bool {
		select {
		case <-changed:
			return true
		case <-ctx.Done():
			return false
		}
	}, func() ([]string, error) { return scripts(c.Paths, testrun.Suffix) }, os.Stderr, func(files []string) {
		_ = c.round(ctx, r, files)
		fmt.Println("waiting for changes, Ctrl-C ends")
	})
	<-done
	return err
}

// watched are the folders of the paths, and of the workspaces they lie in.
func watched(paths []string) []string {
	var dirs []string
	add := func(d string) {
		if abs, err := filepath.Abs(d); err == nil && !slices.Contains(dirs, abs) {
			dirs = append(dirs, abs)
		}
	}
	for _, p := range paths {
		dir := p
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			dir = filepath.Dir(p)
		}
		add(dir)
		if ws, ok := workspace.Find(filepath.Join(dir, "x"+testrun.Suffix)); ok {
			for _, f := range []string{"config", "hooks", "files", "tests"} {
				add(filepath.Join(ws, f))
			}
		}
	}
	return dirs
}
