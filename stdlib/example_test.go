package stdlib_test

import (
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/golden"
)

// TestExamples runs the example of every declaration.
func TestExamples(t *testing.T) {
	t.Parallel()
	u := universe()
	n := 0
	for _, f := range u.Catalog.Funcs {
		if f.Text == "" || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("%s: the text must be sentences, got %q", f.Name, f.Text)
		}
		if f.Example == "" {
			continue
		}
		n++
		c := golden.Chunk{Name: f.Name, Main: f.Example, Printed: true}
		if f.Output != "" {
			c.Output = strings.Split(f.Output, "\n")
		}
		runChunk(t, u, c)
	}
	if n < 50 {
		t.Errorf("only %d declarations have an example", n)
	}
}
