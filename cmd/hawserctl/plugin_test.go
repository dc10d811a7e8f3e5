package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

// TestPluginQueue: lists, suspensions and conditions of a plugin count as those of the
// files and of operators do.
func TestPluginQueue(t *testing.T) {
	t.Parallel()
	s := &server{servertest.New(t)}
	s.Files(map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
plugins: [{ id: steer, path: %q }]
`, s.Port, nativetest.Build(t, "steer")),
		"config/smtpd-app.yaml": `version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false } } }]
lists: { recipientdomain: [{ id: mixed, items: [file.example] }] }
transportgroups: [{ id: all, transports: [{ id: out, connection: { server: 127.0.0.1, port: 1 } }] }]
`,
		"config/smtpd-policy.yaml": `version: "6.10"
policies:
  - { id: one, fields: [recipientdomain], conditions: [{ if: { recipientdomain: ["@early", "@made", "@mixed"] }, then: { concurrency: 8, rate: 10/60, connectinterval: 2, tag: listed } }] }
  - { id: two, fields: [transportid, jobid], default: { concurrency: 3, cluster: false } }
`, "hooks/README": ""})
	s.Start()
	if strings.Contains(s.Text(), "no list 'early'") {
		t.Errorf("a list that was made before is not known\n%s", s.Text())
	}
	steer := func(want string, args ...string) {
		t.Helper()
		r := s.ctl(append([]string{"plugin", "command", "steer"}, args...)...)
		if got := strings.TrimSpace(r.out + strings.TrimPrefix(r.err, "hawserctl: ")); got != want {
			t.Errorf("%v: got %q, want %q", args, got, want)
		}
	}
	// Lists. 16 is recipientdomain, 2 localip.
	limited := func(domain string) bool {
		return strings.Contains(s.ok("policy", "show", "--explain", "--transportid", "out", "--recipientdomain", domain), "listed")
	}
	for domain, want := range map[string]bool{"early.example": true, "file.example": true, "made.example": false, "more.example": false} {
		if got := limited(domain); got != want {
			t.Errorf("%s: limited %v", domain, got)
		}
	}
	steer("true", "list_add", "16", "made")
	steer("true", "list_add", "16", "made")
	steer("true", "list_add", "16", "mixed")
	steer("true", "list_item_add", "16", "made", "made.example")
	steer("true", "list_item_add", "16", "made", "made.example")
	steer("true", "list_item_add", "16", "mixed", "more.example")
	if limited("made.example") {
		t.Error("an item counts before its list is reloaded")
	}
	for _, c := range [][]string{
		{"list_add", "48", "x"}, {"list_add", "256", "x"}, {"list_add", "0", "x"}, {"list_add", "16", "-"}, {"list_item_add", "16", "none", "a.example"},
		{"list_item_add", "2", "made", "127.0.0.1"}, {"list_item_add", "16", "made", "a*b"}, {"list_item_add", "16", "made", "@mixed"},
		{"list_item_delete", "16", "made", "other.example"}, {"list_reload", "16", "none"}, {"list_reload", "2", "made"}, {"list_reload", "3", "made"},
	} {
		steer("false", c...)
	}
	steer("true", "list_reload", "16", "made")
	if !limited("made.example") || limited("more.example") || !limited("early.example") {
		t.Error("one list was reloaded")
	}
	if text := s.ok("config", "check"); text != "ok\n" {
		t.Errorf("a check does not know the lists: %s", text)
	}
	steer("true", "list_item_delete", "16", "made", "made.example")
	steer("true", "list_reload", "0", "-")
	if limited("made.example") || !limited("more.example") || !limited("file.example") {
		t.Error("all lists were reloaded")
	}

	// Without lists in the file those of the plugin are all there is, also after a reload.
	app, err := os.ReadFile(filepath.Join(s.Dir, "config/smtpd-app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.Files(map[string]string{"config/smtpd-app.yaml": regexp.MustCompile(`(?m)^lists:.*\n`).ReplaceAllString(string(app), "")})
	s.Until("the reload", func() bool { return !limited("file.example") })
	steer("true", "list_item_delete", "16", "mixed", "more.example")
	steer("true", "list_reload", "16", "mixed")
	if limited("more.example") || !limited("early.example") {
		t.Error("an item that was taken out still counts")
	}

	// Suspensions; that of the start is there.
	type suspension struct {
		ID, Type, Tag string
		If            map[string]string
		Properties    map[string]any
		TTL           float64
	}
	suspensions := func() (list []suspension) {
		s.json(&list, "suspend", "list")
		return list
	}
	got := suspensions()
	want := []suspension{{Type: "dynamic", Tag: "START", If: map[string]string{"recipientdomain": "@early", "jobid": "frozen"}}}
	byContent := cmpopts.IgnoreFields(suspension{}, "ID")
	if d := cmp.Diff(want, got, byContent); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	steer("true", "suspend_delete", got[0].ID)
	steer("false", "suspend_delete", got[0].ID)
	steer("five", "suspend_add5", "five", "out", "127.0.0.1", "192.0.2.0/24", "mx.test", "a.example", "j", "g.example", "t", "tag", "k=v", "60")
	if id := strings.TrimSpace(s.ok("plugin", "command", "steer", "suspend_add2", "-", "-", "-", "-", "-", "-", "g.example", "two", "0")); len(id) != 36 {
		t.Errorf("got id %q", id)
	}
	for _, c := range [][]string{
		{"suspend_add", "-", "300.0.0.1", "-", "-", "-", "-", "x", "0"}, {"suspend_add", "-", "-", "-", "-", "a.example", "-", "x", "-1"},
		{"suspend_add", "-", "-", "-", "-", "a.example", "-", strings.Repeat("x", 33), "0"},
		{"suspend_add5", "-", "-", "-", "-", "-", "-", "-", "-", "-", "x", "half", "0"},
	} {
		steer("NULL", c...)
	}
	want = []suspension{
		{ID: "five", Type: "dynamic", Tag: "tag", TTL: 60, Properties: map[string]any{"k": "v"}, If: map[string]string{"transportid": "out",
			"localip": "127.0.0.1", "remoteip": "192.0.2.0/24", "remotemx": "mx.test", "recipientdomain": "a.example", "jobid": "j", "grouping": "g.example", "tenantid": "t"}},
		{Type: "dynamic", Tag: "two", If: map[string]string{"grouping": "g.example"}},
	}
	if d := cmp.Diff(want, suspensions(), byContent); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}

	// Conditions: 33 is transportid and jobid.
	conditions := func() string {
		var list []struct {
			ID, Type string
			If, Then map[string]any
			TTL      float64
		}
		s.json(&list, "policy", "list")
		var b strings.Builder
		for _, x := range list {
			if x.Type != "static" {
				fmt.Fprintf(&b, "%s %v %v %v\n", x.Type, x.If, x.Then, x.TTL)
			}
		}
		return b.String()
	}
	if got, want := conditions(), "warmup map[recipientdomain:@early] map[cluster:true concurrency:7] 0\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	steer("true", "policy_delete", "start")
	steer("six", "policy_add6", "six", "33", "1", "out", "-", "-", "-", "-", "j", "-", "-", "5", "100", "60", "2", "1.5", "tag", "k=v", "1", "0", "30")
	if got, want := conditions(), "warmup map[jobid:j transportid:out] map[algorithm:tokenbucket cluster:false concurrency:5 connectinterval:1.5 properties:map[k:v] rate:100/60 stop:true tag:tag] 30\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	for _, c := range []struct{ call, want string }{
		{"policy_update2 six 6 50 30 other a=b 0", "warmup map[jobid:j transportid:out] map[algorithm:tokenbucket cluster:false concurrency:6 connectinterval:1.5 properties:map[a:b] rate:50/30 stop:true tag:other] 0\n"},
		{"policy_update3 six 0 50 30 0 other - 1 9", "warmup map[jobid:j transportid:out] map[algorithm:tokenbucket cluster:true rate:50/30 stop:true tag:other] 9\n"},
		{"policy_update4 six 7 0 0 1 2 - - 0 1 0", "warmup map[jobid:j transportid:out] map[algorithm:fixedwindow cluster:true concurrency:7 connectinterval:2] 0\n"},
		{"policy_update six 1 2 3 t 4", "warmup map[jobid:j transportid:out] map[algorithm:fixedwindow cluster:true concurrency:1 connectinterval:2 rate:2/3 tag:t] 4\n"},
	} {
		steer("true", strings.Fields(c.call)...)
		if got := conditions(); got != c.want {
			t.Errorf("%s:\ngot  %swant %s", c.call, got, c.want)
		}
	}
	for _, call := range []string{
		"policy_update none 1 0 0 - 0", "policy_update six 1 5 0 - 0", "policy_update six 1 0 0 - -1", "policy_update4 six 1 0 0 3 0 - - 0 1 0", "policy_delete none",
	} {
		steer("false", strings.Fields(call)...)
	}
	for _, call := range []string{
		"policy_add6 x 33 3 - - - - - - - - 1 0 0 0 0 - - 0 1 0",  // no such type
		"policy_add6 x 257 0 - - - - - - - - 1 0 0 0 0 - - 0 1 0", // no such field
		"policy_add6 x 32 0 - - - - - j - - 1 0 0 0 0 - - 0 1 0",  // no policy with these fields
		"policy_add6 x 33 0 - - - - a.example - - - 1 0 0 0 0 - - 0 1 0",
	} {
		steer("NULL", strings.Fields(call)...)
	}
	steer("true", "policy_delete", "six")
	for _, call := range []string{"policy_add 33 out - - - - a 1 0 0 ta 0", "policy_add3 33 out - - - - b - 2 0 0 tb 0", "policy_add4 33 out - - - - c - - 3 0 0 tc k=v 1 0"} {
		s.ok(append([]string{"plugin", "command", "steer"}, strings.Fields(call)...)...)
	}
	if got, want := conditions(), `dynamic map[jobid:a transportid:out] map[concurrency:1 tag:ta] 0
dynamic map[jobid:b transportid:out] map[concurrency:2 tag:tb] 0
dynamic map[jobid:c transportid:out] map[concurrency:3 properties:map[k:v] stop:true tag:tc] 0
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	// A share of the limits, and the whole again.
	steer("true", "policy_divide", "4")
	text := s.ok("policy", "show", "--explain", "--transportid", "out", "--recipientdomain", "early.example", "--jobid", "z")
	for _, want := range []string{"concurrency=2 rate=2/48 connectinterval=8 ", "concurrency=3 "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	steer("true", "policy_divide", "0")
	if text := s.ok("policy", "show", "--explain", "--transportid", "out", "--recipientdomain", "early.example"); !strings.Contains(text, "concurrency=8 rate=10/60 connectinterval=2 ") {
		t.Errorf("got %s", text)
	}
}
