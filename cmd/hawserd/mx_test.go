package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	mdns "github.com/miekg/dns"
)

// zone is what the name server of these tests knows. Nothing listens at 127.0.0.2.
const zone = `
y.test. 60 IN MX 10 down.y.test.
y.test. 60 IN MX 20 up.y.test.
down.y.test. 60 IN A 127.0.0.2
up.y.test. 60 IN A 127.0.0.1
implicit.test. 60 IN A 127.0.0.1
null.test. 60 IN MX 0 .
`

// nameServer answers from a zone on loopback. Names below secure.test are authenticated.
func nameServer(t *testing.T, zone string) string {
	t.Helper()
	records := map[string][]mdns.RR{}
	p := mdns.NewZoneParser(strings.NewReader(zone), ".", "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records[rr.Header().Name] = append(records[rr.Header().Name], rr)
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mdns.Server{PacketConn: pc, Handler: mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		m := new(mdns.Msg)
		m.SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
		list := records[name]
		m.AuthenticatedData = strings.HasSuffix(name, ".secure.test.") || name == "secure.test."
		if strings.HasPrefix(name, "_") && strings.HasSuffix(name, ".bogus.secure.test.") {
			m.Rcode = mdns.RcodeServerFailure
			_ = w.WriteMsg(m)
			return
		}
		if list == nil {
			m.Rcode = mdns.RcodeNameError
		}
		for _, rr := range list {
			if rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		_ = w.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	t.Cleanup(func() { _ = s.Shutdown() })
	return pc.LocalAddr().String()
}

// TestMX: the hosts of a domain are tried in the order of their preference, a domain
// without MX is its own host, and domains that take no mail bounce. Two spool paths
// hold the messages meanwhile.
func TestMX(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{
		"hooks/queue/postdelivery.hsl": `
$a = $arguments["attempt"] ?? [];
syslog("info", "to " . $message["recipient"] . " by " . ($a["connection"]["remotemx"] ?? "none") . " " . ($a["result"]["code"] ?? $a["error"]["dns"] ?? "?"));`,
	})
	s.Files(map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool: { paths: [{ path: %s }, { path: %s }], minfree: { bytes: 1MiB, inodes: 10 } }
`, s.Port, filepath.Join(s.Dir, "one"), filepath.Join(s.Dir, "two")),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: mx, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%s"] }
transportgroups:
  - id: all
    retry: { count: 2, intervals: [{ interval: 1 }] }
    dsn: { transport: home }
    transports:
      - { id: mx, connection: { server: lookup-mx, port: %d } }
      - { id: home, connection: { server: 127.0.0.1, port: %d } }
`, nameServer(t, zone), next.Port, next.Port),
	})
	s.Start()
	for _, to := range []string{"a@y.test", "a@implicit.test", "a@null.test", "a@absent.test"} {
		s.MustSend("from@home.test", to, "Subject: to "+to+"\r\n\r\nx\r\n")
	}
	mails := strings.Join(next.Wait(t, 4), "\n")
	for _, want := range []string{"Subject: to a@y.test", "Subject: to a@implicit.test", "Final-Recipient: rfc822; a@null.test", "Status: 5.1.10", "Final-Recipient: rfc822; a@absent.test", "Status: 5.1.2"} {
		if !strings.Contains(mails, want) {
			t.Errorf("no %q in\n%s", want, mails)
		}
	}
	for _, want := range []string{"to a@y.test by up.y.test 250", "to a@implicit.test by implicit.test 250", "to a@null.test by none nullmx", "to a@absent.test by none nxdomain"} {
		s.Logged(want)
	}
	s.Stop()
	for _, dir := range []string{"one", "two"} {
		if files, err := os.ReadDir(filepath.Join(s.Dir, dir)); err != nil || len(files) == 0 {
			t.Errorf("spool path %s: %d files, %v", dir, len(files), err)
		}
	}
}
