package delivery_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/mta/spool"
)

// unscripted is a queue without scripts.
type unscripted struct{}

func (unscripted) RunQueue(context.Context, *hook.QueueInput) (hook.Verdict, any) {
	return hook.Verdict{}, nil
}

// TestSameSubQueue: units of one transport to one place stand in one sub-queue and may
// share connections, although their sources are tried in random order.
func TestSameSubQueue(t *testing.T) {
	t.Parallel()
	d := deliverer(t, `
transportgroups:
  - id: g
    connection: { server: 192.0.2.99, sourceip: { addresses: [192.0.2.3, 192.0.2.1, 192.0.2.2, "2001:db8::1"] } }
    transports: [{ id: out }]
`)
	var first *queue.Ready
	for range 20 {
		r, out := d.Prepare(t.Context(), &spool.Unit{TransportID: "out", Recipient: address.Address{Local: "a", Domain: "Example.ORG"}}, nil)
		if r == nil {
			t.Fatal(out)
		}
		if first == nil {
			first = r
		}
		if d := cmp.Diff(first, r, cmpopts.EquateComparable(netip.Addr{})); d != "" {
			t.Fatalf("(-first +next)\n%s", d)
		}
	}
	ip := netip.MustParseAddr
	want := &queue.Ready{
		Facts:   policy.Facts{TransportID: "out", RecipientDomain: "example.org", RemoteMX: "192.0.2.99", RemoteIP: ip("192.0.2.99")},
		Sources: []policy.Source{{IP: ip("192.0.2.1")}, {IP: ip("192.0.2.2")}, {IP: ip("192.0.2.3")}}, Random: true, Reuse: first.Reuse,
	}
	if d := cmp.Diff(want, first, cmpopts.EquateComparable(netip.Addr{})); d != "" || first.Reuse == "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// deliverer returns one with transports and without scripts; connections are kept.
func deliverer(t *testing.T, app string) *delivery.Deliverer {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		config.AppFile: app, config.DeliveryFile: "delivery: { default: { pooling: { enabled: true } } }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "config", name), []byte("version: \"6.10\"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, os.LookupEnv)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	o, err := delivery.NewOverlay(&c.Delivery, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &delivery.Settings{Hostname: "mx.test", Transports: c.App.Transports(), Source: c.Source, Overlay: o}
	return &delivery.Deliverer{Settings: func() *delivery.Settings { return s }, Hooks: unscripted{}}
}

// TestReuseApart: units may share a connection when all that makes a connection is equal,
// whatever else their transports say (spec mta 7).
func TestReuseApart(t *testing.T) {
	t.Parallel()
	d := deliverer(t, `
addresses: [{ id: a, address: 192.0.2.1 }, { id: b, address: 192.0.2.2 }]
transportgroups:
  - id: g
    connection: { server: 192.0.2.99 }
    transports:
      - { id: plain }
      - { id: alike, retry: { count: 7 }, dsn: { transport: plain } }
      - { id: port, connection: { port: 26 } }
      - { id: source, connection: { sourceip: { addresses: [a] } } }
      - { id: other source, connection: { sourceip: { addresses: [b] } } }
      - { id: proxy, connection: { proxy: { host: p.test, port: 1 } } }
      - { id: other proxy, connection: { proxy: { host: p.test, port: 1, version: 1 } } }
      - { id: helo, session: { helo: other.test } }
      - { id: lmtp, session: { protocol: lmtp } }
      - { id: auth, session: { auth: { username: u, password: p } } }
      - { id: xclient, session: { xclient: { ADDR: 192.0.2.7 } } }
      - { id: tls, session: { tls: { mode: require } } }
      - { id: verified, session: { tls: { mode: require_verify } } }
`)
	reuse := func(id string) string {
		r, out := d.Prepare(t.Context(), &spool.Unit{TransportID: id, Recipient: address.Address{Local: "a", Domain: "example.org"}}, nil)
		if r == nil || r.Reuse == "" {
			t.Fatal(id, r, out)
		}
		return r.Reuse
	}
	if reuse("plain") != reuse("alike") {
		t.Error("units that are alike do not share")
	}
	seen := map[string]string{}
	for _, id := range []string{"plain", "port", "source", "other source", "proxy", "other proxy", "helo", "lmtp", "auth", "xclient", "tls", "verified"} {
		x := reuse(id)
		if twin := seen[x]; twin != "" {
			t.Errorf("%s shares with %s", id, twin)
		}
		seen[x] = id
	}
}

// TestLookups: a destination is looked up when there is a place for it.
func TestLookups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deliverer(t, "transportgroups: [{ id: g, connection: { server: 192.0.2.99 }, transports: [{ id: out }] }]\n")
		d.Lookups = slots.New(1)
		if err := d.Lookups.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan bool)
		go func() {
			r, _ := d.Prepare(t.Context(), &spool.Unit{TransportID: "out", Recipient: address.Address{Local: "a", Domain: "example.org"}}, nil)
			done <- r != nil
		}()
		synctest.Wait()
		if s := d.Lookups.Stats(); s.Waiting != 1 {
			t.Errorf("%+v, want one to wait", s)
		}
		d.Lookups.Give()
		if !<-done {
			t.Error("it went nowhere")
		}
	})
}
