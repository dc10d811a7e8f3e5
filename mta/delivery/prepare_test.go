package delivery_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
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
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		config.AppFile: `version: "6.10"
transportgroups:
  - id: g
    connection: { server: 192.0.2.99, sourceip: { addresses: [192.0.2.3, 192.0.2.1, 192.0.2.2, "2001:db8::1"] } }
    transports: [{ id: out }]
`,
		config.DeliveryFile: "version: \"6.10\"\ndelivery: { default: { pooling: { enabled: true } } }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "config", name), []byte(text), 0o600); err != nil {
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
	d := &delivery.Deliverer{Settings: func() *delivery.Settings { return s }, Hooks: unscripted{}}
	var first *queue.Ready
	for range 20 {
		r, out := d.Prepare(t.Context(), &spool.Unit{TransportID: "out", Recipient: address.Address{Local: "a", Domain: "Example.ORG"}})
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
