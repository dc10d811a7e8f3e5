package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
)

type checkCmd struct {
	Paths  []string `arg:"" help:"Files, or directories with everything below them."`
	Hook   string   `help:"Hook that files outside a workspace are for."`
	Syntax bool     `help:"Parse only, without resolving names."`
}

// Run compiles every script and prints all errors.
func (c *checkCmd) Run(s *Shared) error {
	if c.Hook != "" && !knownHook(c.Hook) {
		return cli.Fail(cli.Usage, "unknown hook '%s'", c.Hook)
	}
	files, err := scripts(c.Paths, ".hsl")
	if err != nil {
		return err
	}
	var all diag.List
	for _, f := range files {
		diags, err := c.file(s, f)
		if err != nil {
			return err
		}
		all = append(all, diags...)
	}
	all.Sort() // one message for a fault that several scripts import
	diag.Text(os.Stderr, all)
	if all.Errors() {
		return &cli.Exit{Code: cli.Usage}
	}
	return nil
}

func (c *checkCmd) file(s *Shared, file string) (diag.List, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, cli.Fail(cli.Usage, "cannot read %s", file)
	}
	if c.Syntax {
		_, diags := parser.Parse(&token.FileSet{}, file, string(src))
		return diags, nil
	}
	e, err := s.env(os.Stdout)
	if err != nil {
		return nil, err
	}
	hookName, imported := c.Hook, false
	if ws, ok := workspace.Find(file); ok {
		if h := workspace.Context(ws, file); h != "" {
			hookName = h
		}
		rel, err := filepath.Rel(ws, mustAbs(file))
		imported = err == nil && strings.HasPrefix(filepath.ToSlash(rel), "files/")
	}
	dir := filepath.Dir(file)
	entry := module.Entry{ID: "x", Context: hookName, Root: dirRoot(dir, prefix(dir)), Path: filepath.Base(file), Source: src, Globals: e.defined(), Module: imported}
	_, diags := e.loader.Build(context.Background(), e.roots(file), []module.Entry{entry})
	return diags, nil
}

func knownHook(name string) bool {
	for _, p := range hook.Phases {
		if string(p) == name {
			return true
		}
	}
	return false
}

// scripts lists files and, below directories, those with the suffix.
func scripts(paths []string, suffix string) ([]string, error) {
	var out []string
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, cli.Fail(cli.Usage, "cannot read %s", p)
		}
		if !st.IsDir() {
			out = append(out, p)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && len(path) > len(suffix) && path[len(path)-len(suffix):] == suffix {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, cli.Fail(cli.Usage, "cannot read %s", p)
		}
	}
	return out, nil
}

func mustAbs(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	return abs
}
