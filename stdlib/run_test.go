package stdlib_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/golden"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

func universe() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	return b.Freeze()
}

// TestRun runs every program below testdata/run.
func TestRun(t *testing.T) {
	t.Parallel()
	u := universe()
	err := filepath.WalkDir("../testdata/run", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hsl" {
			return err
		}
		chunks, err := golden.Chunks(path)
		if err != nil {
			t.Error(err)
			return nil
		}
		t.Run(strings.TrimPrefix(path, "../testdata/run/"), func(t *testing.T) {
			t.Parallel()
			for _, c := range chunks {
				runChunk(t, u, c)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runChunk(t *testing.T, u *registry.Universe, c golden.Chunk) {
	files := fstest.MapFS{}
	for name, src := range c.Files {
		files[name] = &fstest.MapFile{Data: []byte(src)}
	}
	root := &module.Root{FS: files}
	roots := &module.Roots{Files: root}
	set, diags := module.NewLoader(u).Build(t.Context(), roots, []module.Entry{
		{ID: "main", Root: root, Path: "main", Source: []byte(c.Main)},
	})
	if len(c.Errors) > 0 || diags.Errors() {
		compareErrors(t, c, diags)
		return
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Files = roots
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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
			if !met[i] && e.Line == d.Pos.Line && e.Match.MatchString(text) {
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

var numbered = regexp.MustCompile(`^C(\d+) `)

// TestCornerCases makes sure that every snippet of the language chapter about
// corner cases is there.
func TestCornerCases(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	files, err := filepath.Glob("../testdata/run/*/*.hsl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		chunks, err := golden.Chunks(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			_, title, _ := strings.Cut(c.Name, " ")
			if m := numbered.FindStringSubmatch(title); m != nil {
				seen[m[1]] = true
			}
		}
	}
	if len(seen) != 98 {
		t.Errorf("found %d of 98 corner cases", len(seen))
	}
}
