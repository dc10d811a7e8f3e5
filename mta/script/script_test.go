package script_test

import (
	"testing"

	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/stdlib"
)

func universe() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	script.Register(b)
	return b.Freeze()
}

func TestRun(t *testing.T) {
	t.Parallel()
	runtest.Dir(t, universe(), "../../testdata/run/mail")
	runtest.Dir(t, universe(), "../../testdata/run/stdlib/mail")
}

// TestExamples runs the example of every declaration, those of stdlib included.
func TestExamples(t *testing.T) {
	t.Parallel()
	if n := runtest.Examples(t, universe()); n < 55 {
		t.Errorf("only %d declarations have an example", n)
	}
}
