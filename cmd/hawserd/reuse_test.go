package main_test

import (
	"fmt"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// reuseZone has hosts that share an address, hosts of one operator at two addresses, and
// a host with two addresses.
const reuseZone = `
a.test. 60 IN MX 10 one.test.
b.test. 60 IN MX 10 one.test.
c.test. 60 IN MX 10 other.test.
one.test. 60 IN A 127.0.0.1
other.test. 60 IN A 127.0.0.1
d.test. 60 IN MX 10 mx1.big.test.
e.test. 60 IN MX 10 mx2.big.test.
mx1.big.test. 60 IN A 127.0.0.2
mx2.big.test. 60 IN A 127.0.0.3
f.test. 60 IN MX 10 wide.test.
g.test. 60 IN MX 10 wide.test.
wide.test. 60 IN A 127.0.0.2
wide.test. 60 IN A 127.0.0.3
`

// reusing is a server that keeps connections, with peers at three addresses. Of the
// second one nothing but plain ASCII can be handed over.
func reusing(t *testing.T, policy string) (*server, map[string]*peer) {
	t.Helper()
	port := servertest.FreePort(t)
	peers := map[string]*peer{}
	for _, ip := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"} {
		p := &peer{Port: port}
		if ip != "127.0.0.2" {
			p.extensions = []string{"SMTPUTF8", "8BITMIME"}
		}
		peers[ip] = p.listen(t, ip)
	}
	s := workspace(t, port, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: mx, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%s"] }
queues:
  pooling: { policy: %s }
  grouping: { groupings: [{ id: big, remotemx: ["*.big.test"] }, { id: first, remoteip: [127.0.0.2] }, { id: second, remoteip: [127.0.0.3] }] }
transportgroups: [{ id: all, transports: [{ id: mx, connection: { port: %d } }] }]
`, nameServer(t, reuseZone), policy, port),
		"config/smtpd-delivery.yaml":   "version: \"6.10\"\ndelivery: { default: { pooling: { enabled: true, timeout: 1h } } }\n",
		"hooks/queue/predelivery.hsl":  `$context = $message["recipientaddress"]["domain"]; Try();`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	return s, peers
}

// TestReusePolicies: a waiting connection is used for what queues.pooling.policy says.
func TestReusePolicies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy   string
		first    string
		then     string
		shared   bool
		grouping string // of the second message
	}{
		{"remoteip", "a.test", "b.test", true, ""},
		{"remoteip", "a.test", "c.test", true, ""},
		{"remoteip", "d.test", "e.test", false, "&big"},
		{"remotemx", "a.test", "b.test", true, ""},
		{"remotemx", "a.test", "c.test", false, ""},
		{"remotemx", "d.test", "e.test", false, "&big"},
		{"remotemx", "f.test", "g.test", true, "of the address"},
		{"grouping", "d.test", "e.test", true, "&big"},
		{"grouping", "a.test", "c.test", true, ""}, // of no grouping: by address
	} {
		t.Run(c.policy+" "+c.first+" "+c.then, func(t *testing.T) {
			t.Parallel()
			s, peers := reusing(t, c.policy)
			s.MustSend("s@x.test", "m@"+c.first, "x\r\n")
			one := s.post(c.first)
			s.MustSend("s@x.test", "m@"+c.then, "x\r\n")
			two := s.post(c.then)
			if shared := at(one, "attempt.connection.id") == at(two, "attempt.connection.id"); shared != c.shared {
				t.Errorf("shared is %v, want %v", shared, c.shared)
			}
			if n, want := at(two, "attempt.connection.transactions"), map[bool]float64{true: 2, false: 1}[c.shared]; n != want {
				t.Errorf("the message was number %v of its connection, want %v", n, want)
			}
			ip := fmt.Sprint(at(two, "attempt.connection.remoteip"))
			peers[ip].mail(t, "m@"+c.then) // facts and truth agree
			want := c.grouping
			if want == "of the address" {
				want = map[string]string{"127.0.0.2": "&first", "127.0.0.3": "&second"}[ip]
			}
			if got, _ := at(two, "grouping").(string); got != want {
				t.Errorf("grouping %q, want %q", got, want)
			}
			s.Stop()
		})
	}
}

// TestReuseNeedsExtensions: a connection that cannot take a message is left for one to
// the message's own host, and the message is not refused.
func TestReuseNeedsExtensions(t *testing.T) {
	t.Parallel()
	s, peers := reusing(t, "grouping")
	s.MustSend("s@x.test", "m@d.test", "x\r\n")
	s.post("d.test")
	c := s.Dial()
	defer c.Close()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(c.Mail("s@x.test", &gosmtp.MailOptions{UTF8: true}))
	fail(c.Rcpt("m\u00fc@e.test", nil))
	w, err := c.Data()
	fail(err)
	_, err = w.Write([]byte("x\r\n"))
	fail(err)
	fail(w.Close())
	if got := s.post("e.test"); at(got, "attempt.connection.remoteip") != "127.0.0.3" || at(got, "action") != nil {
		t.Fatalf("got %v", got)
	}
	peers["127.0.0.3"].mail(t, "m\u00fc@e.test")
	s.Stop()
}
