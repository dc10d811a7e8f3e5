package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	"github.com/hawser-mta/hawser/mta/plugin/native/nativetest"
)

// TestPluginLife: a plugin of the autoload folder sees the server from its start to its
// stop, changes of its configuration, and commands.
func TestPluginLife(t *testing.T) {
	t.Parallel()
	calls := filepath.Join(t.TempDir(), "calls")
	s := &server{servertest.New(t)}
	smtpd := func(plugins string) map[string]string {
		return map[string]string{"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
plugins: [%s]
`, s.Port, plugins)}
	}
	app := func(live string) map[string]string {
		return map[string]string{"config/smtpd-app.yaml": `version: "6.10"
servers: [{ id: in, phases: { connect: { fcrdns: false } } }]
plugins: [{ id: life, config: ` + live + " }]\n"}
	}
	plugins := fmt.Sprintf("{ id: life, path: %q, config: { log: %q } }, { id: skipped, autoload: false }", nativetest.Build(t, "life"), calls)
	s.Files(smtpd(plugins))
	s.Files(app("{ rate: 5.50 }"))
	s.Files(map[string]string{"hooks/README": "", "plugins/autoload/smtpd/deliver.so": nativetest.Build(t, "deliver") + "\n", "plugins/autoload/smtpd/skipped.so": "/nowhere.so"})
	s.Start()
	if got := s.ok("plugin", "command", "life", "word", "--flag"); got != "w\n" {
		t.Errorf("got %q", got)
	}
	for _, c := range []struct{ id, want string }{{"life", "want a word"}, {"deliver", "plugin 'deliver' has no commands"}, {"no", "no plugin 'no' is loaded"}} {
		if r := s.ctl("plugin", "command", c.id); r.code != 1 || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got %+v", c.id, r)
		}
	}
	s.Files(app("{ rate: 6 }"))
	s.Until("the reload", func() bool {
		b, _ := os.ReadFile(calls)
		return strings.Contains(string(b), "reload ")
	})
	s.Files(smtpd(plugins + ", { id: new, path: /nowhere.so }"))
	if text := s.ok("config", "check"); !strings.Contains(text, "plugin 'new' is not loaded and therefore not checked") {
		t.Errorf("got %s", text)
	}
	s.Stop()
	b, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"log":%q}`, calls)
	var want []string
	for _, step := range []string{"early_init", "init"} {
		want = append(want, fmt.Sprintf("%s %s %d", step, config, len(config)), step+` {"rate":5.50} 13`, "key log")
	}
	want = append(want, "ready null 4", `reload {"rate":6} 10`, "early_cleanup null 4", "cleanup null 4", "")
	if d := cmp.Diff(want, strings.Split(string(b), "\n")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
