package compile_test

import (
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/compile"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

// listing compiles a script and returns its disassembly.
func listing(t *testing.T, src string) (string, diag.List) {
	return listingOf(t, src, compile.Options{})
}

func listingOf(t *testing.T, src string, o compile.Options) (string, diag.List) {
	t.Helper()
	fset := &token.FileSet{}
	o.Fset = fset
	f, diags := parser.Parse(fset, "t.hsl", src)
	if diags.Errors() {
		return "", diags
	}
	cat := &sig.Catalog{Slots: map[string]int{}, Classes: map[string]*sig.Class{}}
	info, diags := resolve.Resolve(f, cat, resolve.Options{Fset: fset})
	if diags.Errors() {
		return "", diags
	}
	p, diags := compile.Compile(f, info, o)
	if diags.Errors() {
		t.Fatal(diags.Err())
	}
	var b strings.Builder
	p.Disassemble(&b)
	return b.String(), nil
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want, not string }{
		{"sum goes straight into the variable", "$a = 1; $b = $a + 2; echo $b;", "addk", "movetemp"},
		{"a read that may be undefined is checked", "if (1 == 2) $a = 1; echo $a;", "checkdef", ""},
		{"a read after its assignment is not", "$a = 1; echo $a;", "echo", "checkdef"},
		{"both branches define", "if (1 == 2) $a = 1; else $a = 2; echo $a;", "echo", "checkdef"},
		{"constants fold", "echo 2 * 3 + 1;", "7", "mul"},
		{"captured variables live in cells", "$n = 1; $f = function () closure ($n) { return $n; };", "closure", ""},
		{"barrier unlocks on every way out", `barrier "k" => $v { $v = 1; }`, "rethrow", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, diags := listing(t, c.src)
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("want %q and not %q in\n%s", c.want, c.not, got)
			}
		})
	}
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"unknown function", "nowhere(1);", "unknown function 'nowhere'"},
		{"argument count", "function f($a) { return $a; } f();", "function f takes 1 argument, got 0"},
		{"break outside a loop", "break;", "'break' stands outside a loop or switch"},
		{"two functions of one name", "function f() { } function f() { }", "'f' is declared twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, diags := listing(t, c.src)
			if err := diags.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestCover: programs hold no trace of coverage unless it is wanted.
func TestCover(t *testing.T) {
	t.Parallel()
	const src = "function f($x) {\n\tif ($x)\n\t\treturn 1;\n\treturn match ($x) { 1 => 2, default => 3 };\n}\nwhile (f(1)) { ; }"
	off, _ := listing(t, src)
	if strings.Contains(off, "cover ") {
		t.Errorf("coverage that nobody wanted:\n%s", off)
	}
	on, _ := listingOf(t, src, compile.Options{Cover: true})
	// Statements, arms, and the begin of both functions.
	if got := strings.Count(on, "cover "); got != 8 {
		t.Errorf("%d points, want 8:\n%s", got, on)
	}
}
