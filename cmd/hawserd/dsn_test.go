package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/message"
)

// TestNotifications: which notifications the wishes of a sender lead to (RFC 3461), at
// next hops with and without DSN. Every message fails, is late or arrives by its name.
func TestNotifications(t *testing.T) {
	t.Parallel()
	with := (&peer{answer: busy, extensions: []string{"DSN"}}).listen(t, "127.0.0.1")
	without := (&peer{answer: busy}).listen(t, "127.0.0.1")
	home := (&peer{}).listen(t, "127.0.0.1")
	cases := []struct {
		name, dsn string
		p         *peer
		try       string
		want      string // actions of the notifications, in order
	}{
		{"fail", ``, without, ``, "failed"},
		{"failNever", `"notify" => "NEVER"`, without, ``, ""},
		{"failSuccess", `"notify" => ["SUCCESS", "DELAY"]`, without, ``, ""},
		{"failFailure", `"notify" => "SUCCESS,FAILURE"`, without, ``, "failed"},
		{"busy", ``, without, ``, "delayed failed"},
		{"busyNever", `"notify" => "NEVER"`, without, ``, ""},
		{"busyFailure", `"notify" => "FAILURE"`, without, ``, "failed"},
		{"busyDelay", `"notify" => "DELAY"`, without, ``, "delayed"},
		{"fine", ``, without, ``, ""},
		{"fineSuccess", `"notify" => "SUCCESS"`, without, ``, "relayed"},
		{"finePassed", `"notify" => "SUCCESS"`, with, ``, ""},
		{"fineDelivered", `"notify" => "SUCCESS"`, without, `"dsn" => ["success" => "delivered"]`, "delivered"},
		{"fineAsked", ``, without, `"dsn" => ["notify" => ["SUCCESS"]]`, "relayed"},
		{"fineFailure", `"notify" => "FAILURE"`, without, ``, ""},
		{"failNull", ``, without, `"sender" => ""`, ""},
	}
	var eod, pre strings.Builder
	eod.WriteString("$name = $transaction[\"recipients\"][0][\"address\"][\"localpart\"];\n$d = [];\n")
	pre.WriteString("if ($message[\"serverid\"] == \"\") Try();\n$name = $message[\"recipientaddress\"][\"localpart\"];\n")
	for _, c := range cases {
		fmt.Fprintf(&eod, "if ($name == %q) $d = [%s];\n", c.name, c.dsn)
		fmt.Fprintf(&pre, "if ($name == %q) Try([\"host\" => \"127.0.0.1\", \"port\" => %d, %s]);\n", c.name, c.p.Port, c.try)
	}
	eod.WriteString(`foreach ($transaction["recipients"] as $r) $arguments["mail"]->queue($transaction["senderaddress"], $r["address"], "out", ["dsn" => $d]); Accept();`)
	s := workspace(t, 1, map[string]string{
		"hooks/eod/main.hsl": eod.String(), "hooks/queue/predelivery.hsl": pre.String(),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
transportgroups:
  - id: all
    retry: { count: 3, intervals: [{ interval: 1, notify: true }] }
    dsn: { transport: home }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: 1 } }
      - { id: home, connection: { server: 127.0.0.1, port: %d } }
`, home.Port),
	})
	s.Start()
	total := 0
	for _, c := range cases {
		s.MustSend(c.name+"@from.test", c.name+"@y.test", "Subject: "+c.name+"\r\n\r\nbody\r\n")
		total += len(strings.Fields(c.want))
	}
	until(t, home, "all notifications", func(sessions []*dialogue) (int, error) {
		n := 0
		for _, d := range sessions {
			n += len(d.Mails)
		}
		if n < total {
			return n, fmt.Errorf("%d of %d", n, total)
		}
		return n, nil
	})
	for _, c := range cases { // and none is on its way
		if c.name != "failNull" {
			s.Logged("recipient=" + strings.ToLower(c.name) + "@y.test")
		}
	}
	for _, name := range []string{"busynever", "busydelay", "busyfailure"} {
		s.Logged("action=bounced sender=" + name + "@from.test")
	}
	s.Stop()
	got := map[string]string{}
	for _, d := range home.sessions {
		for i, m := range d.Mails {
			to := strings.TrimSuffix(strings.TrimPrefix(d.command("RCPT"), "RCPT TO:<"), "@from.test>")
			if i > 0 || d.command("MAIL FROM:<>") == "" {
				t.Errorf("session %q", d.Commands)
			}
			_, action, _ := strings.Cut(m, "\r\nAction: ")
			action, _, _ = strings.Cut(action, "\r\n")
			got[to] = strings.TrimSpace(got[to] + " " + action)
		}
	}
	want := map[string]string{}
	for _, c := range cases {
		if c.want != "" {
			want[c.name] = c.want
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// reportJudge lets Debian's Python read a notification, and verify its signature.
const reportJudge = `
import email, json, sys
from email import policy
import dkim
raw = sys.stdin.buffer.read()
m = email.message_from_bytes(raw, policy=policy.default)
parts = list(m.iter_parts())
st = parts[1].get_payload()
print(json.dumps({
    "type": m.get_content_type(), "report": m.get_param("report-type"), "types": [p.get_content_type() for p in parts],
    "defects": len(m.defects) + sum(len(p.defects) for p in parts),
    "from": m["From"], "to": m["To"], "subject": m["Subject"], "auto": m["Auto-Submitted"], "own": m["X-Own"], "text": parts[0].get_content(),
    "message": {k.lower(): v for k, v in st[0].items() if k != "Arrival-Date"},
    "recipient": {k.lower(): v for k, v in st[1].items() if k != "Last-Attempt-Date"},
    "dated": "Arrival-Date" in st[0] and "Last-Attempt-Date" in st[1],
    "returned": parts[2].get_payload()[0]["Subject"] if parts[2].is_multipart() else parts[2].get_payload(),
    "signed": dkim.verify(raw, dnsfunc=lambda name, timeout=5: sys.argv[1].encode()) if len(sys.argv) > 1 else None,
}))
`

func judgeReport(t *testing.T, raw string, args ...string) map[string]any {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", append([]string{"-c", reportJudge}, args...)...)
	cmd.Stdin = strings.NewReader(raw)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("this test needs the Debian packages python3 and python3-dkim: %v\n%s", err, stderr.String())
	}
	var v map[string]any
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNotificationOptions: every option dsn of Bounce, read by Python's email package,
// its signature verified by two verifiers.
func TestNotificationOptions(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(pub)
	cert, _ := (*authority)(nil).issue(t, time.Hour, "unused.test")
	_, keyPath := store(t, tls.Certificate{Certificate: cert.Certificate, PrivateKey: key})
	out := (&peer{answer: busy}).listen(t, "127.0.0.1")
	home := (&peer{}).listen(t, "127.0.0.1")
	special := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"hooks/eod/main.hsl": `foreach ($transaction["recipients"] as $r) $arguments["mail"]->queue($transaction["senderaddress"], $r["address"], "out",
			["dsn" => ["envid" => "env+1", "ret" => "FULL", "orcpt" => "rfc822;Orig@y.test"]]); Accept();`,
		"hooks/queue/predelivery.hsl": `
if ($message["serverid"] == "") {
	syslog("info", "notification " . ($message["jobid"] ?? "-") . " " . ($message["tenantid"] ?? "-") . " " . json_encode(GetMetaData()) . " " . $message["transportid"] . " " . $message["priority"] . " " . $message["id"]["transaction"]);
	syslog("info", "lateness " . (time() - $message["ts"] >= 1.5 ? "kept" : "none"));
}`,
		"hooks/queue/postdelivery.hsl": `
$name = $message["recipientaddress"]["localpart"];
if ($name == "failOptions") Bounce(["dsn" => [
	"transportid" => "special", "recipient" => ["localpart" => "Other", "domain" => "else.test"], "from" => "robot@from.test", "from_name" => "Pöst",
	"metadata" => ["a" => "b"], "jobid" => "job", "tenantid" => "tenant", "delay" => 1.5, "ret" => "HDRS",
	"headers" => ["X-Own" => "yes", "Auto-Submitted" => "auto-generated"], "subject" => "Nö", "text" => "Nothing\ncame of it.",
	"dkim" => ["selector" => "s1", "domain" => "from.test", "key" => "pki:sig", "additional_headers" => ["x-own"], "timestamp" => true]]]);
if ($name == "failForced") Bounce(["dsn" => ["dkim" => ["selector" => "s1", "domain" => "from.test", "key" => "nonsense"]]]);
if ($name == "busySend" and $arguments["action"] == "QUEUE") Queue(["dsn" => ["send" => true, "subject" => "Patience"]]);
if ($name == "busyQuiet" and $arguments["action"] == "QUEUE") Queue(["delay" => 1, "dsn" => ["send" => false]]);
if ($name == "failNone") Bounce(["dsn" => ["ret" => "SOME"]]);
`,
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
pki: { private: [{ id: sig, privatekey: { path: %s } }] }
transportgroups:
  - id: all
    retry: { count: 1, intervals: [{ interval: 1 }] }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: %d }, dsn: { transport: home, from: pm@conf.test, from_name: Configured }, retry: { intervals: [{ interval: 1, notify: true }] } }
      - { id: home, connection: { server: 127.0.0.1, port: %d } }
      - { id: special, connection: { server: 127.0.0.1, port: %d } }
`, keyPath, out.Port, home.Port, special.Port),
	})
	s.Start()
	for _, name := range []string{"failOptions", "failPlain", "failForced", "failNone", "busySend", "busyQuiet"} {
		s.MustSend(name+"@from.test", name+"@y.test", "Subject: about "+name+"\r\n\r\nbody\r\n")
	}

	_, raw := special.mail(t, "Other@else.test")
	s.Logged("notification job tenant {\\\"a\\\":\\\"b\\\"} special 0 ")
	s.Logged("lateness kept")
	got := judgeReport(t, raw, record)
	want := map[string]any{
		"type": "multipart/report", "report": "delivery-status", "types": []any{"text/plain", "message/delivery-status", "text/rfc822-headers"}, "defects": 0.0,
		"from": "Pöst <robot@from.test>", "to": "Other@else.test", "subject": "Nö", "auto": "auto-generated", "own": "yes", "text": "Nothing\r\ncame of it.", "dated": true, "signed": true,
		"message": map[string]any{"reporting-mta": "dns; mx.test", "original-envelope-id": "env+1", "received-from-mta": "dns; localhost"},
		"recipient": map[string]any{"original-recipient": "rfc822; Orig@y.test", "final-recipient": "rfc822; failOptions@y.test", "action": "failed", "status": "5.1.1",
			"remote-mta": "dns; 127.0.0.1", "diagnostic-code": "smtp; 550 5.1.1 no such user"},
		"returned": got["returned"],
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if head := fmt.Sprint(got["returned"]); !strings.Contains(head, "Subject: about failOptions") || strings.Contains(head, "body") {
		t.Errorf("returned %q", head)
	}
	field, _, _ := strings.Cut(raw, "\r\nFrom:")
	if r := dkim.Verify(context.Background(), message.Bytes([]byte(raw)), []byte(field), func(context.Context, string) ([]string, error) { return []string{record}, nil }, time.Now()); r.Result != "pass" {
		t.Errorf("%+v of %s", r, field)
	}
	if !strings.Contains(field, "x-own") || !strings.Contains(field, " t=") {
		t.Errorf("signature %s", field)
	}

	_, raw = home.mail(t, "failPlain@from.test")
	got = judgeReport(t, raw)
	for k, v := range map[string]any{"from": "Configured <pm@conf.test>", "to": "failPlain@from.test", "subject": "Undelivered Mail Returned to Sender", "auto": "auto-replied",
		"types": []any{"text/plain", "message/delivery-status", "message/rfc822"}, "returned": "about failPlain", "defects": 0.0} {
		if d := cmp.Diff(v, got[k]); d != "" {
			t.Errorf("%s (-want +got)\n%s", k, d)
		}
	}
	if text := fmt.Sprint(got["text"]); !strings.Contains(text, "550 5.1.1 no such user (in reply to the RCPT command)") {
		t.Errorf("text %q", text)
	}
	if _, raw = home.mail(t, "failForced@from.test"); strings.Contains(raw, "DKIM-Signature") {
		t.Errorf("signed with nonsense:\n%s", raw)
	}
	s.Logged("signDKIM: ")
	home.mail(t, "failNone@from.test") // the script failed: the default
	s.Logged("option ret must be FULL or HDRS")
	_, raw = home.mail(t, "busySend@from.test")
	if got = judgeReport(t, raw); got["subject"] != "Patience" || at(got, "recipient.action") != "delayed" || at(got, "recipient.will-retry-until") == nil {
		t.Errorf("got %v", got)
	}
	s.Logged("action=bounced sender=busyquiet@from.test")
	until(t, home, "the end of busyQuiet", func(sessions []*dialogue) (int, error) {
		for _, d := range sessions {
			for _, m := range d.Mails {
				if strings.Contains(m, "busyQuiet@y.test") && strings.Contains(m, "Action: failed") {
					return 0, nil
				}
			}
		}
		return 0, errNone
	})
	s.Stop()
	if n := home.sent(); n["busyQuiet@from.test"] != 1 {
		t.Errorf("notifications %v", n)
	}
}
