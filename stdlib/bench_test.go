package stdlib_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// checksums are what the programs of testdata/bench return.
var checksums = map[string]float64{
	"array": 249999500000, "closure": 250000, "exception": 100000, "fib": 832040, "float": 625885,
	"loop": 63, "map": 499999500000, "method": 3500005, "policy": 2108000,
	"regex": 2733400150000, "sieve": 41538, "split": 3777780, "string": 5888890,
}

func build(b testing.TB, u *registry.Universe, src string) *vm.Image {
	b.Helper()
	set, diags := module.NewLoader(u).Build(b.Context(), &module.Roots{}, []module.Entry{{ID: "x", Root: &module.Root{}, Path: "x", Source: []byte(src)}})
	if err := diags.Err(); err != nil {
		b.Fatal(err)
	}
	return set.Image("x")
}

// BenchmarkPrograms runs each program of testdata/bench from the start.
func BenchmarkPrograms(b *testing.B) {
	u := universe()
	files, err := filepath.Glob("../testdata/bench/*.hsl")
	if err != nil || len(files) != len(checksums) {
		b.Fatalf("%d programs, want %d", len(files), len(checksums))
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".hsl")
		b.Run(name, func(b *testing.B) {
			src, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			img, host := build(b, u, string(src)), vm.DefaultHost(io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				v, err := vm.New(img, host, vm.Limits{}).Run(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if v != value.Num(checksums[name]) {
					b.Fatalf("the result is %s, want %v", value.Literal(v), checksums[name])
				}
			}
		})
	}
}

// BenchmarkCompile takes 5,000 lines from text to a linked program.
func BenchmarkCompile(b *testing.B) {
	u := universe()
	var src strings.Builder
	for i := range 250 {
		fmt.Fprintf(&src, source, i)
	}
	b.SetBytes(int64(src.Len()))
	b.ReportAllocs()
	for b.Loop() {
		build(b, u, src.String())
	}
}

// source is 20 lines in the style of hook scripts.
const source = `// A rule about senders.
class Rule%[1]d {
	private $limit = 10;
	private $seen = [];

	constructor($limit) { $this->limit = $limit; }

	function check($address, $score = 0) {
		$domain = str_lower(str_split($address, "@")[1] ?? "");
		if ($this->seen[$domain] > $this->limit)
			return ["action" => "defer", "reason" => "too many from $domain", "score" => $score * 2];
		$this->seen[$domain] = ($this->seen[$domain] ?? 0) + 1;
		foreach (["spam.example" => 5, "bad.example" => 3] as $k => $v)
			if ($domain == $k and !isset($this->seen["x"])) $score += $v;
		return none;
	}
}
$rule%[1]d = Rule%[1]d(100);
`
