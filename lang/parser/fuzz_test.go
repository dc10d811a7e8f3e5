package parser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/golden"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/token"
)

// corpus returns the programs of testdata/run and testdata/bench.
func corpus(t testing.TB) (out []string) {
	t.Helper()
	for _, pattern := range []string{"../../testdata/run/*/*.hsl", "../../testdata/bench/*.hsl", "../../testdata/lang/errors/*.hsl"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file %s", pattern)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.Split(string(b), "// ---\n")...)
		}
	}
	return out
}

// roundTrip: what parses can be written from its tree, and the text has the same
// tree; every node lies inside the one around it.
func roundTrip(t *testing.T, src string) {
	fset := &token.FileSet{}
	f, diags := parser.Parse(fset, "a", src)
	if diags.Errors() {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if n.Pos() > n.End() || n.Pos() < f.Pos() || n.End() > f.End() {
			t.Fatalf("%T from %d to %d in a file of %d to %d", n, n.Pos(), n.End(), f.Pos(), f.End())
		}
		return true
	})
	text := golden.Source(f)
	g, diags := parser.Parse(fset, "b", text)
	if err := diags.Err(); err != nil {
		t.Fatalf("%s\n%s\nfrom\n%s", err, text, src)
	}
	if d := cmp.Diff(ast.Dump(f), ast.Dump(g)); d != "" {
		t.Fatalf("(-source +written from its tree)\n%s\n%s", d, text)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, src := range corpus(t) {
		roundTrip(t, src)
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range corpus(f) {
		if len(src) < 600 {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) < 1<<14 {
			roundTrip(t, src)
		}
	})
}
