package main_test

import (
	stdcmp "cmp"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	"github.com/hawser-mta/hawser/mta/plugin/native"
	"github.com/hawser-mta/hawser/mta/plugin/native/nativetest"
)

// pluginConfig has transports for what plugins deliver: "place" leads nowhere, as is
// usual for them, "hop" to a server.
const pluginConfig = `version: "6.10"
servers: [{ id: in, transport: place, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
addresses:
  - { id: one, address: 127.0.0.1 }
  - { id: two, address: 127.0.0.2 }
  - { id: six, address: "::1" }
queues: { grouping: { groupings: [{ id: none, remoteip: [0.0.0.0] }] } }
transportgroups:
  - id: all
    retry: { count: 2, intervals: [{ interval: 1 }] }
    dsn: { transport: hop }
    transports:
      - { id: place, connection: { server: 0.0.0.0, sourceip: { addresses: [one] } } }
      - { id: pool, connection: { server: 127.0.0.1, port: %[1]d, sourceip: { random: false, addresses: [one, two] } } }
      - { id: families, connection: { server: [127.0.0.9, "::1"], port: %[1]d, sourceip: { random: false, addresses: [six, two] } } }
      - { id: hop, connection: { server: 127.0.0.1, port: %[1]d } }
`

// queueWithMeta queues each message with metadata, a job and a tenant.
const queueWithMeta = `
foreach ($transaction["recipients"] as $r)
	$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["transportid"],
		["metadata" => ["k" => "v\xc3\xa5"], "jobid" => "j", "tenantid" => "t"]);
Accept();
`

// TestDeliveryPlugins: each way that an attempt of a plugin can end is what scripts see
// and what the queue does by default; the plugin sees the message and its arguments.
func TestDeliveryPlugins(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, nil)
	cases := []tryCase{
		{name: "self", options: fmt.Sprintf(`"plugin" => ["id" => "deliver", "arguments" => ["mode" => "ok"]], "host" => "127.0.0.1", "port" => %d`, s.Port), post: map[string]any{
			"attempt.result.code": 250.0}}, // this server, which would be a loop by SMTP
		{name: "family", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "ok", "report" => true]], "host" => "::1"`, post: map[string]any{
			"attempt.plugin.return.localip": "127.0.0.1", "attempt.plugin.return.remoteip": "::1"}},
		{name: "ok", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "ok", "report" => [1, "x", none]]]`, post: map[string]any{
			"attempt.result.code": 250.0, "attempt.result.enhanced": []any{2.0, 6.0, 0.0}, "attempt.result.reason": []any{"first", "second"},
			"attempt.result.state": nil, "attempt.error": nil, "attempt.connection": nil, "action": nil, "queue": nil,
			"attempt.plugin.return.mail":      "~(?s)^Received: .*\r\nSubject: ok\r\n\r\nbody\r\n$",
			"attempt.plugin.return.arguments": map[string]any{"mode": "ok", "report": []any{1.0, "x", nil}},
			"attempt.plugin.return.metadata":  "{\"k\":\"vå\"}", "attempt.plugin.return.transportid": "place",
			"attempt.plugin.return.localip": "127.0.0.1", "attempt.plugin.return.remoteip": "0.0.0.0", "attempt.plugin.return.remotemx": "0.0.0.0",
			"attempt.plugin.return.recipientdomain": "y.test", "attempt.plugin.return.jobid": "j", "attempt.plugin.return.tenantid": "t",
			"attempt.plugin.return.grouping": "&none", "grouping": "&none", "attempt.plugin.return.sender": "sender@x.test",
			"attempt.plugin.return.recipient": "ok@y.test", "attempt.plugin.return.queueid": 1.0, "attempt.plugin.return.retry": 0.0,
			"attempt.plugin.return.priority": 0.0, "attempt.plugin.return.unknown": true,
		}},
		{name: "thread", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "thread"]], "jobid" => "other"`, post: map[string]any{
			"attempt.result.code": 250.0, "attempt.plugin": nil, "action": nil}},
		{name: "temporary", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "temporary"]]`, post: map[string]any{
			"attempt.result.code": 421.0, "attempt.result.reason": []any{"first"}, "action": "QUEUE", "dsn.diagnosticcode": "421 first"}},
		{name: "permanent", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "permanent"]]`, post: map[string]any{
			"attempt.result.code": 550.0, "attempt.result.reason": []any{"never"}, "action": "BOUNCE", "dsn.action": "failed"}},
		{name: "odd", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "odd"]]`, post: map[string]any{
			"attempt.result.code": 302.0, "action": "QUEUE"}},
		{name: "both", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "both"]]`, post: map[string]any{
			"attempt.result": nil, "attempt.error": map[string]any{"type": "plugin", "temporary": true, "message": "no disk"}, "action": "QUEUE"}},
		{name: "hard", options: `"plugin" => ["id" => "deliver", "arguments" => ["mode" => "hard"]]`, post: map[string]any{
			"attempt.error": map[string]any{"type": "plugin", "temporary": false, "message": "bad"}, "action": "BOUNCE"}},
		{name: "nothing", options: `"plugin" => ["id" => "deliver"]`, post: map[string]any{
			"attempt.error": map[string]any{"type": "plugin", "temporary": true, "message": "no result"}, "action": "QUEUE"}},
		{name: "other", options: `"plugin" => ["id" => "keeper"]`, post: map[string]any{ // it is loaded, but delivers nothing
			"attempt.error.message": "no delivery plugin 'keeper' is loaded", "action": "QUEUE"}},
	}
	s.Files(tryHooks(cases))
	s.Files(map[string]string{"config/smtpd-app.yaml": fmt.Sprintf(pluginConfig, next.Port), "hooks/eod/main.hsl": queueWithMeta})
	s.environment("", fmt.Sprintf("plugins: [{ id: deliver, path: %q }, { id: keeper, path: %q }]", nativetest.Build(t, "deliver"), nativetest.Build(t, "keeper")))
	s.Start("--log-level", "debug")
	s.run(t, cases)
	s.Logged(`msg="mode " event=attempt plugin=deliver transaction=`)
	s.Stop()
	if n := len(next.Mails()); n > 0 {
		t.Errorf("%d mails left by SMTP", n)
	}
}

// TestDeliveryPluginDefaults: without a script in postdelivery a success removes the
// message, with the notice that the sender asked for, a failure returns it.
func TestDeliveryPluginDefaults(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(pluginConfig, next.Port),
		"hooks/queue/predelivery.hsl": `
if ($message["transportid"] == "place")
	Try(["plugin" => ["id" => "deliver", "arguments" => ["mode" => $message["recipientaddress"]["localpart"]]], "dsn" => ["notify" => ["SUCCESS", "FAILURE"]]]);
`})
	s.environment("", fmt.Sprintf("plugins: [{ id: deliver, path: %q }]", nativetest.Build(t, "deliver")))
	s.Start()
	s.MustSend("sender@x.test", "ok@y.test", "Subject: x\r\n\r\n")
	s.MustSend("sender@x.test", "permanent@y.test", "Subject: x\r\n\r\n")
	mails := next.Wait(t, 2)
	s.Stop()
	all := strings.Join(mails, "\n====\n")
	for _, want := range []string{"Final-Recipient: rfc822; ok@y.test\r\nAction: relayed\r\nStatus: 2.6.0", "Final-Recipient: rfc822; permanent@y.test\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 never"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
}

// TestPluginUnfinished: a server that stops does not wait for a plugin for ever, and the
// message is tried again by the next one.
func TestPluginUnfinished(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	pre := `Try(["plugin" => ["id" => "deliver", "arguments" => ["mode" => "%s"]]]);`
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-app.yaml":        fmt.Sprintf(pluginConfig, next.Port),
		"hooks/queue/predelivery.hsl":  fmt.Sprintf(pre, "never"),
		"hooks/queue/postdelivery.hsl": `syslog("info", "retry " . $arguments["retry"] . ", code " . $arguments["attempt"]["result"]["code"]);`,
	})
	s.environment("", fmt.Sprintf("plugins: [{ id: deliver, path: %q }, { id: life, path: %q, config: { log: %q } }]",
		nativetest.Build(t, "deliver"), nativetest.Build(t, "life"), filepath.Join(t.TempDir(), "calls")))
	s.Start("--drain", "1", "--log-level", "debug")
	s.MustSend("sender@x.test", "a@y.test", "Subject: x\r\n\r\n")
	s.Logged("msg=unfinished")
	s.Stop()
	s.Logged("the server stops before a plugin has ended its attempt")
	if _, after, _ := strings.Cut(s.Text(), "life: early_cleanup"); !strings.Contains(after, "msg=draining") {
		t.Errorf("plugins were not told first\n%s", s.Text())
	}
	s.Files(map[string]string{"hooks/queue/predelivery.hsl": fmt.Sprintf(pre, "ok")})
	s.Start()
	s.Logged("retry 0, code 250")
}

// TestQueuePlugins: what a queue plugin keeps back, gives back and takes out of a pool.
func TestQueuePlugins(t *testing.T) {
	t.Parallel()
	p := (&peer{}).listen(t, "127.0.0.1")
	(&peer{Port: p.Port}).listen(t, "::1")
	s := workspace(t, p.Port, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(strings.Replace(pluginConfig, "transport: place", "transport: pool", 1), p.Port),
		// Five leave, or try to; what goes back counts no more.
		"config/smtpd-policy.yaml": "version: \"6.10\"\npolicies: [{ id: few, fields: [transportid], default: { rate: 6/3600 } }]\n",
		"hooks/queue/predelivery.hsl": `
$name = $context = $message["recipientaddress"]["localpart"];
$said = $arguments["queue"]["plugin"] ?? none;
syslog("info", "pre:" . $name . ":" . json_encode($said));
if (($name == "back" or $name == "silent") and $said) Try(["jobid" => "other"]);
if ($name == "narrow6") Try(["host" => ["127.0.0.9", "::1"], "sourceip" => ["six", "two"]]);
if ($name == "again") {
	memory_store("turns", (memory_fetch("turns") ?? 0) + 1);
	if (memory_fetch("turns") == 3) Queue(["delay" => 3600, "reason" => "not wanted"]);
}
`, "hooks/queue/postdelivery.hsl": logArguments})
	s.environment("", fmt.Sprintf("plugins: [{ id: keeper, path: %q }]", nativetest.Build(t, "keeper")))
	s.Start()
	s.run(t, []tryCase{
		{name: "any", p: p, post: map[string]any{"attempt.result.code": 250.0, "attempt.connection.localip": "127.0.0.1", "queue": nil, "action": nil,
			"policy.policies.0.rate": []any{6.0, 3600.0}}},
		{name: "kept", post: map[string]any{"attempt": nil, "policy": nil, "action": "QUEUE", "expired": false, "retry": 0.0,
			"queue": map[string]any{"plugin": map[string]any{"return": map[string]any{"error": "NO_IPS"}}}}},
		{name: "nowhere", post: map[string]any{"attempt": nil, "action": "QUEUE", "queue": nil}},
		{name: "narrow", p: p, post: map[string]any{"attempt.result.code": 250.0, "attempt.connection.localip": "127.0.0.2",
			"queue.plugin.return": map[string]any{"left": "127.0.0.2"}}},
		{name: "narrow6", post: map[string]any{"attempt.error.type": "network", "attempt.connection.remoteip": "127.0.0.9"}}, // not from ::1 to the other host
		{name: "back", p: p, post: map[string]any{"attempt.result.code": 250.0, "retry": 0.0, "queue.plugin.return": map[string]any{"localip": "127.0.0.1"}}},
		{name: "silent", p: p, post: map[string]any{"attempt.result.code": 250.0, "retry": 0.0, "queue": nil}},
	})
	s.Logged(`msg=pre:back:null`)
	s.Logged(`msg="pre:back:{\"return\":{\"localip\":\"127.0.0.1\"}}"`)
	s.Logged(`msg="pre:silent:{\"return\":null}"`)
	s.MustSend("sender@x.test", "again@y.test", "Subject: again\r\n\r\n")
	s.Logged(`reason="not wanted"`)
	var at []time.Time
	for _, line := range regexp.MustCompile(`time=(\S+) .*pre:again:`).FindAllStringSubmatch(s.Text(), -1) {
		x, err := time.Parse(time.RFC3339, line[1])
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, x)
	}
	if len(at) != 3 || at[1].Sub(at[0]) > 900*time.Millisecond || at[2].Sub(at[1]) < 900*time.Millisecond {
		t.Errorf("predelivery ran at %v", at)
	}
}

// TestPluginExports: the program exports the functions of the header, and of its own
// nothing but what every Go program with cgo has: a library that brings names of its own
// must find these.
func TestPluginExports(t *testing.T) {
	t.Parallel()
	f, err := elf.Open(servertest.Program("hawserd"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, x := range symbols {
		if x.Section != elf.SHN_UNDEF && !slices.Contains([]string{"_cgo_panic", "_cgo_topofstack", "crosscall2"}, x.Name) {
			got = append(got, x.Name)
		}
	}
	for _, m := range regexp.MustCompile(`\b(HalonMTA_\w+)\(`).FindAllStringSubmatch(native.Header, -1) {
		want = append(want, m[1])
	}
	if d := cmp.Diff(want, got, cmpopts.SortSlices(stdcmp.Less[string])); d != "" || len(want) < 20 {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestPluginExample: what docs/plugins.md shows works as it stands there, but for the
// directory.
func TestPluginExample(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(first string) string {
		_, text, ok := strings.Cut(string(page), "\n    "+first)
		if !ok {
			t.Fatalf("no example begins with %s", first)
		}
		var b strings.Builder
		for line := range strings.Lines(text) {
			line, code := strings.CutPrefix(line, "    ")
			if !code && line != "\n" || strings.HasPrefix(line, "# config/") || strings.HasPrefix(line, "// hooks/") {
				break
			}
			b.WriteString(line)
		}
		return b.String()
	}
	dir := t.TempDir()
	library := nativetest.Compile(t, "shelf", block("/* shelf.c: keeps each message as a file */\n"))
	pre := strings.Replace(block("// hooks/queue/predelivery.hsl\n"), "/var/shelf", dir, 1)
	s := workspace(t, 1, map[string]string{"hooks/queue/predelivery.hsl": pre, "plugins/README": ""})
	if err := os.Link(library, filepath.Join(s.Dir, "plugins/shelf.so")); err != nil {
		t.Fatal(err)
	}
	s.environment("", block("# config/smtpd.yaml\n"))
	s.Files(map[string]string{"config/smtpd-app.yaml": "version: \"6.10\"\nservers: [{ id: in, transport: shelf, phases: { connect: { fcrdns: false } } }]\n" + block("# config/smtpd-app.yaml\n")})
	s.Start()
	s.MustSend("a@x.test", "b@y.test", "Subject: kept\r\n\r\nbody\r\n")
	s.Logged(`msg="attempt delivered"`)
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	if b, err := os.ReadFile(files[0]); err != nil || !strings.HasSuffix(string(b), "\r\nSubject: kept\r\n\r\nbody\r\n") {
		t.Errorf("%q %v", b, err)
	}
}

// TestPluginFaults: a server does not start with a plugin that cannot be loaded or that
// does not want to, and says where it is named; a check loads but does not start it.
func TestPluginFaults(t *testing.T) {
	t.Parallel()
	life := nativetest.Build(t, "life")
	calls := filepath.Join(t.TempDir(), "calls")
	s := workspace(t, 1, map[string]string{"plugins/hsl/mod.hsl": "", "plugins/broken.so": "no library"})
	for _, c := range []struct{ plugins, want string }{
		{"[{ id: nothing }]", "smtpd.yaml:4:17: error: plugins[0].id: no library plugins/nothing.so, and no module extras://nothing"},
		{"[{ id: a/b }]", "got 'a/b', want a name without slashes"},
		{"[{ id: mod }, { id: mod }]", "plugins[1].id: 'mod' stands before"},
		{"[{ id: broken }]", "plugins[0]: plugin 'broken' cannot be loaded: "},
		{fmt.Sprintf("[{ id: life, path: %q }]", life), "plugin 'life' does not start: Halon_early_init gave false"}, // without a log
		{fmt.Sprintf("[{ id: life, path: %q, config: { log: %q, init: true } }]", life, calls), "plugin 'life' does not start: Halon_init gave false"},
	} {
		s.environment("", "plugins: "+c.plugins)
		if text := refused(t, s.Dir); !strings.Contains(text, c.want) {
			t.Errorf("%s: no %q in %s", c.plugins, c.want, text)
		}
	}
	b, _ := os.ReadFile(calls)
	if !strings.HasSuffix(string(b), "cleanup null 4\n") {
		t.Errorf("what had begun was not ended: %s", b)
	}
	if out, err := exec.CommandContext(t.Context(), servertest.Program("hawserd"), "-c", s.Dir, "--check").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if now, _ := os.ReadFile(calls); string(now) != string(b) {
		t.Errorf("a check started the plugin: %s", now)
	}
}
