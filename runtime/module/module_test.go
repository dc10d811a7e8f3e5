package module_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func universe() *registry.Universe {
	b := registry.New()
	b.Func(sig.New("Accept() -> never", "Accepts.").For("eod"), func(*vm.Thread, []value.Value) (value.Value, error) {
		return value.None, &vm.Terminate{}
	})
	b.Loader(registry.DataLoader{Name: "txt", Ext: []string{".txt"}, Options: map[string]sig.Type{"array": sig.Boolean},
		Load: func(src []byte, _ map[string]any) (any, error) { return value.Str(string(src)), nil }})
	return b.Freeze()
}

type files map[string]string

func (f files) fs() fstest.MapFS {
	m := fstest.MapFS{}
	for n, s := range f {
		m[n] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

type bench struct {
	loader *module.Loader
	roots  *module.Roots
	hooks  *module.Root
}

func newBench(f files, extras files) *bench {
	return &bench{
		loader: module.NewLoader(universe()),
		roots: &module.Roots{
			Files: &module.Root{FS: f.fs(), Prefix: "files"}, Extras: []*module.Root{{FS: extras.fs(), Prefix: "extras://"}},
			Std: &module.Root{FS: fstest.MapFS{}, Prefix: "std://"},
		},
		hooks: &module.Root{FS: fstest.MapFS{}, Prefix: "hooks"},
	}
}

func (b *bench) build(t *testing.T, src, context string) (*module.Set, diag.List) {
	t.Helper()
	return b.loader.Build(t.Context(), b.roots, []module.Entry{
		{ID: "main", Context: context, Root: b.hooks, Path: "eod/in.hsl", Source: []byte(src)},
	})
}

func output(t *testing.T, s *module.Set) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := vm.New(s.Image("main"), vm.DefaultHost(&out), vm.Limits{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestNames(t *testing.T) {
	t.Parallel()
	f := files{
		"m.hsl": `function f() { return "m"; }`, "dir/main.hsl": `import { g } from "./g.hsl"; function f() { return "dir " . g(); }`,
		"dir/g.hsl": `function g() { return "g"; }`, "up/x.hsl": `import { f } from "../m.hsl";`, "t.txt": "text",
	}
	extras := files{"rate/main.hsl": `function f() { return "rate"; }`, "one.hsl": `function f() { return "one"; }`}
	for _, c := range []struct{ name, src, want string }{
		{"bare", `import { f } from "m.hsl"; echo f();`, "m\n"},
		{"file:", `import { f } from "file:m.hsl"; echo f();`, "m\n"},
		{"folder", `import { f } from "dir"; echo f();`, "dir g\n"},
		{"upwards inside the root", `import { f } from "up/x.hsl"; echo f();`, "m\n"},
		{"extras folder", `import { f } from "extras://rate"; echo f();`, "rate\n"},
		{"extras file", `import { f } from "extras://one"; echo f();`, "one\n"},
		{"data", `import $t from "t.txt"; echo $t;`, "text\n"},
		{"forced loader", `import $t from "txt!m.hsl"; echo $t;`, f["m.hsl"] + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, diags := newBench(f, extras).build(t, c.src, "")
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, output(t, s)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	f := files{
		"a.hsl": `import { b } from "b.hsl"; function a() { }`, "b.hsl": `import { a } from "a.hsl"; function b() { }`,
		"bad.hsl": "function f( { }", "hook.hsl": `function f() { Accept(); }`, "t.txt": "",
		"inc.hsl": `include "deep.hsl";`, "deep.hsl": `function () { return nope(); };`,
	}
	for _, c := range []struct{ name, src, context, want string }{
		{"missing file", `import { f } from "no.hsl";`, "", "hooks/eod/in.hsl:1:19: error: no file 'no.hsl'"},
		{"cycle", `import { a } from "a.hsl";`, "", "import cycle: files/a.hsl → files/b.hsl → files/a.hsl"},
		{"error inside", `import { f } from "bad.hsl";`, "", "imported at hooks/eod/in.hsl:1:1"},
		{"error inside include", `include "inc.hsl";`, "", "included at files/inc.hsl:1:1\n    included at hooks/eod/in.hsl:1:1"},
		{"absolute", `import { f } from "/etc/passwd";`, "", "absolute path"},
		{"escaping", `include "../../x.hsl";`, "", "leads out of the script folder"},
		{"escaping by name", `include "a/../../x.hsl";`, "", "leads out of the script folder"},
		{"scheme", `include "http://x/";`, "", "unknown scheme 'http://'"},
		{"no such symbol", `import { g } from "hook.hsl";`, "", "module 'hook.hsl' has no 'g'"},
		{"loader option", `import $t from "t.txt" with ["lines" => true];`, "", "unknown option 'lines' of loader txt"},
		{"extension", `import $t from "hook.hsl";`, "", "no data loader for 'hook.hsl'"},
		{"hook function in a module", `import { f } from "hook.hsl"; f();`, "disconnect", "Accept is not available in hook disconnect"},
		{"constant that fails", `function f($x = [] / 2) { } f();`, "", "hooks/eod/in.hsl:1:17: error: Unsupported operand types for /"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, diags := newBench(f, nil).build(t, c.src, c.context)
			if err := diags.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestDir: files below a folder on disk, and nothing beyond it.
func TestDir(t *testing.T) {
	t.Parallel()
	box := t.TempDir()
	dir := filepath.Join(box, "files")
	d := module.Dir(dir) // it need not exist yet
	if _, err := fs.Stat(d, "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	for name, text := range map[string]string{"outside": "out", "files/a": "in", "files/sub/b": "below"} {
		path := filepath.Join(box, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"near": "a", "up": "../outside", "round": "../files/a", "abs": filepath.Join(box, "outside"), "tree": "..", "sub/up": "../a", "dangling": "none",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	const leads = "a link leads out of the script folder"
	for name, want := range map[string]string{
		"a": "in", "sub/b": "below", "near": "in", "sub/up": "in", "up": leads, "abs": leads, "tree/outside": leads, "round": leads,
		"../outside": "invalid argument", "/a": "invalid argument", "dangling": "no such file or directory", "none": "no such file or directory",
	} {
		b, err := fs.ReadFile(d, name)
		got := string(b)
		var pe *fs.PathError
		if errors.As(err, &pe) {
			got = pe.Err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
		}
		if _, e := fs.Stat(d, name); (e == nil) != (err == nil) {
			t.Errorf("%s: Stat says %v, Open %v", name, e, err)
		}
	}
}

// TestRebuild: unchanged files give the same set, changed ones a new one, and
// only what depends on a change is compiled again.
func TestRebuild(t *testing.T) {
	t.Parallel()
	f := files{"m.hsl": `import { g } from "g.hsl"; function f() { return "f" . g(); }`, "g.hsl": `function g() { return 1; }`}
	b := newBench(f, nil)
	m := b.roots.Files.FS.(fstest.MapFS)
	const src = `import { f } from "m.hsl"; echo f();`
	first, _ := b.build(t, src, "")
	if again, _ := b.build(t, src, ""); again != first {
		t.Error("nothing changed, but there is a new set")
	}
	m["g.hsl"] = &fstest.MapFile{Data: []byte(`function g() { return 2; }`)}
	second, diags := b.build(t, src, "")
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if second.Generation != 2 || second.Version == first.Version {
		t.Errorf("generation %d version %s", second.Generation, second.Version)
	}
	if got := output(t, second); got != "f2\n" {
		t.Errorf("got %q after the change", got)
	}
	if got := output(t, first); got != "f1\n" {
		t.Errorf("the old set changed: %q", got)
	}
	m["g.hsl"] = &fstest.MapFile{Data: []byte(`function g( {`)}
	if s, diags := b.build(t, src, ""); s != nil || !diags.Errors() {
		t.Error("a broken module gave a set")
	}
	delete(m, "g.hsl")
	if s, diags := b.build(t, src, ""); s != nil || !diags.Errors() {
		t.Error("a deleted module gave a set")
	}
}

// TestModuleRunsOnce: two entries and two ways to one module share its program.
func TestModuleRunsOnce(t *testing.T) {
	t.Parallel()
	f := files{"n.hsl": `echo "init"; $n = 0; function inc() { global $n; $n += 1; return $n; }`, "m.hsl": `import { inc } from "n.hsl";`}
	b := newBench(f, nil)
	src := `import { inc } from "m.hsl"; import { inc as again } from "n.hsl"; inc(); echo again();`
	for i := range 3 {
		s, diags := b.build(t, src+fmt.Sprintf("echo %d;", i), "")
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		if got, want := output(t, s), fmt.Sprintf("init\n2\n%d\n", i); got != want {
			t.Errorf("build %d: got %q, want %q", i, got, want)
		}
	}
}
