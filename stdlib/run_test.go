package stdlib_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/golden"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/stdlib"
)

func universe() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	return b.Freeze()
}

// TestRun runs every program below testdata/run that needs no mail functions.
func TestRun(t *testing.T) {
	t.Parallel()
	runtest.Dir(t, universe(), "../testdata/run", "mail")
}

// TestCovered runs what the language does with coverage: counting changes nothing.
func TestCovered(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"operators", "scope", "statements"} {
		runtest.Covered(t, universe(), "../testdata/run/"+dir)
	}
}

// TestErrors compiles every faulty program that needs no hook functions.
func TestErrors(t *testing.T) {
	t.Parallel()
	runtest.Dir(t, universe(), "../testdata/lang/errors", "hook")
}

// TestExamples runs the example of every declaration.
func TestExamples(t *testing.T) {
	t.Parallel()
	if n := runtest.Examples(t, universe()); n < 50 {
		t.Errorf("only %d declarations have an example", n)
	}
}

// TestKeywords runs the example of every reserved word.
func TestKeywords(t *testing.T) {
	t.Parallel()
	runtest.Keywords(t, universe())
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
