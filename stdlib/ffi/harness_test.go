package ffi_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

var universe = sync.OnceValue(func() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	b.Func(sig.New("descriptor(fd: number) -> FFIValue", "As Socket->toFFIValue."), func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return foreign.Descriptor(t, int(a[0].Num()))
	})
	b.Func(sig.New("stream(data: string, position: number) -> FFIValue|none", "As File->toFFIValue."), func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return foreign.Stream(t, a[0].Str(), int(a[1].Num()))
	})
	return b.Freeze()
})

// prelude has the names that programs of these tests use.
const prelude = `
$void = FFI::type("void"); $ptr = FFI::type("pointer"); $dots = FFI::type("...");
$s8 = FFI::type("sint8"); $u8 = FFI::type("uint8"); $s16 = FFI::type("sint16"); $u16 = FFI::type("uint16");
$s32 = FFI::type("sint32"); $u32 = FFI::type("uint32"); $s64 = FFI::type("sint64"); $u64 = FFI::type("uint64");
$float = FFI::type("float"); $double = FFI::type("double");
$libc = FFI("` + "LIBC" + `"); $libm = FFI("LIBM"); $peer = FFI("PEER");
function failed($f) { try { $f(); return "no error"; } catch ($e) { return $e->message(); } }
`

// peer is the library of testdata, compiled once.
var peer = sync.OnceValues(func() (string, error) {
	out := filepath.Join(scratch, "peer.so")
	text, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-pthread", "-o", out, "testdata/peer.c").CombinedOutput()
	if err != nil {
		return string(text), err
	}
	return out, nil
})

// compile makes a program ready for runs.
func compile(t *testing.T, src string) *vm.Image {
	t.Helper()
	so, err := peer()
	if err != nil {
		t.Fatalf("cc: %s\n%s", err, so)
	}
	libc, libm := "libc.so.6", "libm.so.6"
	if runtime.GOOS == "darwin" {
		libc, libm = "/usr/lib/libSystem.B.dylib", "/usr/lib/libSystem.B.dylib"
	}
	src = strings.NewReplacer("LIBC", libc, "LIBM", libm, "PEER", so).Replace(prelude) + src
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := module.NewLoader(universe()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	return set.Image("main")
}

// execute runs a program with FFI allowed and returns what it prints.
func execute(t *testing.T, src string, limits vm.Limits) (string, error) {
	t.Helper()
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.FFI = true
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := vm.New(compile(t, src), host, limits).Run(ctx)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// program is a program and what it prints.
type program struct{ name, src, want string }

func check(t *testing.T, list []program) {
	t.Helper()
	t.Parallel()
	for _, p := range list {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			got, err := execute(t, p.src, vm.Limits{Memory: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(p.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// until collects garbage until f holds.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s: never", what)
		}
		runtime.GC()
	}
}
