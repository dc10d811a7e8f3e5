package ffi_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func TestCallback(t *testing.T) {
	check(t, []program{
		{"all types", `$f = FFI::callback([$double, $float, $s8, $ptr], $double, function ($a, $b, $c, $d) {
				return FFI::number($a) * 10 + FFI::number($b) + FFI::number($c) + (FFI::number($d) == 0 ? 0.25 : 0); });
			echo FFI::number($peer->func("apply", [$ptr, $double], $double)($f, 1.5));
			echo FFI::number($peer->func("applyf", [$ptr, $float], $float)(FFI::callback([$float], $float, function ($x) closure ($double) { return FFI::cnumber($double, FFI::number($x) / 2); }), 5));
			$id = FFI::callback([$ptr], $ptr, function ($p) { return $p; }); $null = FFI::callback([$ptr], $ptr, function ($p) { });
			$through = $peer->func("through", [$ptr, $ptr], $ptr); $s = FFI::cstring("same"); echo FFI::string($through($id, $s)); echo $through($null, "same");
			$peer->func("quiet", [$ptr], $void)(FFI::callback([], $void, function () { echo "called"; return []; }));`,
			"14.75\n2.5\nsame\n\ncalled"},
		{"exception", `$n = 0; $times = $peer->func("times", [$s32, $ptr], $s32);
			$f = FFI::callback([$s32], $s32, function ($i) closure ($n) { $n = $n + 1; if (FFI::number($i) == 2) throw ["why" => "two"]; return 1; });
			try { $times(10, $f); echo "not reached"; } catch ($e) { echo $e; } echo $n; $n = 10; echo FFI::number($times(2, $f)) . $n;`,
			"[\"why\"=>\"two\"]\n3\n212"},
		{"results", `$times = $peer->func("times", [$s32, $ptr], $s32);
			foreach (["x", none, [], FFI::nullptr(), 10 ** 400] as $x) { echo failed(function () closure ($times, $x, $s32) { $times(1, FFI::callback([$s32], $s32, function ($i) closure ($x) { return $x; })); }); }
			echo failed(function () closure ($peer, $ptr) { $peer->func("through", [$ptr, $ptr], $ptr)(FFI::callback([$ptr], $ptr, function ($i) { return "text"; }), none); });`,
			"callback must return sint32, got string\ncallback must return sint32, got none\ncallback must return sint32, got array\ncallback must return sint32, got FFIValue of pointer\n" +
				"callback must return sint32, got number\ncallback must return pointer, got string"},
		{"mistakes", `echo failed(function () closure ($ptr) { FFI::callback([1], $ptr, "x"); }); echo failed(function () closure ($dots, $ptr) { FFI::callback([$dots], $ptr, function () { }); });
			echo failed(function () closure ($ptr) { FFI::callback([$ptr, 1], $ptr, function () { }); });
			echo failed(function () closure ($peer, $s32, $ptr) { $peer->func("times", [$s32, $ptr], $s32)(1, FFI::callback([$s32], $s32, function ($a, $b) { })); });`,
			"FFI::callback(): argument 3 (callback) must be function, got string\nFFI::callback(): variadic callbacks are not supported\n" +
				"FFI::callback(): argument 1 (arguments) must be a list of FFIType, got number\nToo few arguments to function"},
		{"calls in calls", `$times = $peer->func("times", [$s32, $ptr], $s32);
			function deep($n, $times, $s32) { if ($n == 0) return 1;
				return FFI::number($times(2, FFI::callback([$s32], $s32, function ($i) closure ($n, $times, $s32) { return deep($n - 1, $times, $s32); }))); }
			echo deep(6, $times, $s32);
			function endless($times, $s32) { $times(1, FFI::callback([$s32], $s32, function ($i) closure ($times, $s32) { endless($times, $s32); return 0; })); }
			echo failed(function () closure ($times, $s32) { endless($times, $s32); });`,
			"64\nCall depth limit exceeded"},
		{"kept", `$cb = FFI::callback([$s32], $s32, function ($i) { return FFI::number($i) * 2; });
			$peer->func("keep", [$ptr], $void)($cb); echo FFI::number($peer->func("fire", [$s32], $s32)(21)); echo FFI::number($peer->func("elsewhere", [$s32], $s32)(21)); $cb;`,
			"42\n0"},
	})
}

// TestCallbackEnds: what ends a script ends it in a callback too.
func TestCallbackEnds(t *testing.T) {
	t.Parallel()
	_, err := execute(t, `$f = FFI::callback([$s32], $s32, function ($i) { forever { } });
		try { $peer->func("times", [$s32, $ptr], $s32)(3, $f); } catch ($e) { echo "caught"; }`, vm.Limits{Steps: 100_000})
	var limit *vm.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("got %v, want the limit of steps", err)
	}
}

// TestCallbackOfOthers: a callback does nothing in calls of another run, or after its
// run has ended.
func TestCallbackOfOthers(t *testing.T) {
	// Not parallel: the library keeps one callback.
	host := vm.DefaultHost(new(strings.Builder))
	host.FFI = true
	first := vm.New(compile(t, `$cb = FFI::callback([$s32], $s32, function ($i) { return 5; }); $peer->func("keep", [$ptr], $void)($cb);`), host, vm.Limits{})
	if _, err := first.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := `$mine = FFI::callback([$s32], $s32, function ($i) { return 6; }); echo FFI::number($peer->func("fire", [$s32], $s32)(1));`
	for range 2 {
		got, err := execute(t, second, vm.Limits{})
		if d := cmp.Diff("0", got); err != nil || d != "" {
			t.Errorf("%v (-want +got)\n%s", err, d)
		}
		first.Reset() // the second time the run is over
	}
}

// TestCallbackReuse: callbacks that are gone make room for others, also those whose
// function holds them.
func TestCallbackReuse(t *testing.T) {
	img := compile(t, `$times = $peer->func("times", [$s32, $ptr], $s32);
		foreach (array_range(0, 100) as $i) { $cb = FFI::callback([$s32], $s32, function ($x) closure ($cb) { return isset($cb) ? 1 : 0; }); if (FFI::number($times(2, $cb)) != 2) echo "wrong"; }`)
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.FFI = true
	for range 3*foreign.MaxCallbacks/100 + 1 {
		if _, err := vm.New(img, host, vm.Limits{}).Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() > 0 {
		t.Error(out.String())
	}
}
