package main_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/runtest"
)

// TestStalledAddress: an address that does not answer holds mail up for a moment when
// policies let another one be tried beside it, else until it is given up.
func TestStalledAddress(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	runtest.Stalled(t, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(next.Port))) // goes first
	const patience = 3 * time.Second
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(tryConfig, nameServer(t, `
two.test. 60 IN AAAA ::1
two.test. 60 IN A 127.0.0.1
one.test. 60 IN AAAA ::1
one.test. 60 IN A 127.0.0.1
`)),
		"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [recipientdomain], conditions: [{ if: { recipientdomain: one.test }, then: { concurrency: 1 } }], default: { concurrency: 2 } }]
`,
		"hooks/queue/predelivery.hsl": fmt.Sprintf(`$context = $message["recipientaddress"]["localpart"];
			Try(["port" => %d, "connect_timeout" => $message["recipientaddress"]["domain"] == "one.test" ? %d : 600]);`, next.Port, int(patience.Seconds())),
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for i, domain := range []string{"two.test", "two.test", "one.test", "two.test"} { // and the places are free again
		begin := time.Now()
		name := fmt.Sprint("m", i)
		s.MustSend("a@x.test", name+"@"+domain, "x\r\n")
		got := s.post(name)
		took := time.Since(begin)
		if ip := at(got, "attempt.connection.remoteip"); ip != "127.0.0.1" || at(got, "attempt.result.code") != delivered {
			t.Errorf("%s: by %v with %v", domain, ip, at(got, "attempt"))
		}
		if domain == "one.test" && took < patience {
			t.Errorf("%s: two connections at once after %s", domain, took)
		}
	}
	// No attempt at a connection is left.
	for end := time.Now().Add(time.Minute); ; {
		table, err := os.ReadFile("/proc/net/tcp6")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(table), fmt.Sprintf(":%04X 02 ", next.Port)) { // to the port, SYN_SENT
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a connection is still being opened:\n%s", table)
		}
	}
	s.Stop()
}

// TestClearAfterTLS: the connection in clear after a handshake that failed waits for
// what a policy demands between two connections.
func TestClearAfterTLS(t *testing.T) {
	t.Parallel()
	next := (&peer{tls: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("on purpose") }}}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [recipientdomain], default: { concurrency: 1 } }, { fields: [remoteip], default: { connectinterval: 3 } }]
`,
		"hooks/queue/predelivery.hsl":  `$context = $message["recipientaddress"]["localpart"]; Try(["tls" => "optional"]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	s.MustSend("a@x.test", "clear@y.test", "x\r\n")
	got := s.post("clear")
	if at(got, "attempt.result.code") != delivered || at(got, "attempt.connection.tls.started") != false {
		t.Errorf("got %v", got["attempt"])
	}
	d, _ := next.mail(t, "clear@y.test")
	s.Stop()
	if len(next.sessions) != 2 || next.sessions[0].command("STARTTLS") == "" || d.command("STARTTLS") != "" {
		t.Fatalf("%d sessions, the last one %q", len(next.sessions), d.Commands)
	}
	// The peer may see the first one late.
	if gap := d.Begin.Sub(next.sessions[0].Begin); gap < 2*time.Second {
		t.Errorf("the second connection came %s after the first, want 3 s", gap)
	}
}

// TestPoolSize: when the pool is full, the connection that has been idle for longest is
// closed for the next one.
func TestPoolSize(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-app.yaml": strings.Replace(fmt.Sprintf(tryConfig, nameServer(t, "")), "queues:\n", "queues:\n  pooling: { size: 2 }\n", 1),
		"hooks/queue/predelivery.hsl": fmt.Sprintf(`$context = $message["recipientaddress"]["localpart"];
			Try(["host" => "127.0.0.1", "port" => %d, "helo" => $message["recipientaddress"]["domain"], "pooling" => ["enabled" => true, "timeout" => 3600, "evictable" => $message["recipientaddress"]["domain"] != "kept.test"]]);`, next.Port),
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	// open waits until the sessions that have not ended are those of the names.
	open := func(want ...string) {
		t.Helper()
		until(t, next, "connections of "+fmt.Sprint(want), func(sessions []*dialogue) (int, error) {
			var got []string
			for _, d := range sessions {
				if len(d.Mails) > 0 && d.command("QUIT") == "" {
					got = append(got, strings.TrimPrefix(d.command("EHLO"), "EHLO "))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				return 0, fmt.Errorf("those of %q", got)
			}
			return 0, nil
		})
	}
	n := 0
	send := func(domain string, transactions float64, want ...string) {
		t.Helper()
		n++
		name := fmt.Sprint("m", n)
		s.MustSend("s@x.test", name+"@"+domain, "x\r\n")
		if got := at(s.post(name), "attempt.connection.transactions"); got != transactions {
			t.Errorf("%s to %s: transaction %v of its connection, want %v", name, domain, got, transactions)
		}
		open(want...)
	}
	send("a.test", 1, "a.test")
	send("b.test", 1, "a.test", "b.test")
	send("a.test", 2, "a.test", "b.test") // which makes that of b the one idle for longest
	send("c.test", 1, "a.test", "c.test")
	send("kept.test", 1, "c.test", "kept.test")
	send("c.test", 2, "c.test", "kept.test")
	send("d.test", 1, "kept.test", "d.test") // that of c goes although the other was idle before
	send("kept.test", 2, "kept.test", "d.test")
	s.Stop()
}
