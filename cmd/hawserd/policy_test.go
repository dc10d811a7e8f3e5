package main_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	counting "github.com/hawser-mta/hawser/cmd/internal/sink"
)

// receiver starts the sink that counts.
func receiver(t *testing.T, o counting.Options) (s *counting.Sink, port int) {
	t.Helper()
	s = servertest.Sink(t, o)
	_, p, _ := net.SplitHostPort(s.Addr())
	port, _ = strconv.Atoi(p)
	return s, port
}

// pools is the app configuration of a sender with two source addresses.
func pools(port int, more string) string {
	return fmt.Sprintf(`version: "6.10"
servers:
  - id: in
    transport: out
    phases: { connect: { fcrdns: false }, eod: { hook: main } }
addresses: [{ id: one, address: 127.0.0.11, helo: one.test }, { id: two, address: 127.0.0.12, helo: two.test }]
%s
transportgroups:
  - id: all
    retry: { count: 2, intervals: [{ interval: 1 }] }
    dsn: { transport: out }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: %d, sourceip: { addresses: [one, two] } } }
`, more, port)
}

// flood sends messages to some domains in turn.
func (s *server) flood(n int, domains ...string) {
	s.T.Helper()
	c := s.Dial()
	defer c.Close()
	for i := range n {
		w := fmt.Sprintf("u%d@%s", i, domains[i%len(domains)])
		if err := c.Mail("sender@example.org", nil); err != nil {
			s.T.Fatal(err)
		}
		if err := c.Rcpt(w, nil); err != nil {
			s.T.Fatal(err)
		}
		d, err := c.Data()
		if err != nil {
			s.T.Fatal(err)
		}
		fmt.Fprintf(d, "Message-ID: <%d@example.org>\r\n\r\nbody\r\n", i)
		if err := d.Close(); err != nil {
			s.T.Fatal(err)
		}
	}
}

// TestPolicies: no limit of a policy is exceeded as the receiving side counts, with
// connections that are kept and without.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, pooling := range []bool{false, true} {
		t.Run(fmt.Sprint("pooling ", pooling), func(t *testing.T) {
			t.Parallel()
			r, port := receiver(t, counting.Options{Delays: counting.Delays{"eod": 30 * time.Millisecond}})
			s := workspace(t, port, map[string]string{
				"config/smtpd-app.yaml": pools(port, `queues: { grouping: { groupings: [{ id: big, recipientdomain: ["*.big.test"] }] } }`),
				"config/smtpd-policy.yaml": `version: "6.10"
policies:
  - fields: [localip, grouping]
    conditions: [{ if: { grouping: "&big" }, then: { concurrency: 2, tag: big } }]
    default: { concurrency: 4 }
  - { fields: [recipientdomain], conditions: [{ if: { recipientdomain: slow.test }, then: { rate: 3/1 } }] }
`,
				"config/smtpd-delivery.yaml": fmt.Sprintf(`version: "6.10"
delivery: { default: { pooling: { enabled: %v, transactions: 5, timeout: 1 } } }
`, pooling),
			})
			s.Start()
			s.flood(60, "a.big.test", "b.big.test", "slow.test")
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			if err := r.Wait(ctx, 60); err != nil {
				t.Fatalf("%v\n%s", err, s.Text())
			}
			s.Stop()
			events, _ := r.Events()
			n := r.Counts()
			big := func(e counting.Event) string {
				if e.Domain == "slow.test" {
					return ""
				}
				return e.Client.String()
			}
			for k, peak := range counting.Peak(events, counting.Begin, counting.End, big) {
				if k != "" && peak > 2 {
					t.Errorf("%d transactions of %s with &big at once, want 2 at most", peak, k)
				}
			}
			for k, peak := range n.PeakByClient {
				if peak > 6 {
					t.Errorf("%d connections of %s, want 6 at most", peak, k)
				}
			}
			if len(n.PeakByClient) != 2 {
				t.Errorf("sources %v, want both", n.PeakByClient)
			}
			if got := counting.Busiest(events, counting.Begin, time.Second, counting.ByDomain)["slow.test"]; got > 6 { // the end of one window and the begin of the next
				t.Errorf("%d messages to slow.test in a second, want 6 at most", got)
			}
			if pooling && n.Connections > 40 || !pooling && n.Connections != 60 {
				t.Errorf("%d connections", n.Connections)
			}
			if n.Messages != 60 || len(n.Duplicates) != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestScriptedPolicies: what scripts suspend and limit counts at once, and a policy file
// that changes counts for what waits.
func TestScriptedPolicies(t *testing.T) {
	t.Parallel()
	r, port := receiver(t, counting.Options{})
	s := workspace(t, port, map[string]string{
		"config/smtpd-app.yaml": pools(port, ""),
		"config/smtpd-policy.yaml": `version: "6.10"
policies:
  - { fields: [recipientdomain], default: { concurrency: 5, tag: usual } }
`,
		"hooks/eod/main.hsl": `
if ($transaction["senderaddress"]["localpart"] == "command") {
	$x = [
		"suspend" => queue_suspend(["recipientdomain" => "off.test"], 3600, ["tag" => "by script"]),
		"policy" => queue_policy(["recipientdomain"], ["recipientdomain" => "none.test"], ["rate" => [1, 3600], "tag" => "backoff", "properties" => ["a" => 1]], 3600, ["id" => "mine"]),
		"refused" => queue_policy(["tenantid"], [], ["rate" => [1, 3600]], 3600),
		"delete" => queue_policy_delete("none such"),
	];
	Reject(json_encode([$x["suspend"]["new"], $x["policy"], $x["refused"] === none, $x["delete"]]));
}
` + queueAll,
	})
	s.Start()
	err := s.Send("command@example.org", "a@x.test", "x")
	if err == nil || err.Error() != `SMTP error 550: [true,{"id":"mine","new":true},true,false]` {
		t.Fatal(err)
	}
	s.flood(9, "off.test", "none.test", "on.test")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := r.Wait(ctx, 4); err != nil { // three to on.test, one to none.test
		t.Fatalf("%v\n%s", err, s.Text())
	}
	// The policy goes, and the condition with it.
	s.Files(map[string]string{"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [jobid], default: { concurrency: 5 } }]
`})
	if err := r.Wait(ctx, 6); err != nil {
		t.Fatalf("%v\n%s", err, s.Text())
	}
	// A broken file changes nothing, its neighbour does.
	s.Files(map[string]string{"config/smtpd-policy.yaml": "version: 6\npolicies: nothing\n"})
	s.Logged("reload failed")
	if n := r.Counts(); n.Messages != 6 || n.Domains["off.test"] != 0 {
		t.Errorf("%+v", n)
	}
	s.Files(map[string]string{"config/smtpd-suspend.yaml": "version: \"6.10\"\nsuspends: [{ recipientdomain: later.test }]\n"})
	s.Logged("event=config action=reloaded")
	s.flood(2, "later.test", "now.test")
	if err := r.Wait(ctx, 7); err != nil {
		t.Fatalf("%v\n%s", err, s.Text())
	}
	s.Files(map[string]string{"config/smtpd-suspend.yaml": "version: \"6.10\"\nsuspends: []\n"})
	if err := r.Wait(ctx, 8); err != nil {
		t.Fatalf("%v\n%s", err, s.Text())
	}
	s.Stop()
}
