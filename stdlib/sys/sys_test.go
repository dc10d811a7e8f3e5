package sys_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/sys"
)

// TestSyslog: one record per line of text, with control bytes escaped.
func TestSyslog(t *testing.T) {
	t.Parallel()
	b := registry.New()
	sys.Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	src := `syslog("err", "one\ntwo\x00\t\r\x1b[0m\x7f é\n"); syslog(8 * 16 + 7, ""); syslog("emerg", "a\n\nb");`
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	var got []string
	host := vm.DefaultHost(nil)
	host.Log = func(_ *vm.Thread, priority int, text string) { got = append(got, fmt.Sprint(priority, " ", text)) }
	if _, err := vm.New(set.Image("x"), host, vm.Limits{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"3 one", `3 two\x00\x09\x0d\x1b[0m\x7f é`, "135 ", "0 a", "0 ", "0 b"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestVersions: UUIDs by time and by chance.
func TestVersions(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1, 4} {
		s, err := sys.New(version, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		id, err := uuid.Parse(s)
		if err != nil || int(id.Version()) != version {
			t.Errorf("got %s, version %d, want version %d", s, id.Version(), version)
		}
	}
}
