package stdlib_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/golden"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// seeds adds the conformance programs.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("../testdata/run/*/*.hsl")
	if err != nil || len(files) == 0 {
		f.Fatal("no conformance programs")
	}
	for _, path := range files {
		chunks, err := golden.Chunks(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range chunks {
			if len(c.Main) < 500 {
				f.Add(c.Main)
			}
		}
	}
}

// FuzzCompile: any text is compiled and linked, or refused with positions.
func FuzzCompile(f *testing.F) {
	seeds(f)
	u := universe()
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 {
			return
		}
		set, diags := load(t, module.NewLoader(u), src)
		if set == nil && !diags.Errors() {
			t.Fatal("no program, and no error")
		}
		for _, d := range diags {
			if d.Code == "internal" || d.Pos.Line < 1 {
				t.Fatalf("%s: %s", d.Pos, d.Message)
			}
		}
	})
}

// FuzzRun: whatever compiles ends inside its limits.
func FuzzRun(f *testing.F) {
	seeds(f)
	u := universe()
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<12 {
			return
		}
		set, _ := load(t, module.NewLoader(u), src)
		if set == nil {
			return
		}
		host := vm.DefaultHost(io.Discard)
		host.Sleep = func(context.Context, time.Duration) error { return nil }
		host.Files = &module.Roots{}
		var crash string
		host.Log = func(_ *vm.Thread, _ int, text string) { crash = text }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := vm.New(set.Image("x"), host, vm.Limits{Steps: 20_000, Memory: 32 << 20, Depth: 200, Time: 2 * time.Second}).Run(ctx)
		var internal *vm.InternalError
		if errors.As(err, &internal) || ctx.Err() != nil {
			t.Fatalf("%v\n%s", err, crash)
		}
	})
}

func load(t *testing.T, l *module.Loader, src string) (*module.Set, diag.List) {
	root := &module.Root{FS: fstest.MapFS{}}
	return l.Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(src)}})
}
