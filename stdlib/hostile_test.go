package stdlib_test

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// dag is an array of 2^40 elements in a few hundred bytes.
const dag = `$a = [1, "x"]; for ($i = 0; $i < 40; $i++) $a = [$a, $a]; `

// hostile are scripts that want more than they may have. Each ends in an error
// that matches, or well where the work can be done in little room.
var hostile = []struct{ name, src, want string }{
	{"doubling string", `$a = "0123456789abcdef"; forever $a .= $a;`, "memory limit"},
	{"doubling array", `$a = [1, 2, 3]; forever $a = $a + $a;`, "memory limit|too long"},
	{"repeat", `$a = "x" * 2000000000;`, "too long|memory limit"},
	{"repeat in steps", `$a = "x" * 3000000; $b = []; forever $b[] = $a . "y";`, "memory limit"},
	{"array repeat", `$a = array_range(0, 100000) * 1000;`, "too long|memory limit"},
	{"str_repeat", `$a = str_repeat("abc", 1000000000);`, "too long|memory limit"},
	{"array_range", `$a = array_range(0, 1000000000);`, "more than|memory limit"},
	{"array_range in arrays", `$a = []; forever $a[] = array_range(0, 100000);`, "memory limit"},
	{"wide format", `$a = "%2000000000s" % ["x"];`, "Bad format|too long|memory limit"},
	{"many formats", `$a = ("%9999999s" * 100) % array_range(0, 200);`, "Bad format|too long|memory limit"},
	{"str_replace", `$a = str_replace("x", "y" * 100000, "x" * 100000);`, "too long|memory limit"},
	{"str_split", `$a = str_split("," * 3000000, ",");`, "memory limit"},
	{"str_chunk", `$a = str_chunk("," * 3000000, 1);`, "memory limit"},
	{"array_join", `$a = array_join(array_range(0, 100000), "x" * 1000);`, "too long|memory limit"},
	{"json_encode", dag + `$a = json_encode($a);`, "too long|memory limit|too large"},
	{"json_decode", `$a = json_decode("[" * 3000000);`, ""},
	{"json numbers", `$a = json_decode("[" . ("1," * 2000000) . "1]");`, "memory limit"},
	{"csv_encode", `$a = csv_encode(["x" * 100000] * 1000);`, "too long|memory limit|must be"},
	{"csv_decode", `$a = csv_decode("a,b\n" . (",\n" * 1000000));`, "memory limit"},
	{"yaml nesting", `$a = yaml_decode("[" * 100000);`, ""},
	{"yaml aliases", `$s = "a0: &a0 [x, x]\n"; for ($i = 1; $i < 40; $i++) $s .= "a$i: &a$i [*a" . ($i - 1) . ", *a" . ($i - 1) . "]\n"; $a = yaml_decode($s);`, ""},
	{"printed", dag + `echo $a;`, "too long|memory limit"},
	{"string()", dag + `$s = string($a);`, "too long|memory limit"},
	{"interpolated", dag + `$s = "<$a>";`, "too long|memory limit"},
	{"joined", dag + `$s = array_join([$a], ",");`, "too long|memory limit"},
	{"as a subject", dag + `$s = $a =~ "x{5}";`, "too long|memory limit"},
	{"compared", dag + `$b = [1, "x"]; for ($i = 0; $i < 40; $i++) $b = [$b, $b]; echo $a == $b;`, ""},
	{"stored", dag + `memory_store("a", $a); echo length(memory_fetch("a"));`, ""},
	{"cached", dag + `function f($x) { return 1; } echo cache [] f($a);`, ""},
	{"as a key", dag + `$m = [$a => 1]; echo $m[$a];`, ""},
	{"sorted", dag + `$s = array_sort(function ($x, $y) { return $x < $y; }, [$a, $a, 1]);`, ""},
	{"unique", dag + `$s = array_unique([$a, $a, 1]);`, ""},
	{"subtracted", dag + `$s = [$a, 2] - [$a]; echo length($s);`, ""},
	{"recursion", `function f($n) { return f($n + 1) + 1; } f(0);`, "Call depth limit"},
	{"recursion by callback", `function f($n) { return array_map(f, [$n]); } f(0);`, "Call depth limit"},
	{"recursion by objects", `class K { function f() { return $this->f(); } } K()->f();`, "Call depth limit"},
	{"endless generator", `function g() { forever yield 1; } foreach (g() as $x) { }`, "steps"},
	{"self-reference", `class K { } $k = K(); $k->me = $k; $k->list = [$k, [$k]]; echo $k; echo [$k, $k->list]; echo $k == $k->me;`, ""},
	{"growing properties", `class K { } $k = K(); for ($i = 0;; $i++) $k["p$i"] = "x" * 1000 . $i;`, "memory limit"},
	{"growing map", `$m = Map("string", "string"); for ($i = 0;; $i++) $m->set("k$i", "x" * 1000 . $i);`, "memory limit"},
	{"growing closure", `$a = []; $f = function () closure ($a) { $a[] = "x" * 1000 . length($a); }; forever $f();`, "memory limit"},
	{"captured strings", `$fs = []; for ($i = 0;; $i++) { $s = "x" * 100000 . $i; $fs[] = (function ($s) { return function () closure ($s) { return $s; }; })($s); }`, "memory limit"},
	{"catastrophic regex", `echo ("a" * 40 . "b") =~ #/^(a+)+$/;`, ""},
	{"catastrophic regex with references", `echo ("a" * 200) =~ #/^(a*)*\1b$/;`, "limit|too complex|steps"},
	{"nested quantifiers", `echo ("x" * 5000) =~ #/(x+x+)+y/;`, ""},
	{"regex recursion", `echo ("(" * 100000) =~ #/(\((?:[^()]|(?1))*\))/;`, ""},
	{"pcre_replace", `$a = pcre_replace("x", "y" * 100000, "x" * 100000);`, "too long|memory limit"},
	{"pcre_match_all", `$a = pcre_match_all("(x)(x)?", "x" * 1000000);`, "memory limit"},
	{"huge pattern", `$a = pcre_compile("(a|b)" * 100000);`, ""},
	{"huge repetition", `$a = pcre_compile("((((a{1000}){1000}){1000}){1000})");`, ""},
	{"zlib bomb", `$a = "x" * 5000000; $z = zlib_compress($a); unset($a); $b = []; forever $b[] = zlib_uncompress($z);`, "memory limit|too long|at most"},
	{"base64", `$a = "x" * 2000000; $b = []; forever $b[] = base64_encode($a);`, "memory limit"},
	{"pack", `$a = pack("C*", ...array_range(0, 500000)); $b = []; forever $b[] = $a . "x";`, "memory limit"},
	{"random bytes", `$a = random_bytes(2000000000);`, "must be 0 to|memory limit"},
	{"slices", `$a = array_range(0, 100000); $b = []; forever $b[] = $a[:];`, "memory limit"},
	{"spread", `$a = array_range(0, 100000); $b = []; forever $b[] = [...$a, ...$a];`, "memory limit"},
	{"arguments", `function f(...$x) { return length($x); } echo f(...array_range(0, 100000));`, ""},
	{"power", `$a = 10 ** 400; echo $a; echo 2 ** 1e0 ?? 1;`, "number|want"},
}

// usage is what a run took: processor time, and heap beyond what there was.
type usage struct {
	time time.Duration
	heap uint64
}

// hostileLimit is the memory that hostile scripts may hold.
const hostileLimit = 16 << 20

// hostileTime ends what would not end. It is long, because other work may have the
// processors; what a script takes of them is measured.
const hostileTime = time.Minute

// slowest is how much processor time a hostile program may take: fifteen times what the
// longest takes, since a machine that others share can be that slow.
const slowest = 45 * time.Second

// watch runs the program x of a set within limits and looks at the heap meanwhile.
func watch(t *testing.T, set *module.Set) (usage, error) {
	ctx, cancel := context.WithTimeout(t.Context(), hostileTime)
	defer cancel()
	var err error
	begin := runtest.Processor()
	grown := runtest.Grows(func() {
		_, err = vm.New(set.Image("x"), vm.DefaultHost(io.Discard), vm.Limits{Steps: 1_000_000, Memory: hostileLimit, Time: hostileTime}).Run(ctx)
	})
	return usage{runtest.Processor() - begin, grown}, err
}

func TestHostile(t *testing.T) {
	u := universe()
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			set, diags := load(t, module.NewLoader(u), c.src)
			var took usage
			err := diags.Err()
			if set != nil {
				took, err = watch(t, set)
			}
			text := ""
			if err != nil {
				text = err.Error()
			}
			if !regexp.MustCompile(c.want).MatchString(text) || c.want == "" && strings.Contains(text, "limit of") || c.want != "" && err == nil {
				t.Errorf("got %q, want /%s/", text, c.want)
			}
			var internal *vm.InternalError
			if errors.As(err, &internal) || strings.Contains(text, "internal") {
				t.Errorf("an internal error: %q", text)
			}
			if took.time > slowest {
				t.Errorf("it took %s", took.time)
			}
			// Garbage that waits for the collector counts as well.
			if took.heap > 16*hostileLimit {
				t.Errorf("the heap grew by %d MiB under a limit of %d", took.heap>>20, hostileLimit>>20)
			}
		})
	}
}

// TestRegexIsCancelled: a search ends with its run, long before its own limit.
func TestRegexIsCancelled(t *testing.T) {
	set, _ := load(t, module.NewLoader(universe()), `echo ("a" * 3000) =~ #/^(a*)*\1b$/;`)
	search := func(ctx context.Context) (time.Duration, error) {
		begin := time.Now()
		_, err := vm.New(set.Image("x"), vm.DefaultHost(io.Discard), vm.Limits{}).Run(ctx)
		return time.Since(begin), err
	}
	whole, err := search(t.Context())
	if err == nil {
		t.Fatal("the search ended inside its limit")
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	part, err := search(ctx)
	var gone *vm.CancelError
	if !errors.As(err, &gone) || part > whole/2 {
		t.Errorf("got %v after %s, the whole search takes %s", err, part, whole)
	}
}
