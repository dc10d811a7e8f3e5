package memory_test

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/memory"
)

// TestParallel: nothing that many scripts count at once is lost, whether they count
// with memory_inc, in a callback of memory_update, or in a barrier.
func TestParallel(t *testing.T) {
	t.Parallel()
	const src = `
for ($i = 0; $i < 100; $i++) {
	memory_inc("inc");
	memory_update("update", 1, function ($k, $c, $v) { memory_inc("inside"); return $c + $v; }, 0);
	barrier "both" { memory_store("both", (memory_fetch("both") ?? 0) + 1); }
	memory_dec("dec", 2);
}
echo memory_fetch("inc") > 0;`
	b := registry.New()
	memory.Register(b)
	l := module.NewLoader(b.Freeze())
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := l.Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	shared := vm.NewShared()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			host := vm.DefaultHost(io.Discard)
			host.Shared = shared
			if _, err := vm.New(set.Image("x"), host, vm.Limits{}).Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Shared = shared
	end, diags := l.Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "y", Root: root, Path: "y",
		Source: []byte(`echo [memory_fetch("inc"), memory_fetch("update"), memory_fetch("inside"), memory_fetch("both"), memory_fetch("dec")];`)}})
	if end == nil {
		t.Fatal(diags.Err())
	}
	if _, err := vm.New(end.Image("y"), host, vm.Limits{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "[0=>1600,1=>1600,2=>1600,3=>1600,4=>-3200]\n"; out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}
