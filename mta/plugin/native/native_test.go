package native_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/plugin/native"
	"github.com/hawser-mta/hawser/mta/plugin/native/nativetest"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/encode"
)

func load(t *testing.T, name string) *plugin.Plugin {
	t.Helper()
	p, err := native.Load(name, nativetest.Build(t, name), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLoadFaults: what cannot be loaded says why.
func TestLoadFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"noversion": {`void f(void) {}`, "noversion.so has no Halon_version"},
		"old":       {`int Halon_version(void) { return 0; }`, "it is made for version 0 of the interface, want 1; compile it with this version's HalonMTA.h"},
		"unknown":   {`int no_such_function(void); int Halon_version(void) { return no_such_function(); }`, "undefined symbol: no_such_function"},
		"newer":     {`int HalonMTA_no_such(void); int Halon_version(void) { return HalonMTA_no_such(); }`, "undefined symbol: HalonMTA_no_such; this version does not have that function"},
	} {
		_, err := native.Load(name, nativetest.Compile(t, name, strings.ReplaceAll(c.source, "int Halon_version(void) {", "int Halon_version(void); int Halon_version(void) {")), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "plugin '"+name+"' cannot be loaded: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := native.Load("missing", "/nowhere/missing.so", nil); err == nil || strings.Count(err.Error(), "/nowhere/missing.so") != 1 {
		t.Errorf("got %v", err)
	}
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := native.Load("text", text, nil); err == nil {
		t.Error("a text was loaded")
	}
}

// life returns a plugin that writes its calls to a file, and its configuration.
func life(t *testing.T, more string) (p *plugin.Plugin, s *plugin.Start, calls func() []string) {
	file := filepath.Join(t.TempDir(), "calls")
	s = &plugin.Start{Config: config.Tree(fmt.Sprintf(`{"log":%q,"list":["a",1.50,true,null,{"b":2}]%s}`, file, more)), App: config.Tree(`{"rate":5}`)}
	return load(t, "life"), s, func() []string {
		b, _ := os.ReadFile(file)
		return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	}
}

// TestLife: a plugin sees each step of a start and a stop, and what it is configured with.
func TestLife(t *testing.T) {
	t.Parallel()
	p, s, calls := life(t, "")
	set := plugin.NewSet(p)
	start := func(string) *plugin.Start { return s }
	if err := set.EarlyInit(start); err != nil {
		t.Fatal(err)
	}
	if err := set.Init(start); err != nil {
		t.Fatal(err)
	}
	set.Ready()
	set.Reload(func(string) config.Tree { return config.Tree(`{"rate":6}`) })
	set.Reload(func(string) config.Tree { return nil })
	set.EarlyCleanup()
	set.Cleanup()
	set.Cleanup()
	var want []string
	for _, step := range []string{"early_init", "init"} {
		want = append(want, fmt.Sprintf("%s %s %d", step, s.Config, len(s.Config)), step+` {"rate":5} 10`,
			"key log", "key list", "item a", "item 1.50", "item true", "item -", "item -")
	}
	want = append(want, "ready null 4", `reload {"rate":6} 10`, "reload null 4", "early_cleanup null 4", "cleanup null 4")
	if d := cmp.Diff(want, calls()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestRefusal: a plugin that does not want to start is not ended, those before it are.
func TestRefusal(t *testing.T) {
	t.Parallel()
	p, s, calls := life(t, `,"init":1`)
	first := &plugin.Plugin{ID: "first"}
	ended := 0
	first.Init = func(*plugin.Start) bool { return true }
	first.Cleanup = func() { ended++ }
	p.EarlyInit = nil
	set := plugin.NewSet(first, p)
	err := set.Init(func(string) *plugin.Start { return s })
	if err == nil || err.Error() != "plugin 'life' does not start: Halon_init gave false" {
		t.Errorf("got %v", err)
	}
	set.Cleanup()
	if got := calls(); ended != 1 || !strings.HasPrefix(got[len(got)-1], "item") {
		t.Errorf("%d ended, last call %q", ended, got[len(got)-1])
	}
}

// TestCommands: arguments go in as they are, outputs come back with and without a length.
func TestCommands(t *testing.T) {
	t.Parallel()
	p := load(t, "life")
	for _, c := range []struct {
		args []string
		want string
		ok   bool
	}{{nil, "want a word", false}, {[]string{"word"}, "word", true}, {[]string{"word", "x"}, "w", true}, {[]string{"silent"}, "silent", false}, {[]string{""}, "", true}} {
		if text, ok := p.Command(c.args); text != c.want || ok != c.ok {
			t.Errorf("%q: got %q, %v", c.args, text, ok)
		}
	}
	old, err := native.Load("old", nativetest.Compile(t, "old", `#include <HalonMTA.h>
#include <string.h>
HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }
HALON_EXPORT bool Halon_plugin_command(const char *in, size_t len, char **out, size_t *olen)
{
	*out = strdup(in);
	*olen = len;
	return true;
}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := old.Command([]string{"a b", "c"}); text != "a b c" || !ok {
		t.Errorf("got %q, %v", text, ok)
	}
}

// TestLanguages: the header is one of C99 and of C++11.
func TestLanguages(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "include/HalonMTA.h")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	p, err := native.Load("cxx", nativetest.CompileCXX(t, "cxx", `#include <HalonMTA.h>
#include <cstring>
#include <string>
HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }
HALON_EXPORT bool Halon_command_execute(HalonCommandExecuteContext *, size_t argc, const char *argv[], size_t argvl[], char **out, size_t *)
{
	std::string all;
	for (size_t i = 0; i < argc; ++i)
		all += std::string(argv[i], argvl[i]);
	*out = strdup(all.c_str());
	return true;
}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := p.Command([]string{"a", "b"}); text != "ab" || !ok {
		t.Errorf("got %q, %v", text, ok)
	}
}

// attempt makes a plugin deliver.
func attempt(t *testing.T, p *plugin.Plugin, content message.Source, args *value.Value) plugin.Result {
	t.Helper()
	done := make(chan plugin.Result, 1)
	p.Deliver(&plugin.Delivery{
		Message: plugin.Message{Unit: &spool.Unit{Transaction: "tx", Queue: 2, Recipient: address.Address{Local: "a", Domain: "x.test"}}},
		Context: t.Context(), Arguments: args, Content: content, Done: func(r plugin.Result) { done <- r },
	})
	return <-done
}

// TestValues: the rules of values hold in C.
func TestValues(t *testing.T) {
	t.Parallel()
	args := value.FromArray(value.Map("text", value.Str("a\x00b"), "number", value.Num(0.5), "boolean", value.True, "none", value.None,
		"list", value.FromArray(value.List(value.Str("one"), value.Str("two"))), "function", value.FromFunc(&value.Func{Builtin: -1}))).Freeze()
	r := attempt(t, load(t, "values"), message.Bytes([]byte("\r\n")), &args)
	if r.Code != 250 || r.Reason != "all hold" {
		t.Fatalf("got %d %s", r.Code, r.Reason)
	}
	a := r.Return.Array()
	depth := 0
	for v := a.GetStr("deep"); v.IsArray(); v = v.Array().At(0) {
		depth++
	}
	if depth != value.MaxDepth-2 {
		t.Errorf("arrays in the result are %d deep", depth)
	}
	a = a.Clone()
	a.Delete(value.Str("deep"))
	text, err := encode.ToJSON(value.FromArray(a), encode.JSONOptions{Bytes: true})
	want := `{"a":"4","b":"2","7":"3","-2":{"0":null,"1":true,"2":{"x":[1.5],"y":"åÿ"},"late":null},"bytes":"ÿĀ"}`
	if text != want || err != nil {
		t.Errorf("got %s, want %s, %v", text, want, err)
	}
}

// TestNothingLent: what a call has lent is given back when it is over: memory, streams and
// their descriptors. It does not run beside others.
func TestNothingLent(t *testing.T) {
	p, q := load(t, "deliver"), load(t, "keeper")
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	lent, files := native.Lent(), open()
	for _, mode := range []string{"ok", "hard", "thread"} {
		for _, size := range []int{10, 2 << 20} {
			args := value.FromArray(value.Map("mode", value.Str(mode), "report", value.True)).Freeze()
			attempt(t, p, message.Bytes(make([]byte, size)), &args)
		}
	}
	m := &plugin.Message{Unit: &spool.Unit{Recipient: address.Address{Local: "narrow", Domain: "x.test"}}}
	q.Insert(m, []policy.Source{{IP: netip.MustParseAddr("192.0.2.7")}})
	q.Pick(m)
	if now := native.Lent(); now != lent || open() != files {
		t.Errorf("%d objects and %d files are left", now-lent, open()-files)
	}
}

// TestDeliverLarge: a message of many mebibytes is read whole, through a file on disk.
func TestDeliverLarge(t *testing.T) {
	t.Parallel()
	p := load(t, "deliver")
	for _, size := range []int{0, 100, 1 << 20, 1<<20 + 1, 20 << 20} {
		mail := strings.Repeat("0123456789abcde\n", size/16+1)[:size]
		args := value.FromArray(value.Map("mode", value.Str("thread"), "report", value.True)).Freeze()
		r := attempt(t, p, message.Bytes([]byte(mail)), &args)
		if r.Code != 250 || r.Return.Array().GetStr("mail").Str() != mail {
			t.Errorf("%d bytes: got %d, %d bytes", size, r.Code, len(r.Return.Array().GetStr("mail").Str()))
		}
	}
	if r := attempt(t, p, broken{}, new(value.FromArray(value.Map("mode", value.Str("ok"), "report", value.True)).Freeze())); r.Code != 250 || r.Return == nil || r.Return.IsArray() {
		t.Errorf("a message that cannot be read: %+v", r)
	}
}

// broken is a message that cannot be read.
type broken struct{}

// ReadAt implements io.ReaderAt.
func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }

// Size implements message.Source.
func (broken) Size() int64 { return 10 }

// TestQueue: a queue plugin sees the pool and takes something out of it.
func TestQueue(t *testing.T) {
	t.Parallel()
	p := load(t, "keeper")
	pool := []policy.Source{{ID: "a", IP: netip.MustParseAddr("192.0.2.7")}, {ID: "b", IP: netip.MustParseAddr("2001:db8::1")}, {ID: "c", IP: netip.MustParseAddr("2001:db8::1")}}
	message := func(local, job string) *plugin.Message {
		return &plugin.Message{Unit: &spool.Unit{JobID: job, Recipient: address.Address{Local: local, Domain: "x.test"}}, Source: pool[0]}
	}
	for _, c := range []struct {
		local   string
		sources []policy.Source
		ok      bool
		left    []policy.Source
		said    string
	}{
		{"any", pool, true, nil, ""},
		{"kept", pool, false, nil, `["error"=>"NO_IPS"]`},
		{"narrow", pool, true, pool[1:], `["left"=>"2001:db8::1"]`},
		{"nowhere", pool, true, []policy.Source{}, ""},
		{"nowhere", []policy.Source{{}}, true, nil, ""}, // the system chooses
	} {
		d := p.Insert(message(c.local, ""), c.sources)
		said := ""
		if d.Return != nil {
			said = d.Return.String()
			if d.Return.IsArray() {
				said = value.Literal(*d.Return)
			}
		}
		if diff := cmp.Diff(c.left, d.Sources, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || d.OK != c.ok || said != c.said {
			t.Errorf("%s: %v, said %s, pool (-want +got)\n%s", c.local, d.OK, said, diff)
		}
		if set := plugin.NewSet(p).Insert(message(c.local, ""), c.sources); set.OK != (c.ok && (c.left == nil || len(c.left) > 0)) {
			t.Errorf("%s: the set says %v", c.local, set.OK)
		}
	}
	if d := p.Pick(message("any", "")); !d.OK || d.Return != nil {
		t.Errorf("got %+v", d)
	}
	if d := p.Pick(message("back", "")); d.OK || value.Literal(*d.Return) != `["localip"=>"192.0.2.7"]` {
		t.Errorf("got %+v", d)
	}
	if d := p.Pick(message("back", "other")); !d.OK {
		t.Errorf("got %+v", d)
	}
}
