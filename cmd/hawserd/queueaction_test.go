package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// retries is a configuration with one retry after a second; transports out and other
// lead to two peers, notifications to a third.
func retries(out, other, home int) string {
	return fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
queues: { hold: { maxage: 2 } }
transportgroups:
  - id: all
    session: { helo: transport.test }
    retry: { count: 1, intervals: [{ interval: 1 }] }
    dsn: { transport: home }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: %d } }
      - { id: other, connection: { server: 127.0.0.1, port: %d } }
      - { id: home, connection: { server: 127.0.0.1, port: %d } }
`, out, other, home)
}

// busy refuses recipients by the first word of their names.
func busy(line string) string {
	switch {
	case strings.HasPrefix(line, "RCPT TO:<busy"):
		return "451 4.3.0 later"
	case strings.HasPrefix(line, "RCPT TO:<fail"):
		return "550 5.1.1 no such user"
	}
	return ""
}

// TestTryIsForOneAttempt: what Try changes does not reach the queue, the retry uses the
// message as it was queued.
func TestTryIsForOneAttempt(t *testing.T) {
	t.Parallel()
	first := (&peer{answer: busy, extensions: []string{"DSN"}}).listen(t, "127.0.0.1")
	second := (&peer{extensions: []string{"DSN"}}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": retries(second.Port, 1, second.Port),
		"hooks/eod/main.hsl": `$m = $arguments["mail"]; $m->addHeader("X-Added", "1"); $m->queue($transaction["senderaddress"], ["localpart" => "Bob", "domain" => "y.test", "params" => ["X-R" => "1"]], "out",
			["jobid" => "job", "tenantid" => "tenant", "dsn" => ["envid" => "e1", "notify" => "NEVER"], "metadata" => ["k" => "v"]]); Accept();`,
		"hooks/queue/predelivery.hsl": fmt.Sprintf(`$context = "retry" . $arguments["retry"];
			if ($arguments["retry"] == 0) Try(["host" => "127.0.0.1", "port" => %d, "helo" => "once.test", "sender" => "z@z.test", "recipient" => "busy@w.test", "jobid" => "j2", "tenantid" => "t2",
				"priority" => 1, "dsn" => ["envid" => "e2", "ret" => "FULL", "notify" => "SUCCESS", "orcpt" => "rfc822;o@w.test"], "sourceip" => [["address" => "127.0.0.4"]]]);`, first.Port),
		"hooks/queue/postdelivery.hsl": strings.Replace(logArguments, "if ($a[\"action\"] ?? \"\") Delete();", "", 1),
	})
	s.Start()
	s.MustSend("a@x.test", "b@y.test", "Subject: s\r\n\r\nbody\r\n")
	d, _ := second.mail(t, "Bob@y.test")
	want := []string{"EHLO transport.test", "MAIL FROM:<a@x.test> ENVID=e1", "RCPT TO:<Bob@y.test> NOTIFY=NEVER X-R=1", "DATA", "QUIT"}
	if diff := cmp.Diff(want[:4], d.Commands[:4]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if d.From != "127.0.0.1" {
		t.Errorf("from %s", d.From)
	}
	used := s.post("retry0")
	for path, want := range map[string]any{"files.1": "X-Added: 1", "message.jobid": "j2", "message.tenantid": "t2", "message.priority": 1.0, "message.recipient": "busy@w.test", "message.dsn.orcpt": "rfc822;o@w.test", "attempt.connection.localip": "127.0.0.4"} {
		if got := at(used, path); got != want {
			t.Errorf("first attempt: %s is %v, want %v", path, got, want)
		}
	}
	stored := s.post("retry1")
	for path, want := range map[string]any{"retry": 1.0, "message.jobid": "job", "message.tenantid": "tenant", "message.priority": 0.0, "message.recipient": "bob@y.test", "message.sender": "a@x.test", "message.dsn.envid": "e1", "message.dsn.ret": "", "message.dsn.orcpt": ""} {
		if got := at(stored, path); got != want {
			t.Errorf("second attempt: %s is %v, want %v", path, got, want)
		}
	}
	s.Stop()
}

// TestTryPooling: a connection carries as many messages as the option says.
func TestTryPooling(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{
		"hooks/queue/predelivery.hsl": `$context = $message["recipientaddress"]["localpart"];
			if ($context == "e") Try(["helo" => "e.test", "pooling" => ["enabled" => true, "timeout" => 1]]);
			Try(["pooling" => ["enabled" => $context != "d", "transactions" => 2, "timeout" => 3600, "evictable" => false]]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	ids := map[string]any{}
	for i, name := range []string{"a", "b", "c", "d"} {
		s.MustSend("s@x.test", name+"@y.test", "x\r\n")
		got := s.post(name)
		ids[name] = at(got, "attempt.connection.id")
		if n := at(got, "attempt.connection.transactions"); n != []float64{1, 2, 1, 1}[i] {
			t.Errorf("%s: transaction %v of the connection", name, n)
		}
	}
	if ids["a"] != ids["b"] || ids["a"] == ids["c"] || ids["c"] == ids["d"] || ids["a"] == nil {
		t.Errorf("connections %v", ids)
	}
	s.MustSend("s@x.test", "e@y.test", "x\r\n")
	until(t, next, "the end of an idle connection", func(sessions []*dialogue) (int, error) {
		for _, d := range sessions {
			if d.command("EHLO e.test") != "" && d.command("QUIT") != "" {
				return 0, nil
			}
		}
		return 0, errNone
	})
	s.Stop()
}

// TestQueueAction: what Queue, Bounce and Delete do in both hooks.
func TestQueueAction(t *testing.T) {
	t.Parallel()
	out := (&peer{answer: busy}).listen(t, "127.0.0.1")
	other := (&peer{}).listen(t, "127.0.0.1")
	home := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": retries(out.Port, other.Port, home.Port),
		"hooks/queue/predelivery.hsl": `
if ($message["serverid"] == "") Try();
$name = $message["recipientaddress"]["localpart"];
$m = GetMetaData();
$n = number($m["runs"] ?? "0") + 1;
$context = $name . $n;
SetMetaData(["runs" => string($n), "at" => $m["at"] ?? string(time())]);
if ($name == "delay") {
	if ($n == 1) Queue(["delay" => 2.5, "increment_retry" => false, "reason" => "wait a little"]);
	syslog("info", "delayed " . (time() - number($m["at"]) >= 2.5 ? "enough" : "too short") . " retry " . $arguments["retry"]);
}
if ($name == "count" and $n < 5)
	Queue(["delay" => 0, "increment_retry" => $n != 3, "reset_retry" => $n == 1, "reason" => "step " . $n . " retry " . $arguments["retry"]]);
if ($name == "hold") Queue(["hold" => true, "reason" => "kept back"]);
if ($name == "move" and $n == 1) Queue(["delay" => 0, "transportid" => "other"]);
if ($name == "nowhere") Queue(["transportid" => "nowhere"]);
if ($name == "bounce") Bounce(["reason" => "not wanted", "dsn" => ["subject" => "Own subject"]]);
if ($name == "delete") Delete(["reason" => "spam"]);
`,
		"hooks/queue/postdelivery.hsl": `
if ($message["serverid"] == "") Default();
$a = $arguments;
$a["message"] = ["id" => $message["id"], "transportid" => $message["transportid"], "serverid" => $message["serverid"], "sender" => $message["sender"]];
$a["status"] = GetMetaData();
syslog("info", "post:" . ($context ?? "gone " . $message["recipientaddress"]["localpart"]) . ":" . json_encode($a));
if ($context == "busymore1") Queue();
if ($context == "busymore2") Queue(["delay" => 0, "reason" => "once more"]);
if ($context == "busymore3") Delete();
if ($context == "busygone1") Bounce(["reason" => "given up", "dsn" => ["from_name" => "Postbote", "text" => "Sorry."]]);
if ($context == "busylate1") Queue(["hold" => true]);
if ($context == "fine1") Queue();
`,
	})
	s.Start()
	names := []string{"delay", "count", "hold", "move", "nowhere", "bounce", "delete", "busymore", "busygone", "busylate", "fail", "fine", "busy"}
	for _, n := range names {
		s.MustSend(n+"@from.test", n+"@y.test", "Subject: "+n+"\r\n\r\nbody\r\n")
	}
	check := func(name string, want map[string]any) map[string]any {
		t.Helper()
		got := s.post(name)
		for path, w := range want {
			if d := cmp.Diff(w, at(got, path)); d != "" {
				t.Errorf("%s: %s (-want +got)\n%s", name, path, d)
			}
		}
		return got
	}
	s.Logged("delayed enough retry 0")
	s.Logged(`reason="wait a little"`)
	check("delay2", map[string]any{"retry": 0.0, "attempt.result.code": delivered})
	for _, step := range []string{"step 1 retry 0", "step 2 retry 0", "step 3 retry 1", "step 4 retry 1"} {
		s.Logged(`reason="` + step + `"`)
	}
	// The fourth exceeds the count of one retry: it is returned.
	check("count4", map[string]any{"action": "BOUNCE", "expired": true, "attempt": nil, "dsn.diagnosticcode": "step 4 retry 1", "dsn.diagnostictype": "x-error"})
	s.Logged(`reason="kept back"`)
	s.Logged("attempt held")
	check("gone hold", map[string]any{"action": "BOUNCE", "expired": true, "attempt": nil, "dsn.status": []any{4.0, 4.0, 7.0}, "dsn.diagnosticcode": "kept back"}) // its greatest age
	home.mail(t, "hold@from.test")
	// What expires after an attempt is reported with the last reply.
	check("gone busylate", map[string]any{"action": "BOUNCE", "expired": true, "attempt": nil, "dsn.status": []any{4.0, 3.0, 0.0}, "dsn.diagnostictype": "smtp", "dsn.diagnosticcode": "451 4.3.0 later"})
	check("move2", map[string]any{"retry": 1.0, "message.transportid": "other"})
	if d, _ := other.mail(t, "move@y.test"); d.command("MAIL") == "" {
		t.Error("the other transport was not used")
	}
	s.Logged("Queue(): unknown transport")
	bounced := check("bounce1", map[string]any{"action": "BOUNCE", "attempt": nil, "policy": nil, "expired": false, "retry": 0.0, "dsn.action": "failed", "dsn.diagnosticcode": "not wanted", "dsn.diagnostictype": "x-error", "dsn.status": []any{5.0, 0.0, 0.0}})
	_, text := home.mail(t, "bounce@from.test")
	for _, want := range []string{"Subject: Own subject\r\n", "Diagnostic-Code: x-error; not wanted\r\n", "To: bounce@from.test\r\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if id, _ := at(bounced, "dsn.id.transaction").(string); id == "" || !strings.Contains(s.Text(), "msg=queued event=queued transaction="+id+" queueid=1 sender=\"\" recipient=bounce@from.test") {
		t.Errorf("no notification has the id %q", id)
	}
	check("delete1", map[string]any{"action": "DELETE", "dsn.diagnosticcode": "spam", "dsn.id": nil})
	check("busymore1", map[string]any{"retry": 0.0, "action": "QUEUE", "expired": false, "dsn.action": "delayed", "dsn.id": nil, "dsn.status": []any{4.0, 3.0, 0.0}, "dsn.diagnosticcode": "451 4.3.0 later", "attempt.result.state": "RCPT"})
	check("busymore2", map[string]any{"retry": 1.0, "action": "BOUNCE", "expired": true})
	check("busymore3", map[string]any{"retry": 2.0, "action": "BOUNCE", "expired": true, "status.runs": "3"})
	s.Logged(`status="once more"`)
	_, text = home.mail(t, "busygone@from.test")
	s.Logged(`status="given up"`)
	for _, want := range []string{"Diagnostic-Code: x-error; given up\r\n", "Postbote", "\r\nSorry."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	check("fail1", map[string]any{"action": "BOUNCE", "dsn.action": "failed", "attempt.result.code": 550.0})
	_, text = home.mail(t, "fail@from.test")
	if !strings.Contains(text, "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n") {
		t.Errorf("got\n%s", text)
	}
	check("fine1", map[string]any{"action": nil, "attempt.result.code": delivered})
	s.Logged("the message was delivered")
	home.mail(t, "busy@from.test") // the default of a message that expires
	s.Stop()
	if d := home.sent(); d["delete@from.test"]+d["busymore@from.test"]+d["fine@from.test"] > 0 || d["bounce@from.test"] != 1 {
		t.Errorf("notifications %v", d)
	}
}
