package stdlib_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// outcome runs a program and returns what it printed and how it ended; ok is
// false when it does not compile.
func outcome(t *testing.T, u *registry.Universe, src string, plain bool) (text string, ok bool) {
	t.Helper()
	l := module.NewLoader(u)
	l.Plain = plain
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := l.Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(src)}})
	if set == nil {
		return diags.Err().Error(), false
	}
	var out strings.Builder
	_, err := vm.New(set.Image("x"), vm.DefaultHost(&out), vm.Limits{Steps: 100_000, Memory: 16 << 20}).Run(t.Context())
	var limit *vm.LimitError
	switch {
	case errors.As(err, &limit):
		return "", true // where exactly a limit strikes may differ
	case err != nil:
		fmt.Fprintln(&out, err)
	}
	return out.String(), true
}

// differ compares optimised with unoptimised compilation.
func differ(t *testing.T, u *registry.Universe, seed uint64) {
	src := runtest.Generate(seed)
	plain, ok := outcome(t, u, src, true)
	if !ok {
		t.Errorf("seed %d: the program does not compile: %s\n%s", seed, plain, src)
		return
	}
	if fast, _ := outcome(t, u, src, false); fast != plain {
		t.Errorf("seed %d: (-plain +optimised)\n%s\n%s", seed, cmp.Diff(plain, fast), src)
	}
}

// TestGenerated runs random programs, compiled with and without optimisations.
func TestGenerated(t *testing.T) {
	t.Parallel()
	u := universe()
	for seed := range uint64(300) {
		if differ(t, u, seed); t.Failed() {
			return
		}
	}
}

func FuzzGenerated(f *testing.F) {
	u := universe()
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { differ(t, u, seed) })
}
