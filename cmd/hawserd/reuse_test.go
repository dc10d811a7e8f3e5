package main_test

import (
	"fmt"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
)

// TestReuseProxy: a connection that was made without a proxy is not used again for mail
// that must go through one.
func TestReuseProxy(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	proxied := (&peer{proxy: true}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: direct, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
transportgroups:
  - id: all
    connection: { server: 127.0.0.1, port: %d }
    transports: [{ id: direct }, { id: via, connection: { proxy: { host: 127.0.0.1, port: %d, version: 2 } } }]
`, next.Port, proxied.Port),
		"hooks/eod/main.hsl": `foreach ($transaction["recipients"] as $r)
			$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["address"]["localpart"]); Accept();`,
		"hooks/queue/predelivery.hsl":  `$context = $message["recipientaddress"]["localpart"]; Try(["pooling" => ["enabled" => true, "timeout" => 3600]]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for _, name := range []string{"direct", "via"} {
		s.MustSend("a@x.test", name+"@y.test", "x\r\n")
		s.post(name)
	}
	s.Stop()
	if got := proxied.sent(); got["via@y.test"] != 1 || next.sent()["direct@y.test"] != 1 || len(next.sent()) != 1 {
		t.Errorf("through the proxy %v, without %v", got, next.sent())
	}
}

// TestReuseUnfit: a message that a kept connection cannot carry gets one of its own,
// to its own host.
func TestReuseUnfit(t *testing.T) {
	t.Parallel()
	narrow := (&peer{}).listen(t, "127.0.0.2")
	wide := (&peer{Port: narrow.Port, extensions: []string{"SMTPUTF8", "8BITMIME"}}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: mx, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%s"] }
queues: { grouping: { groupings: [{ id: local, remoteip: [127.0.0.0/8] }] }, pooling: { policy: grouping } }
transportgroups: [{ id: all, transports: [{ id: mx, connection: { server: lookup-mx, port: %d } }] }]
`, nameServer(t, "narrow.test. 60 IN A 127.0.0.2\nwide.test. 60 IN A 127.0.0.1\n"), narrow.Port),
		"hooks/queue/predelivery.hsl":  `$context = $message["recipientaddress"]["domain"]; Try(["pooling" => ["enabled" => true, "timeout" => 3600]]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	s.MustSend("a@x.test", "first@narrow.test", "x\r\n")
	s.post("narrow.test")
	submit(t, s.Dial(), "a@x.test", "grün@wide.test", &gosmtp.MailOptions{UTF8: true})
	got := s.post("wide.test")
	if at(got, "attempt.result.code") != delivered || at(got, "attempt.connection.remoteip") != "127.0.0.1" || at(got, "attempt.connection.transactions") != 1.0 {
		t.Errorf("got %v", got["attempt"])
	}
	s.Stop()
	if wide.sent()["grün@wide.test"] != 1 {
		t.Errorf("sent %v", wide.sent())
	}
	if d := narrow.sessions[0]; len(narrow.sessions) != 1 || d.command("QUIT") == "" {
		t.Errorf("%d sessions, the first one %q", len(narrow.sessions), d.Commands)
	}
}

// TestReuseLost: a message whose kept connection is lost waits for what a policy demands
// between two connections, and is no failure.
func TestReuseLost(t *testing.T) {
	t.Parallel()
	asked := 0 // by the one session at a time
	next := (&peer{answer: func(line string) string {
		if strings.HasPrefix(line, "MAIL FROM:<second@") {
			if asked++; asked == 1 {
				return "-"
			}
		}
		return ""
	}}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [transportid], default: { connectinterval: 4 } }]
`,
		"hooks/queue/predelivery.hsl":  `$context = $message["senderaddress"]["localpart"]; Try(["pooling" => ["enabled" => true, "timeout" => 3600]]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for _, name := range []string{"first", "second"} {
		s.MustSend(name+"@x.test", name+"@y.test", "x\r\n")
		if got := s.post(name); at(got, "attempt.result.code") != delivered || at(got, "retry") != 0.0 {
			t.Errorf("%s: %v", name, got["attempt"])
		}
	}
	s.Stop()
	if len(next.sessions) != 2 || asked != 2 {
		t.Errorf("%d sessions, %d times the second message", len(next.sessions), asked)
	}
}
