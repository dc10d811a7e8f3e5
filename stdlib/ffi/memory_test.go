package ffi_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// TestOwn: what is owned goes when it is unreachable, by its destructor.
func TestOwn(t *testing.T) {
	things := func() string {
		got, err := execute(t, `echo FFI::number($peer->func("thing_count", [], $s32)());`, vm.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	_, err := execute(t, `$new = $peer->func("thing_new", [], $ptr); $free = $peer->func("thing_free", [$ptr], $void);
		foreach (array_range(0, 10) as $i) { FFI::attach(FFI::attach($new()), $free); FFI::detach(FFI::attach($new(), $free)); }`, vm.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "10 destroyed, 10 given up", func() bool { return things() == "10" })
}

// resident is the memory of the process in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestMemory: the memory of C counts as the script's, and does not pile up.
func TestMemory(t *testing.T) {
	var limit *vm.LimitError
	for name, src := range map[string]string{
		"at once":    `FFI::allocate(2 ** 25);`,
		"bit by bit": `$a = []; forever $a[] = FFI::allocate(100000);`,
		"strings":    `$s = "x" * 1000000; $a = []; forever $a[] = FFI::cstring($s);`,
		"values":     `$a = []; forever $a[] = FFI::nullptr();`,
		"functions":  `$a = []; forever $a[] = $libc->func("abs", [$s32], $s32);`,
		"read":       `echo length(FFI::string(FFI::allocate(1), 2 ** 29));`,
	} {
		if _, err := execute(t, src, vm.Limits{Memory: 16 << 20}); !errors.As(err, &limit) || limit.Limit != "memory" {
			t.Errorf("%s: got %v, want the limit of memory", name, err)
		}
	}
	before := resident(t)
	if _, err := execute(t, `$set = $libc->func("memset", [$ptr, $s32, $u64], $void); foreach (array_range(0, 1000) as $i) $set(FFI::allocate(1000000), 1, 1000000);`, vm.Limits{Memory: 16 << 20}); err != nil {
		t.Fatal(err)
	}
	if after := resident(t); after-before > 400<<20 {
		t.Errorf("1 GB allocated and dropped: %d MB stay", (after-before)>>20)
	}
	_, err := execute(t, `FFI::allocate(2 ** 60);`, vm.Limits{})
	if err == nil || errors.As(err, &limit) {
		t.Errorf("got %v, want an exception", err)
	}
}
