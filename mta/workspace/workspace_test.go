package workspace_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const smtpd = "version: \"6.10\"\nservers:\n  - id: in\n    listeners: [{ port: 25 }]\n"

func open(t *testing.T, files map[string]string) (*workspace.Scripts, string) {
	t.Helper()
	dir := t.TempDir()
	files["config/smtpd.yaml"] = smtpd
	write(t, dir, files)
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	c, diags := config.Load(dir, os.LookupEnv)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	s, diags := w.Scripts(c, nil, nil)
	var text []string
	for _, d := range diags {
		text = append(text, d.Error())
	}
	return s, strings.Join(text, "\n")
}

func TestScripts(t *testing.T) {
	t.Parallel()
	s, diags := open(t, map[string]string{
		"hooks/eod/main.hsl": "Accept();", "hooks/eod/.hidden.hsl": "x", "hooks/eod/notes.txt": "x", "hooks/queue/predelivery.hsl": "Try();",
		"files/m.hsl": "on disk",
		"config/smtpd-app.yaml": `version: "6.10"
servers: [{ id: in, phases: { eod: { hook: main }, connect: { hook: c } } }]
scripting:
  hooks:
    connect: [{ id: c, data: "Accept();" }]
    eod: [{ id: main, data: "Reject();" }]
  files: [{ id: m.hsl, data: inline }, { id: b.bin, data: AAE=, binary: true }]
`})
	if !strings.Contains(diags, "warning: scripting.hooks.eod[0]: hooks/eod/main.hsl wins over this script") || strings.Contains(diags, "error") {
		t.Errorf("got %s", diags)
	}
	var ids []string
	for _, e := range s.Entries {
		ids = append(ids, e.ID+" "+e.Context)
	}
	if d := cmp.Diff([]string{"connect/c connect", "eod/main eod", "queue/predelivery predelivery"}, ids); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for name, want := range map[string]string{"m.hsl": "on disk", "file:b.bin": "\x00\x01"} {
		if b, err := s.Roots.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
}

func TestUnknownHook(t *testing.T) {
	t.Parallel()
	_, diags := open(t, map[string]string{
		"hooks/eod/main.hsl":    "Accept();",
		"config/smtpd-app.yaml": "version: \"6.10\"\nservers:\n  - id: in\n    phases:\n      eod: { hook: mian }\n",
	})
	if !strings.Contains(diags, "smtpd-app.yaml:5:20: error: servers[0].phases.eod.hook: no file hooks/eod/mian.hsl") {
		t.Errorf("got %s", diags)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	if _, err := workspace.Open(empty); !errors.Is(err, workspace.ErrEmpty) || !strings.Contains(err.Error(), "hawserd init") {
		t.Errorf("got %v", err)
	}
	if _, err := workspace.Open(filepath.Join(empty, "none")); err == nil {
		t.Error("a missing directory was opened")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"src/hooks/eod/a.hsl": ""})
	w, err := workspace.Open(dir)
	if err != nil || filepath.Base(w.Root) != "src" {
		t.Errorf("%+v %v", w, err)
	}
	defer w.Close()
	root, ok := workspace.Find(filepath.Join(dir, "src/hooks/eod/a.hsl"))
	if !ok || filepath.Base(root) != "src" {
		t.Errorf("got %s %v", root, ok)
	}
	for file, want := range map[string]string{"hooks/eod/a.hsl": "eod", "hooks/queue/predelivery.hsl": "predelivery", "files/a.hsl": "", "hooks/nope/a.hsl": ""} {
		if got := workspace.Context(root, filepath.Join(root, file)); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

// TestNoEscape: a link that leads out of files/ is not followed.
func TestNoEscape(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"hooks/eod/a.hsl": "", "files/x": ""})
	if err := os.Symlink(secret, filepath.Join(dir, "files", "link")); err != nil {
		t.Fatal(err)
	}
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if f, err := w.Files().FS.Open("link"); err == nil {
		f.Close()
		t.Error("the link was followed")
	}
}

// TestPlugins: a module of a plugin reads its own settings, and nobody else's.
func TestPlugins(t *testing.T) {
	app := func(plugins string) string { return "version: \"6.10\"\nservers: [{ id: in }]\nplugins:\n" + plugins }
	module := `import $c from "plugin-config://smtpd-app.yaml"; function config() { global $c; return $c; }`
	t.Setenv("GREETING", "hello")
	for _, c := range []struct{ name, plugins, module, main, want string }{
		{"settings in their order", "  - id: mine\n    config:\n      z: [1, two, true, null]\n      a: { text: \"${GREETING}\", f: 0.5, yes: \"1\" }\n  - id: other\n    config: { secret: 1 }\n", module, "", `["z"=>[0=>1,1=>"two",2=>true,3=>none],"a"=>["text"=>"hello","f"=>0.5,"yes"=>"1"]]`},
		{"none", "  - id: mine\n", module, "", "no file 'plugin-config://smtpd-app.yaml'"},
		{"of another", "  - id: other\n    config: { secret: 1 }\n", `import $c from "plugin-config://../other/smtpd-app.yaml";`, "", "is no name of a configuration file"},
		{"by another script", "  - id: mine\n    config: 1\n", module, `import $c from "plugin-config://smtpd-app.yaml";`, "is for modules of extras:// only"},
		{"unknown", "  - id: nobody\n", "", "", "plugins[0].id: got 'nobody', want the name of a plugin that is loaded, or of a module below extras://"},
		{"twice", "  - id: mine\n  - id: mine\n", "", "", "plugins[1].id: 'mine' stands before"},
		{"too deep", "  - id: mine\n    config: " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "\n", "", "", "nested too deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			main := c.main
			if main == "" && c.module != "" {
				main = `import { config } from "extras://mine"; echo config();`
			}
			write(t, dir, map[string]string{
				"config/smtpd.yaml": smtpd, "config/smtpd-app.yaml": app(c.plugins), "hooks/eod/main.hsl": main,
				"plugins/hsl/mine/main.hsl": c.module, "plugins/hsl/other.hsl": "",
			})
			if got := run(t, dir); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestPluginsReload: changed settings count for modules that were compiled before.
func TestPluginsReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := "version: \"6.10\"\nservers: [{ id: in }]\nplugins: [{ id: mine, config: %d }]\n"
	write(t, dir, map[string]string{
		"config/smtpd.yaml": smtpd, "config/smtpd-app.yaml": fmt.Sprintf(app, 1),
		"plugins/hsl/mine.hsl": `import $c from "plugin-config://smtpd-app.yaml"; function config() { global $c; return $c; }`,
		"hooks/eod/main.hsl":   `import { config } from "extras://mine"; echo config();`,
	})
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	l := loader()
	for i := 1; i <= 2; i++ {
		write(t, dir, map[string]string{"config/smtpd-app.yaml": fmt.Sprintf(app, i)})
		if got, want := load(t, w, l), fmt.Sprintln(i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func loader() *module.Loader {
	b := registry.New()
	stdlib.Register(b)
	return module.NewLoader(b.Freeze())
}

// run loads a workspace and returns what its eod script prints, or the faults.
func run(t *testing.T, dir string) string {
	t.Helper()
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return load(t, w, loader())
}

func load(t *testing.T, w *workspace.Workspace, l *module.Loader) string {
	t.Helper()
	var scripts *workspace.Scripts
	var set *module.Set
	c, diags := config.Load(w.Root, os.LookupEnv)
	if !diags.Errors() {
		scripts, diags = w.Scripts(c, nil, nil)
	}
	if !diags.Errors() {
		set, diags = l.Build(t.Context(), scripts.Roots, scripts.Entries)
	}
	if diags.Errors() {
		var text []string
		for _, d := range diags {
			text = append(text, d.Error())
		}
		return strings.Join(text, "\n")
	}
	var out strings.Builder
	if _, err := vm.New(set.Image("eod/main"), vm.DefaultHost(&out), vm.Limits{}).Run(t.Context()); err != nil {
		return err.Error()
	}
	return out.String()
}
