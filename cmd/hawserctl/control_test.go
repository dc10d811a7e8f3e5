package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// suspensions returns ids of a type.
func (s *server) suspensions(typ string) (ids []string) {
	s.T.Helper()
	var list []struct{ ID, Type string }
	s.json(&list, "suspend", "list")
	for _, x := range list {
		if x.Type == typ {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

// verdict is what tests look at of an explanation.
type verdict struct {
	LocalIP, Policy, Rate, Tag, Reason, From, Place string
	Concurrency                                     *int
	Until                                           *time.Time
	Dynamic, Suspension                             *struct {
		ID, Type string
		Left     float64
	}
	Counter map[string]string
}

func (s *server) explain(args ...string) []verdict {
	s.T.Helper()
	var list []struct{ Verdicts []verdict }
	s.json(&list, append([]string{"policy", "show", "--explain"}, args...)...)
	if len(list) != 1 {
		s.T.Fatalf("%+v", list)
	}
	return list[0].Verdicts
}

// TestPolicies: conditions under load, and who is to blame.
func TestPolicies(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, nil)
	for range 4 {
		s.send("a@b.example", "x@slow.example", "{}", "x")
	}
	s.Until("the rate", func() bool { return len(next.With("x@slow")) == 1 && len(s.list("--queue", "active")) == 3 })
	v := s.explain("--recipientdomain", "SLOW.example")
	if len(v) != 1 || v[0].Reason != "rate" || v[0].Rate != "1/3600" || *v[0].Concurrency != 1 || v[0].Tag != "slow" || v[0].LocalIP != "127.0.0.2" ||
		v[0].Place != "config/smtpd-policy.yaml:7:15" || time.Until(*v[0].Until) < 50*time.Minute || v[0].Policy != "dest" {
		t.Fatalf("%+v", v)
	}
	if text := s.ok("policy", "show"); !strings.Contains(text, "dest    grouping=slow.example localip=127.0.0.2  concurrency=1 rate=1/3600     0        1  rate    in ") {
		t.Errorf("%s", text)
	}
	if text := s.ok("policy", "show", "--grouping", "other.example"); strings.Contains(text, "slow.example") {
		t.Errorf("%s", text)
	}
	id := strings.TrimSpace(s.ok("policy", "add", "--fields", "grouping,localip", "--if", `{"grouping":"slow.example"}`, "--then", `{"rate":"2/3600"}`, "--ttl", "1h"))
	s.Until("another one", func() bool { return len(next.With("x@slow")) == 2 })
	s.Until("blocked again", func() bool { v = s.explain("--recipientdomain", "slow.example"); return v[0].Reason == "rate" })
	if v[0].Rate != "2/3600" || v[0].Dynamic == nil || v[0].Dynamic.ID != id || v[0].Dynamic.Left < 3000 || v[0].Tag != "slow" {
		t.Errorf("%+v", v[0])
	}
	if text := s.ok("policy", "show", "--explain", "--recipientdomain", "slow.example"); !strings.Contains(text, "dynamic "+id+" for 59m") || !strings.Contains(text, "over config/smtpd-policy.yaml:7:15") {
		t.Errorf("%s", text)
	}
	if same := strings.TrimSpace(s.ok("policy", "add", "--fields", "localip,grouping", "--if", `{"grouping":"slow.example"}`, "--then", `{"rate":"9/1"}`)); same != id {
		t.Errorf("got id %s, want that of the condition in force", same)
	}
	if text := s.ok("policy", "list"); !strings.Contains(text, "rate=2/3600") || strings.Contains(text, "rate=9/1") || !strings.Contains(text, "policies[0].default ") {
		t.Errorf("%s", text)
	}
	if got := s.ok("policy", "refill"); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	s.Until("the rest", func() bool { return len(next.With("x@slow")) == 4 })
	if got := s.ok("policy", "delete", id); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	if got := s.ok("policy", "delete", id); got != "0 affected\n" {
		t.Errorf("%q", got)
	}
	if v := s.explain("--recipientdomain", "fresh.example", "--localip", "a"); len(v) != 1 || v[0].From != "policies[0].default" || *v[0].Concurrency != 50 || v[0].Reason != "" {
		t.Errorf("%+v", v)
	}
	for _, c := range [][]string{
		{"no policy has the fields jobid", "--fields", "jobid", "--then", "{}"},
		{"unknown field 'colour'", "--fields", "localip,grouping", "--then", `{"colour":1}`},
		{"got '1/0'", "--fields", "localip,grouping", "--then", `{"rate":"1/0"}`},
		{"got -1, want 0 or more", "--fields", "localip,grouping", "--then", `{"concurrency":-1}`},
		{"want an object in JSON", "--fields", "localip,grouping", "--then", `concurrency`},
		{"the policy has no field 'jobid'", "--fields", "localip,grouping", "--if", `{"jobid":"x"}`, "--then", "{}"},
		{"got 'x', want some of", "--fields", "x", "--then", "{}"},
	} {
		if r := s.ctl(append([]string{"policy", "add"}, c[1:]...)...); r.code == 0 || !strings.Contains(r.err, c[0]) || strings.Contains(r.err, "control.") {
			t.Errorf("%v: %+v", c, r)
		}
	}
}

// TestSuspend: a suspension stops mail, its end lets it go.
func TestSuspend(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, nil)
	id := strings.TrimSpace(s.ok("suspend", "add", "--recipientdomain", "*.later.example", "--tag", "storm", "--ttl", "1h"))
	s.send("a@b.example", "x@a.later.example", "{}", "x")
	s.send("a@b.example", "x@free.example", "{}", "x")
	s.Until("the free one", func() bool { return len(next.With("free.example")) == 1 })
	s.Until("the suspended one", func() bool { return len(s.list("--queue", "active")) == 1 })
	if u := s.list()[0]; u.Recipient != "x@a.later.example" || len(u.Tags) != 1 || u.Tags[0] != "storm" {
		t.Errorf("%+v", u)
	}
	v := s.explain("--recipientdomain", "a.later.example")
	if v[0].Reason != "suspension" || v[0].Suspension.ID != id || v[0].Until == nil {
		t.Errorf("%+v", v)
	}
	if diff := cmp.Diff([][]string{{"suspends[0]"}, {id}}, [][]string{s.suspensions("static"), s.suspensions("dynamic")}); diff != "" {
		t.Error(diff)
	}
	if r := s.ctl("suspend", "delete", "suspends[0]"); r.code != 1 || !strings.Contains(r.err, "stands in config/smtpd-suspend.yaml:2:12") {
		t.Errorf("%+v", r)
	}
	if got := s.ok("suspend", "delete", id); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	s.Until("the mail", func() bool { return len(next.With("later.example")) == 1 })
	for _, bad := range [][]string{{}, {"--all"}, {"--all", "--yes", "--jobid", "x"}, {"--jobid", "x", "--ttl", "soon"}} {
		if r := s.ctl(append([]string{"suspend", "add"}, bad...)...); r.code != 2 {
			t.Errorf("%v: %+v", bad, r)
		}
	}
	if r := s.ctl("suspend", "add", "--jobid", "x", "--tag", strings.Repeat("t", 33)); r.code != 1 || !strings.Contains(r.err, "got 33 bytes, want 32 at most") {
		t.Errorf("%+v", r)
	}
	s.ok("suspend", "add", "--all", "--yes", "--id", "everything")
	s.send("a@b.example", "x@free.example", "{}", "x")
	s.Until("all suspended", func() bool { return len(s.list("--queue", "active")) == 1 })
}

// TestReload: broken files are refused with their places, and the status tells.
func TestReload(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), nil)
	if text := s.ok("hsl", "status"); !strings.Contains(text, "scripts     eod/main\n") || !strings.Contains(text, "generation  1\n") {
		t.Errorf("%s", text)
	}
	if got := s.ok("config", "reload"); got != "4 affected\n" {
		t.Errorf("%q", got)
	}
	if got := s.ok("config", "check"); got != "ok\n" {
		t.Errorf("%q", got)
	}
	s.Files(map[string]string{"hooks/eod/main.hsl": "Accept(;\n"})
	if r := s.ctl("hsl", "reload"); r.code != 1 || !strings.Contains(r.err, "hooks/eod/main.hsl:1:8: error: ") {
		t.Errorf("%+v", r)
	}
	if text := s.ok("hsl", "status"); !strings.Contains(text, "the last change was refused") || !strings.Contains(text, "hooks/eod/main.hsl:1:8: error: ") {
		t.Errorf("%s", text)
	}
	if text := s.ok("status"); !strings.Contains(text, "the last change was refused") {
		t.Errorf("%s", text)
	}
	if r := s.ctl("config", "check"); r.code != 1 || !strings.Contains(r.out, "hooks/eod/main.hsl:1:8: error: ") {
		t.Errorf("%+v", r)
	}
	if got := s.ok("config", "reload", "--file", "policy"); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	s.Files(map[string]string{"hooks/eod/main.hsl": hook, "config/smtpd-policy.yaml": "version: \"6.10\"\npolicies: [{ fields: [colour] }]\n"})
	if r := s.ctl("config", "reload", "--file", "policy"); r.code != 1 || !strings.Contains(r.err, "config/smtpd-policy.yaml:2:23: error: ") || strings.Contains(r.err, s.Dir) {
		t.Errorf("%+v", r)
	}
	if text := s.ok("config", "show", "smtpd-policy.yaml"); !strings.Contains(text, "id: dest") || strings.Contains(text, "colour") {
		t.Errorf("%s", text)
	}
	s.Files(map[string]string{"config/smtpd-policy.yaml": policyFile})
	if got := s.ok("config", "reload"); got != "4 affected\n" {
		t.Errorf("%q", got)
	}
	if text := s.ok("hsl", "status"); strings.Contains(text, "refused") {
		t.Errorf("%s", text)
	}
	b, err := os.ReadFile(filepath.Join(s.Dir, "config", "smtpd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.Files(map[string]string{"config/smtpd.yaml": string(b) + "http: { concurrency: 3 }\n"})
	if got := s.ok("config", "reload"); got != "4 affected\n" {
		t.Errorf("%q", got)
	}
	s.Logged("http.concurrency: the change counts from the next start")
	s.Files(map[string]string{"config/smtpd.yaml": string(b) + "http: { concurency: 3 }\n"})
	if r := s.ctl("config", "reload"); r.code != 1 || !strings.Contains(r.err, "config/smtpd.yaml:5:9: error: unknown key 'http.concurency'") {
		t.Errorf("%+v", r)
	}
}

// TestSecrets: what is shown of the configuration has no keys and passwords.
func TestSecrets(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, map[string]string{"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
transportgroups:
  - id: all
    transports: [{ id: out, connection: { server: 127.0.0.1, port: %d }, session: { auth: { username: me, password: hunter2 } } }]
`, next.Port)})
	text := s.ok("config", "show")
	if strings.Contains(text, "hunter2") || !strings.Contains(text, "password: (hidden)") || !strings.Contains(text, "username: me") || !strings.Contains(text, "# smtpd.yaml\nversion: \"6.10\"\n") {
		t.Errorf("%s", text)
	}
	if text := s.ok("config", "show", "--json"); strings.Contains(text, "hunter2") {
		t.Errorf("%s", text)
	}
}

// TestScripts: what scripts keep can be read and cleared.
func TestScripts(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, map[string]string{"hooks/eod/main.hsl": `import { rate } from "extras://rate";
function twice($x) { return $x * 2; }
echo cache [] twice(21);
rate("in", "client", 9, 60);
rate("in", "other", 9, 60);` + hook})
	s.send("a@b.example", "x@c.example", `{"hold":true}`, "x")
	for _, c := range [][2]string{
		{"hsl memory list", "last\n"},
		{"hsl memory get last", `{"subject":"x@c.example"}` + "\n"},
		{"hsl memory set n 42", "1 affected\n"},
		{"hsl memory list --json", `[{"key":"last"},{"key":"n"}]` + "\n"},
		{"hsl memory get n", "42\n"},
		{"hsl memory delete n", "1 affected\n"},
		{"hsl memory delete n", "0 affected\n"},
		{"hsl rate clear in other", "1 affected\n"},
		{"hsl rate clear", "1 affected\n"},
		{"hsl rate list --json", "[]\n"},
		{"hsl cache clear", "1 affected\n"},
		{"hsl cache list --json", "[]\n"},
		{"resolver clear", "0 affected\n"},
		{"resolver reload", "1 affected\n"},
	} {
		if got := s.ok(strings.Fields(c[0])...); got != c[1] {
			t.Errorf("%s: got %q, want %q", c[0], got, c[1])
		}
	}
	if r := s.ctl("hsl", "memory", "get", "n"); r.code != 1 || r.err != "hawserctl: no key 'n'\n" {
		t.Errorf("%+v", r)
	}
	s.send("a@b.example", "x@c.example", `{"hold":true}`, "x")
	if text := s.ok("hsl", "rate", "list"); !strings.Contains(text, "in         client     1   1m00s    0s") && !strings.Contains(text, "in         client     1   1m00s    1s") {
		t.Errorf("%s", text)
	}
	if strings.Contains(s.Text(), "level=DEBUG") {
		t.Error("it logs at debug before it is told to")
	}
	s.ok("log", "level", "debug")
	s.send("a@b.example", "x@c.example", `{"hold":true}`, "x")
	s.Until("debug", func() bool { return strings.Contains(s.Text(), "level=DEBUG") })
	if text := s.ok("status"); !strings.Contains(text, "log level    debug\n") || !strings.Contains(text, "3 hold") || !strings.Contains(text, "/spool: ok, 3 units, ") {
		t.Errorf("%s", text)
	}
}

// TestStats: the tree and its OpenMetrics form, which promtool's grammar accepts.
func TestStats(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, nil)
	s.send("a@b.example", "x@c.example", "{}", "x")
	s.send("a@b.example", "x@c.example", `{"hold":true}`, "x")
	s.Until("the delivery", func() bool {
		return strings.Contains(s.ok("stats", "--openmetrics"), "halon_queue_delivery_delivered 1\n")
	})
	text := s.ok("stats", "--openmetrics")
	for _, want := range []string{"# TYPE halon_queue_hold gauge\nhalon_queue_hold 1\n", "# TYPE halon_queue_pickup counter\nhalon_queue_pickup_total 1\n", "halon_servers_connections{id=\"in\"} 0\n", fmt.Sprintf("halon_process_pid %d\n", s.Cmd.Process.Pid)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Errorf("no end:\n%s", text)
	}
	if text := s.ok("stats"); !strings.Contains(text, "servers.in.connections ") {
		t.Errorf("%s", text)
	}
	if text := s.ok("version"); !strings.Contains(text, "hawserctl ") || !strings.Contains(text, "\nhawserd ") {
		t.Errorf("%s", text)
	}
}

// TestDrain: nothing new is accepted while the queue goes on; shutdown ends it all.
func TestDrain(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, nil)
	s.send("a@b.example", "x@late.example", `{"delay":3600}`, "x")
	if got := s.ok("drain"); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	s.Until("the closed port", func() bool {
		nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
		if err == nil {
			nc.Close()
		}
		return err != nil
	})
	if text := s.ok("status"); !strings.HasPrefix(text, "state        draining\n") {
		t.Errorf("%s", text)
	}
	s.ok("queue", "retry", "--recipient", "x")
	s.Until("the delivery", func() bool { return len(next.With("late.example")) == 1 })
	if got := s.ok("shutdown"); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	if err := s.Cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.Text())
	}
	if _, err := os.Lstat(filepath.Join(s.Dir, "run/hawserd.sock")); err == nil {
		t.Error("the socket is left")
	}
	if r := s.ctl("status"); r.code != 2 || !strings.Contains(r.err, "is hawserd running?") {
		t.Errorf("%+v", r)
	}
}

// TestSockets: a killed server leaves a file that the next one replaces; a living one
// keeps others away; programs find it from below the workspace.
func TestSockets(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), nil)
	info, err := os.Stat(filepath.Join(s.Dir, "run/hawserd.sock"))
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v %v", info, err)
	}
	s.Kill()
	s.Forget()
	s.Start()
	s.ok("status")
	cmd := exec.Command(servertest.Program("hawserctl"), "status")
	cmd.Dir = filepath.Join(s.Dir, "hooks/eod")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "running") {
		t.Errorf("%v %s", err, out)
	}
	if out, err := exec.Command(servertest.Program("hawserctl"), "--socket", filepath.Join(s.Dir, "run/hawserd.sock"), "status").CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
	other := t.TempDir()
	servertest.Write(t, other, map[string]string{"config/smtpd.yaml": fmt.Sprintf("version: \"6.10\"\nenvironment: { controlsocket: { path: %s/run/hawserd.sock } }\n", s.Dir)})
	out, _ := exec.Command(servertest.Program("hawserd"), "-c", other).CombinedOutput()
	if !strings.Contains(string(out), "another server answers there") {
		t.Errorf("%s", out)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{1, "tracing is not available", []string{"trace"}},
		{1, "API service is not available", []string{"--url", "http://127.0.0.1/", "status"}},
		{2, "unexpected argument", []string{"stauts"}},
		{2, "no server answers", []string{"--socket", filepath.Join(other, "none"), "status"}},
	} {
		if r := s.ctl(c.args...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	want := `{"version":{"major":6,"minor":10},"program":"smtpd","command":"F","payload":{"conditions":{"queues":[{"queue":"HOLD"}],"retrycounts":[{"operator":">","value":3}]},"limit":5}}` + "\n"
	if got := s.ok("--json-request", "queue", "list", "--queue", "hold", "--retrycount", ">3", "--limit", "5"); got != want {
		t.Errorf("got %s", got)
	}
}
