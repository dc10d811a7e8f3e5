package dsn_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/dsn"
	"github.com/hawser-mta/hawser/mta/message"
)

func parse(s string) address.Address {
	a, err := address.Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func report() dsn.Report {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	return dsn.Report{
		Action: dsn.Failed, Status: [3]int{5, 1, 1}, DiagType: "smtp", DiagCode: "550 5.1.1 User unknown\r\nX-Evil: 1", Command: "RCPT",
		Recipient: parse("b@y.test"), Orcpt: "rfc822;B@y.test", EnvID: "env1", RemoteMTA: "mx.y.test", Hostname: "mx.test",
		From: parse("postmaster@mx.test"), FromName: "Mail system", To: parse("a@x.test"), MessageID: "id@mx.test", Boundary: "BB",
		Now: at, Arrival: at.Add(-time.Hour), LastTry: at, Received: "client.test",
		Original: message.Bytes([]byte("From: a@x.test\r\nSubject: hi\r\n\r\nbody\r\n")),
	}
}

// judge lets Debian's Python read a notification: content type, the fields of
// both groups, and the type of the returned part.
const judge = `
import email, sys
from email import policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
parts = list(m.iter_parts())
print(m.get_content_type(), m.get_param("report-type"), len(parts), bool(m.defects) or any(p.defects for p in parts))
st = parts[1].get_payload()
print("|".join(f"{k}={v}" for k, v in st[0].items()))
print("|".join(f"{k}={v}" for k, v in st[1].items()))
print(parts[1].get_content_type(), parts[2].get_content_type())
`

func python(t *testing.T, judge string, raw []byte) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", judge)
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestPythonReadsIt(t *testing.T) {
	t.Parallel()
	raw, err := dsn.Build(report())
	if err != nil {
		t.Fatal(err)
	}
	want := `multipart/report delivery-status 3 False
Reporting-MTA=dns; mx.test|Original-Envelope-Id=env1|Received-From-MTA=dns; client.test|Arrival-Date=Tue, 24 Nov 2026 09:00:00 +0000
Original-Recipient=rfc822; B@y.test|Final-Recipient=rfc822; b@y.test|Action=failed|Status=5.1.1|Remote-MTA=dns; mx.y.test|Diagnostic-Code=smtp; 550 5.1.1 User unknown  X-Evil: 1|Last-Attempt-Date=Tue, 24 Nov 2026 10:00:00 +0000
message/delivery-status text/rfc822-headers
`
	if d := cmp.Diff(want, python(t, judge, raw)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if !strings.Contains(string(raw), "(in reply to the RCPT command)") || strings.Contains(string(raw), "body") {
		t.Errorf("%s", raw)
	}
}

// wideJudge reads a notification in the forms of RFC 6533.
const wideJudge = `
import email, sys
from email import policy
raw = sys.stdin.buffer.read()
m = email.message_from_bytes(raw, policy=policy.SMTPUTF8)
print(m.get_content_type(), m.get_param("report-type"), [p.get_content_type() for p in m.iter_parts()], m["To"])
for line in list(m.iter_parts())[1].as_bytes().decode().splitlines():
    if line.split(":")[0] in ("Original-Recipient", "Final-Recipient", "Diagnostic-Code"): print(line)
print("ascii" if raw.isascii() else "utf-8")
`

func TestPythonReadsWideForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(r *dsn.Report)
		want   string
	}{
		{"recipient", func(r *dsn.Report) {
			r.Recipient, r.Orcpt, r.DiagCode = parse("ü@y.test"), "utf-8;Ü@y.test", "550 für niemanden"
		}, `multipart/report delivery-status ['text/plain', 'message/global-delivery-status', 'message/global-headers'] a@x.test
Original-Recipient: utf-8; Ü@y.test
Final-Recipient: utf-8; ü@y.test
Diagnostic-Code: smtp; 550 für niemanden
utf-8
`},
		{"sender, the whole message", func(r *dsn.Report) { r.To, r.Full = parse("ä@bücher.test"), true },
			`multipart/report delivery-status ['text/plain', 'message/global-delivery-status', 'message/global'] ä@bücher.test
Original-Recipient: rfc822; B@y.test
Final-Recipient: rfc822; b@y.test
Diagnostic-Code: smtp; 550 5.1.1 User unknown  X-Evil: 1
utf-8
`},
		{"header of the message", func(r *dsn.Report) { r.Original = message.Bytes([]byte("Subject: ü\r\n\r\nx\r\n")) },
			`multipart/report delivery-status ['text/plain', 'message/global-delivery-status', 'message/global-headers'] a@x.test
Original-Recipient: rfc822; B@y.test
Final-Recipient: rfc822; b@y.test
Diagnostic-Code: smtp; 550 5.1.1 User unknown  X-Evil: 1
utf-8
`},
		{"only domains: they have A-labels", func(r *dsn.Report) {
			r.Recipient, r.To, r.Orcpt, r.DiagCode, r.Text = parse("b@bücher.test"), parse("a@bücher.test"), "", "550 f\u00fcr", "short"
		}, `multipart/report delivery-status ['text/plain', 'message/delivery-status', 'text/rfc822-headers'] a@xn--bcher-kva.test
Final-Recipient: rfc822; b@xn--bcher-kva.test
Diagnostic-Code: smtp; 550 f?r
ascii
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := report()
			c.change(&r)
			raw, err := dsn.Build(r)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, python(t, wideJudge, raw)); d != "" {
				t.Errorf("(-want +got)\n%s\n%s", d, raw)
			}
		})
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(r *dsn.Report)
		want   []string
		not    string
	}{
		{"full", func(r *dsn.Report) { r.Full = true }, []string{"Content-Type: message/rfc822\r\n\r\nFrom: a@x.test", "body\r\n"}, ""},
		{"too large for full", func(r *dsn.Report) {
			r.Full, r.Original = true, message.Bytes([]byte("A: b\r\n\r\n"+strings.Repeat("x", 2<<20)))
		}, []string{"text/rfc822-headers\r\n\r\nA: b"}, "xxx"},
		{"delayed", func(r *dsn.Report) { r.Action, r.Full, r.RetryUntil = dsn.Delayed, true, r.Now }, []string{"Action: delayed", "Will-Retry-Until: Tue", "Subject: Delayed", "text/rfc822-headers"}, "body\r\n"},
		{"relayed", func(r *dsn.Report) { r.Action, r.DiagCode = dsn.Relayed, "" }, []string{"Action: relayed", "Subject: Successful Mail Relay"}, "Diagnostic"},
		{"internationalised", func(r *dsn.Report) { r.Recipient = parse("ü@y.test") }, []string{"message/global-delivery-status", "Final-Recipient: utf-8; ü@y.test", "message/global-headers", "Content-Transfer-Encoding: 8bit"}, ""},
		{"8-bit text", func(r *dsn.Report) { r.Text = "für" }, []string{"Content-Transfer-Encoding: 8bit\r\n\r\n--", "Content-Transfer-Encoding: 8bit\r\n\r\nfür"}, ""},
		{"7-bit text", func(r *dsn.Report) {
			r.Headers = [][2]string{{"content-transfer-encoding", "base64"}}
		}, nil, "ransfer-"},
		{"own headers", func(r *dsn.Report) {
			r.Headers, r.Subject, r.Text = [][2]string{{"X-Own", "1"}, {"To", "other@x.test"}, {"Content-Type", "text/plain"}}, "s", "mine\nlines"
		}, []string{"X-Own: 1\r\n", "To: other@x.test\r\n", "Subject: s\r\n", "mine\r\nlines", "multipart/report"}, "Content-Type: text/plain\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := report()
			c.change(&r)
			raw, err := dsn.Build(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(string(raw), w) {
					t.Errorf("no %q in\n%.3000s", w, raw)
				}
			}
			if c.not != "" && strings.Contains(string(raw), c.not) {
				t.Errorf("%q in\n%.3000s", c.not, raw)
			}
		})
	}
}
