package delivery_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// TestConfiguredPlan: what a transport says of sources and attributes reaches the
// connection.
func TestConfiguredPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `version: "6.10"
addresses: [{ id: six, address: "2001:db8::1", helo: six.test }]
lists: { localip: [{ id: pool, items: [six] }] }
transportgroups:
  - id: g
    connection:
      nonlocal_source: true
      sourceip: { random: false, addresses: [{ address: 192.0.2.1, helo: four.test }, "@pool"] }
    session: { xclient: { NAME: a.test, ADDR: 192.0.2.9 }, tls: { sni: true } }
    transports: [{ id: out }, { id: own, connection: { nonlocal_source: false }, session: { tls: { sni: false } } }]
`
	if err := os.MkdirAll(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config", config.AppFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(dir, os.LookupEnv)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	s := &delivery.Settings{Hostname: "mx.test", Transports: c.App.Transports(), Source: c.Source}
	out, ok := s.Server("out", "example.org")
	if !ok {
		t.Fatal("the transport is not usable")
	}
	if d := cmp.Diff([]smtp.Param{{Key: "ADDR", Value: "192.0.2.9"}, {Key: "NAME", Value: "a.test"}}, []smtp.Param(out.Options.XClient)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if !out.Options.FreeBind {
		t.Error("nonlocal_source is not in force")
	}
	for target, want := range map[string][2]string{"198.51.100.1": {"192.0.2.1", "four.test"}, "2001:db8::99": {"2001:db8::1", "six.test"}} {
		ip, helo := out.Bind(netip.MustParseAddr(target))
		if d := cmp.Diff(want, [2]string{ip.String(), helo}); d != "" {
			t.Errorf("source for %s (-want +got)\n%s", target, d)
		}
	}
	if out.Options.TLS.SNI != "*" {
		t.Errorf("SNI %q, want that of the host", out.Options.TLS.SNI)
	}
	if own, ok := s.Server("own", "example.org"); !ok || own.Options.FreeBind || own.Options.TLS.SNI != "" {
		t.Error("the transport does not override its group")
	}
}
