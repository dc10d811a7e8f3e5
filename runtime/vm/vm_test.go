package vm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// library has the few functions that the tests of the machine need.
func library() *registry.Universe {
	b := registry.New()
	b.Func(sig.New("length(value: any) -> number", "Length."), func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		if a[0].IsArray() {
			return value.Int(a[0].Array().Len()), nil
		}
		return value.Int(len(a[0].String())), nil
	})
	b.Func(sig.New("crash() -> none", "Panics."), func(*vm.Thread, []value.Value) (value.Value, error) {
		var a []int
		return value.Int(a[3]), nil
	})
	b.Func(sig.New("sleep(seconds: number) -> none", "Waits."), func(t *vm.Thread, a []value.Value) (value.Value, error) {
		if err := t.Host().Sleep(t.Context(), time.Duration(a[0].Num()*1e9)); err != nil {
			return value.None, &vm.CancelError{Cause: err}
		}
		return value.None, nil
	})
	b.Func(sig.New("stop() -> none", "Ends the script."), func(*vm.Thread, []value.Value) (value.Value, error) {
		return value.None, &vm.Terminate{Decision: "stopped"}
	})
	b.Var(sig.Var{Name: "given", Text: "What a test gives."})
	b.Var(sig.Var{Name: "kept", Writable: true, Text: "What a test gets."})
	return b.Freeze()
}

func image(tb testing.TB, src string) *vm.Image {
	tb.Helper()
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := module.NewLoader(library()).Build(tb.Context(), &module.Roots{Files: root}, []module.Entry{
		{ID: "main", Root: root, Path: "t.hsl", Source: []byte(src)},
	})
	if err := diags.Err(); err != nil {
		tb.Fatal(err)
	}
	return set.Image("main")
}

func run(t *testing.T, src string, l vm.Limits) (string, error) {
	t.Helper()
	var out bytes.Buffer
	_, err := vm.New(image(t, src), vm.DefaultHost(&out), l).Run(t.Context())
	return out.String(), err
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src, limit string
		l                vm.Limits
	}{
		{"endless loop by steps", "forever { }", "steps", vm.Limits{Steps: 10_000}},
		{"endless loop by time", "forever { }", "time", vm.Limits{Time: 20 * time.Millisecond}},
		{"caught all the same", "try { forever { } } catch ($e) { echo 1; }", "steps", vm.Limits{Steps: 10_000}},
		{"growing array", "$a = []; forever $a[] = \"xxxxxxxxxxxxxxxx\";", "memory", vm.Limits{Memory: 1 << 20}},
		{"growing string", "$a = \"x\"; forever $a .= $a;", "memory", vm.Limits{Memory: 1 << 20}},
		{"growing nesting", "$a = []; forever $a = [$a, $a];", "memory", vm.Limits{Memory: 1 << 20}},
		{"growing properties", "class C { } $o = C(); forever $o = [$o, C()];", "memory", vm.Limits{Memory: 1 << 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, c.src, c.l)
			var le *vm.LimitError
			if !errors.As(err, &le) || le.Limit != c.limit {
				t.Errorf("got %v, want the limit %s", err, c.limit)
			}
			if out != "" {
				t.Errorf("a catch saw the limit: %q", out)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	out, err := run(t, `function f($n) { return f($n + 1); } try { f(0); } catch ($e) { echo "deep"; }`, vm.Limits{Depth: 50})
	if err != nil || out != "deep\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src string }{
		{"in a loop", "forever { }"},
		{"while waiting", "sleep(1000);"},
		{"while waiting for a barrier", `barrier "k" { barrier "j" { } forever { } }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := errors.New("client is gone")
			time.AfterFunc(10*time.Millisecond, func() { cancel(gone) })
			var out bytes.Buffer
			_, err := vm.New(image(t, c.src), vm.DefaultHost(&out), vm.Limits{}).Run(ctx)
			var ce *vm.CancelError
			if !errors.As(err, &ce) || !errors.Is(err, gone) {
				t.Errorf("got %v, want cancelled: client is gone", err)
			}
		})
	}
}

// TestCancelLatency: a run ends within 10 ms of being cancelled, whatever it does.
// The machine may be busy: it counts what a quarter of the runs keep.
func TestCancelLatency(t *testing.T) {
	for _, src := range []string{"forever { }", "function f($n) { if ($n > 0) f($n - 1); } forever f(500);", "sleep(1000);"} {
		var waits []time.Duration
		img := image(t, src)
		for range 15 {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan time.Time)
			go func() {
				_, _ = vm.New(img, vm.DefaultHost(&bytes.Buffer{}), vm.Limits{}).Run(ctx)
				done <- time.Now()
			}()
			<-time.After(2 * time.Millisecond)
			begin := time.Now()
			cancel()
			waits = append(waits, (<-done).Sub(begin))
		}
		slices.Sort(waits)
		if m := waits[len(waits)/4]; m > 10*time.Millisecond {
			t.Errorf("%s: ended %s after the cancel", src, m)
		}
	}
}

func TestPanicIsAnException(t *testing.T) {
	t.Parallel()
	var logged string
	host := vm.DefaultHost(&bytes.Buffer{})
	host.Log = func(_ *vm.Thread, _ int, text string) { logged = text }
	_, err := vm.New(image(t, "crash();"), host, vm.Limits{}).Run(t.Context())
	var thrown *vm.Thrown
	if !errors.As(err, &thrown) || strings.Contains(thrown.Error(), "goroutine") || strings.Contains(thrown.Error(), "index out of range") {
		t.Errorf("got %v, want an exception without details", err)
	}
	if !strings.Contains(logged, "vm_test.go") {
		t.Errorf("the log has no stack: %q", logged)
	}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	out, err := run(t, `try { foreach ([1, 2] as $x) { echo $x; stop(); } } catch ($e) { echo "caught"; } echo "after";`, vm.Limits{})
	var end *vm.Terminate
	if !errors.As(err, &end) || end.Decision != "stopped" || out != "1\n" {
		t.Errorf("got %v after %q", err, out)
	}
}

func TestUncaughtStack(t *testing.T) {
	t.Parallel()
	_, err := run(t, "function inner() {\n  throw \"x\";\n}\nfunction outer() { inner(); }\nouter();", vm.Limits{})
	var thrown *vm.Thrown
	if !errors.As(err, &thrown) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range thrown.Stack {
		got = append(got, f.String())
	}
	want := "inner at t.hsl:2:9; outer at t.hsl:4:20; {main} at t.hsl:5:1"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got %s\nwant %s", s, want)
	}
}

// TestParallel runs one program on many threads that share memory.
func TestParallel(t *testing.T) {
	t.Parallel()
	img := image(t, `
		function work($n) { $r = []; for ($i = 0; $i < $n; $i++) $r[] = "v" . $i; return $r; }
		$list = cache ["ttl" => 60] work(50);
		$list[] = "mine";
		barrier "count" => $c { $c = isset($c) ? $c + length($list) : length($list); }
		echo length($list);`)
	host := vm.DefaultHost(nil)
	host.Echo = func(_ *vm.Thread, text string) {
		if text != "51" {
			t.Errorf("a run saw %s elements", text)
		}
	}
	done := make(chan error)
	const runs = 200
	for range runs {
		go func() {
			_, err := vm.New(img, host, vm.Limits{}).Run(t.Context())
			done <- err
		}()
	}
	for range runs {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	th := vm.New(image(t, ""), host, vm.Limits{})
	if _, err := th.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := th.Memory("count", func(v *value.Value) {
		if v.Number() != 51*runs {
			t.Errorf("the barrier lost counts: %v", v.Number())
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestReset runs a thread again: nothing of the first run is left.
func TestReset(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	th := vm.New(image(t, `echo isset($x); $x = 1; function f() { global $x; return $x; } echo f();`), vm.DefaultHost(&out), vm.Limits{})
	for range 2 {
		if _, err := th.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		th.Reset()
	}
	if out.String() != "false\n1\nfalse\n1\n" {
		t.Errorf("got %q", out.String())
	}
}

// TestFree frees threads whose scripts have ended in every way. The next ones have nothing
// of theirs, but limits and output of their own, and what a script made stays.
func TestFree(t *testing.T) {
	t.Parallel()
	img := image(t, `
		echo (isset($kept) ? "true" : "false") . " " . ($given ?? "nothing");
		$n = $given;
		$kept = function() closure ($n) { return [$n, [$n]]; };
		function deep($n) { if ($n > 0) deep($n - 1); }
		deep($given == 1 ? 500 : 5);
		if ($given > 1) while (true) {}`)
	var out bytes.Buffer
	calls := image(t, `echo $given();`)
	var kept []value.Value
	for i := range 100 {
		out.Reset()
		th := vm.New(img, vm.DefaultHost(&out), vm.Limits{Steps: 1_000_000})
		if i%2 > 0 {
			th = vm.New(img, vm.DefaultHost(&out), vm.Limits{Steps: 3_000_000})
		}
		want := "false nothing\n"
		if i > 0 {
			th.SetGlobal("given", value.Int(i%3))
			want = fmt.Sprintf("false %d\n", i%3)
		}
		_, err := th.Run(t.Context())
		var limit *vm.LimitError
		if stuck := i%3 == 2; errors.As(err, &limit) != stuck || stuck && !strings.Contains(limit.Text, fmt.Sprint(1+i%2*2, "000000")) {
			t.Fatalf("run %d ended with %v", i, err)
		}
		if kept = append(kept, th.Global("kept").Freeze()); out.String() != want {
			t.Fatalf("run %d printed %q, want %q", i, out.String(), want)
		}
		th.Free()
	}
	for i, f := range kept[1:] {
		out.Reset()
		th := vm.New(calls, vm.DefaultHost(&out), vm.Limits{})
		th.SetGlobal("given", f)
		if _, err := th.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("[0=>%d,1=>[0=>%[1]d]]\n", (i+1)%3); out.String() != want {
			t.Fatalf("what run %d made is %q, want %q", i+1, out.String(), want)
		}
		th.Free()
	}
}

// TestPatternsReuse takes lists apart that nobody else holds: none of them is a new one.
func TestPatternsReuse(t *testing.T) {
	img := image(t, `
		function swap($a, $b) { return [$b, $a]; }
		$a = 1; $b = 2;
		for ($i = 0; $i < 1000; $i += 1) {
			[$a, $b] = [$b, $a];
			[$a, $b] = swap($a, $b);
		}`)
	th := vm.New(img, vm.DefaultHost(&bytes.Buffer{}), vm.Limits{})
	allocs := testing.AllocsPerRun(10, func() {
		th.Reset()
		if _, err := th.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations", allocs)
	}
}

// BenchmarkHook is a hook of ordinary size on a fresh thread.
func BenchmarkHook(b *testing.B) {
	img := image(b, `
		function domain($a) { return $a["domain"] ?? "none"; }
		$blocked = ["spam.example" => true, "bad.example" => true];
		$from = ["localpart" => "user", "domain" => "example.org"];
		if ($blocked[domain($from)]) stop();
		$score = 0;
		foreach ([1, 2, 3] as $x) $score += $x;
		if ($score > 10) echo "high";`)
	host := vm.DefaultHost(&bytes.Buffer{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vm.New(img, host, vm.Limits{Memory: 1 << 28, Time: time.Minute}).Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
