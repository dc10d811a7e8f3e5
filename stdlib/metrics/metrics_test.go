package metrics_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/metrics"
)

// store notes what it is asked: the server's own comes with its configuration.
type store struct{ calls []string }

func (s *store) note(op, name string, labels []metrics.Label, v float64) bool {
	s.calls = append(s.calls, fmt.Sprint(op, " ", name, " ", labels, " ", v))
	return name != "unknown"
}

func (s *store) Add(name string, l []metrics.Label, v float64) bool { return s.note("add", name, l, v) }
func (s *store) Sub(name string, l []metrics.Label, v float64) bool { return s.note("sub", name, l, v) }
func (s *store) Set(name string, l []metrics.Label, v float64) bool { return s.note("set", name, l, v) }

func (s *store) Get(name string, l []metrics.Label) (metrics.Sample, bool) {
	switch name {
	case "gauge":
		return metrics.Sample{Value: 2.5}, true
	case "histogram":
		return metrics.Sample{Count: 3, Sum: 7, Buckets: []metrics.Bucket{{Le: 1, Count: 2}, {Le: math.Inf(1), Count: 3}}}, true
	}
	return metrics.Sample{}, false
}

func TestStore(t *testing.T) {
	t.Parallel()
	b := registry.New()
	stdlib.Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	src := `
		echo [metrics_increment("n", []), metrics_increment("n", ["host" => "a", "code" => 250], 2)];
		echo [metrics_decrement("n", ["_x9" => true]), metrics_set("n", [], -1.5), metrics_set("unknown", [], 1)];
		echo [metrics_increment("n", ["1x" => "a"]), metrics_increment("n", ["" => "a"]), metrics_increment("n", ["a-b" => "c"]), metrics_increment("n", ["a" => []])];
		echo metrics_increment("n", [], (10 ** 300) * (10 ** 300) * 0);
		echo [metrics_get("gauge", []), metrics_get("histogram", []), metrics_get("nothing", [])];`
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	s := &store{}
	host.Services[metrics.Service] = s
	if _, err := vm.New(set.Image("main"), host, vm.Limits{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := `[0=>true,1=>true]
[0=>true,1=>true,2=>none]
[0=>none,1=>none,2=>none,3=>none]

[0=>["value"=>2.5],1=>["count"=>3,"sum"=>7,"buckets"=>[0=>["le"=>1,"count"=>2],1=>["le"=>Infinity,"count"=>3]]],2=>none]
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	calls := []string{"add n [] 1", "add n [{host a} {code 250}] 2", "sub n [{_x9 true}] 1", "set n [] -1.5", "set unknown [] 1"}
	if d := cmp.Diff(calls, s.calls); d != "" {
		t.Errorf("calls (-want +got)\n%s", d)
	}
}
