// Package runtest runs chunk files (see lang/golden) against a universe of
// functions. It serves tests only: stdlib and mta run their conformance scripts
// with it. It also has what tests of several rooms need of the machine: how the heap
// grows, and an address that does not answer.
//
//	runtest.Dir(t, universe, "../testdata/run", "mail")
package runtest

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/golden"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Dir runs every program below a folder, but for the folders named.
func Dir(t *testing.T, u *registry.Universe, dir string, without ...string) {
	t.Helper()
	each(t, dir, without, func(t *testing.T, c golden.Chunk) { Chunk(t, u, c) })
}

// Covered is Dir for programs that are compiled for coverage: they do the same.
func Covered(t *testing.T, u *registry.Universe, dir string, without ...string) {
	t.Helper()
	each(t, dir, without, func(t *testing.T, c golden.Chunk) { chunk(t, u, c, true) })
}

func each(t *testing.T, dir string, without []string, run func(*testing.T, golden.Chunk)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains(without, d.Name()) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hsl" {
			return err
		}
		chunks, err := golden.Chunks(path)
		if err != nil {
			t.Error(err)
			return nil
		}
		t.Run(strings.TrimPrefix(path, dir+"/"), func(t *testing.T) {
			t.Parallel()
			for _, c := range chunks {
				run(t, c)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Examples runs the example of every declaration and returns how many there
// are.
func Examples(t *testing.T, u *registry.Universe) int {
	t.Helper()
	n := 0
	for _, f := range u.Catalog.Funcs {
		if f.Text == "" || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("%s: the text must be sentences, got %q", f.Name, f.Text)
		}
		if f.Example == "" {
			continue
		}
		n++
		c := golden.Chunk{Name: f.Name, Main: f.Example, Printed: true, Compat: f.Compat}
		if f.Output != "" {
			c.Output = strings.Split(f.Output, "\n")
		}
		Chunk(t, u, c)
	}
	return n
}

// Keywords runs the example of every reserved word.
func Keywords(t *testing.T, u *registry.Universe) {
	t.Helper()
	for _, k := range sig.Keywords {
		Chunk(t, u, golden.Chunk{
			Name: k.Words[0], Main: k.Example, Printed: true, Output: strings.Split(k.Output, "\n"), Files: map[string]string{"lib.hsl": k.Module},
		})
	}
}

// Chunk runs one program.
func Chunk(t *testing.T, u *registry.Universe, c golden.Chunk) { chunk(t, u, c, false) }

func chunk(t *testing.T, u *registry.Universe, c golden.Chunk, cover bool) {
	roots := chunkRoots(c)
	root := roots.Files
	loader := module.NewLoader(u)
	loader.Cover, loader.Compat = cover, c.Compat
	set, diags := loader.Build(t.Context(), roots, []module.Entry{
		{ID: "main", Context: c.Hook, Root: root, Path: "main", Source: []byte(c.Main)},
	})
	if len(c.Errors) > 0 || diags.Errors() {
		compareErrors(t, c, diags)
		return
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Files = roots
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := vm.New(set.Image("main"), host, vm.Limits{Memory: 256 << 20}).Run(ctx)
	var thrown *vm.Thrown
	switch {
	case err == nil && c.Uncaught != nil:
		t.Errorf("%s: ended well, want an uncaught exception", c.Name)
	case errors.As(err, &thrown) && c.Uncaught != nil:
		if !c.Uncaught.MatchString(thrown.Error()) {
			t.Errorf("%s: uncaught %q, want %s", c.Name, thrown, c.Uncaught)
		}
	case err != nil:
		t.Errorf("%s: %s", c.Name, err)
	}
	if d := cmp.Diff(strings.Join(c.Output, "\n"), strings.TrimSuffix(out.String(), "\n")); d != "" {
		t.Errorf("%s: output (-want +got)\n%s", c.Name, d)
	}
}

// chunkRoots puts the files of a chunk into the roots that their names begin with.
func chunkRoots(c golden.Chunk) *module.Roots {
	trees := map[string]fstest.MapFS{}
	root := func(prefix string) *module.Root {
		trees[prefix] = fstest.MapFS{}
		return &module.Root{FS: trees[prefix], Prefix: prefix}
	}
	r := &module.Roots{
		Files: root(""), System: root("file://"), Std: root("std://"), Extras: []*module.Root{root("extras://")},
	}
	for name, src := range c.Files {
		prefix := ""
		if i := strings.Index(name, "://"); i > 0 {
			prefix, name = name[:i+3], name[i+3:]
		}
		trees[prefix][name] = &fstest.MapFile{Data: []byte(src)}
	}
	return r
}

func compareErrors(t *testing.T, c golden.Chunk, diags diag.List) {
	var want, got []string
	met := make([]bool, len(c.Errors))
	for _, d := range diags {
		text := d.Message
		if d.Hint != "" {
			text += " (hint: " + d.Hint + ")"
		}
		found := false
		for i, e := range c.Errors {
			if !met[i] && e.File == d.Pos.File && e.Line == d.Pos.Line && e.Match.MatchString(text) {
				met[i], found = true, true
				break
			}
		}
		if !found {
			got = append(got, d.Pos.String()+": "+text)
		}
	}
	for i, e := range c.Errors {
		if !met[i] {
			want = append(want, e.Match.String())
		}
	}
	if len(want)+len(got) > 0 {
		t.Errorf("%s: missing errors %q\nunexpected: %s", c.Name, want, strings.Join(got, "\n"))
	}
}
