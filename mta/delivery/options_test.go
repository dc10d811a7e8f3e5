package delivery

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/mta/spool"
)

// planned is the plan of an attempt by a transport.
func planned(t *testing.T, s *Settings, o *config.Transport, try *hook.TryOptions) *plan {
	t.Helper()
	s.Transports = map[string]*config.Transport{"out": o}
	u := &spool.Unit{TransportID: "out"}
	j := &job{s: s, u: u, used: u, prepared: prepared{try: try}}
	p, fail := j.plan()
	if fail != nil {
		t.Fatal(fail.Message)
	}
	p.overlay(&policy.Facts{}, &policy.Source{})
	if fail := p.apply(j); fail != nil {
		t.Fatal(fail.Message)
	}
	return p
}

// TestSNI: the script counts before the settings of the destination, and these before
// the transport; each can also ask for no name.
func TestSNI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ try, settings, transport, want config.SNI }{
		{"", "", "", ""},
		{"", "", "a.test", "a.test"},
		{"", config.SNIHost, "a.test", "*"},
		{"b.test", config.SNIHost, config.SNINone, "b.test"},
		{config.SNINone, "b.test", "a.test", ""},
		{"", config.SNINone, "a.test", ""},
		{"", "", config.SNINone, ""},
	} {
		s := &Settings{Overlay: &Overlay{}}
		s.Overlay.fallback.TLS.SNI = c.settings
		o := &config.Transport{}
		o.Session.TLS.SNI = c.transport
		if got := planned(t, s, o, &hook.TryOptions{TLSSNI: c.try}).options.TLS.SNI; got != string(c.want) {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// TestFamilies: without a source of its own a transport leads only to addresses that
// the system has a source for, unless a proxy connects.
func TestFamilies(t *testing.T) {
	t.Parallel()
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	only := func(families ...netip.Addr) func(netip.Addr) bool {
		return func(ip netip.Addr) bool {
			for _, f := range families {
				if f.Is4() == ip.Is4() {
					return true
				}
			}
			return false
		}
	}
	pool := []config.SourceEntry{{Address: "2001:db8::9"}}
	for _, c := range []struct {
		name   string
		routed func(netip.Addr) bool
		proxy  string
		pool   []config.SourceEntry
		want   []netip.Addr
	}{
		{"both", only(four, six), "", nil, []netip.Addr{six, four}},
		{"not asked", nil, "", nil, []netip.Addr{six, four}},
		{"IPv4 only", only(four), "", nil, []netip.Addr{four}},
		{"IPv6 only", only(six), "", nil, []netip.Addr{six}},
		{"none", only(), "", nil, nil},
		{"a proxy", only(four), "192.0.2.77", nil, []netip.Addr{six, four}},
		{"a source", only(four), "", pool, []netip.Addr{six}},
	} {
		o := &config.Transport{}
		o.Connection.Server = config.Strings{six.String(), four.String()}
		o.Connection.Proxy.Host = c.proxy
		o.Connection.SourceIP.Addresses = c.pool
		s := &Settings{Routed: c.routed, Source: func(id string) (config.Address, bool) { return config.Address{Address: id}, true }}
		list, none := planned(t, s, o, nil).Targets(t.Context())
		var got []netip.Addr
		for _, x := range list {
			got = append(got, x.IP)
		}
		if d := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, d)
		}
		if want := (&route.Error{Kind: "ipfamily", Temporary: true}); len(c.want) == 0 && (none == nil || none.Kind != want.Kind || !none.Temporary) {
			t.Errorf("%s: %+v, want %+v", c.name, none, want)
		}
	}
}

// TestReuseKey: connections that differ in how they are made are not shared.
func TestReuseKey(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, change := range map[string]func(*plan){
		"nothing":      func(*plan) {},
		"port":         func(p *plan) { p.port = 26 },
		"proxy":        func(p *plan) { p.proxy.Host = "192.0.2.77" },
		"PROXY header": func(p *plan) { p.header = 2 },
		"sources":      func(p *plan) { p.sources = []source{{id: "a"}} },
		"HELO":         func(p *plan) { p.options.Helo = "a.test" },
		"LMTP":         func(p *plan) { p.options.LMTP = true },
		"user":         func(p *plan) { p.options.Username = "a" },
		"TLS":          func(p *plan) { p.options.TLS.Mode = smtpclient.TLSRequire },
		"SNI":          func(p *plan) { p.options.TLS.SNI = "a.test" },
		"chunking":     func(p *plan) { p.options.NoChunking = true },
		"DANE":         func(p *plan) { p.dane = "dane" },
	} {
		p := &plan{port: 25}
		change(p)
		key := p.reuse(&policy.Facts{RemoteIP: netip.MustParseAddr("192.0.2.1")})
		if other := seen[key]; other != "" {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[key] = name
	}
}
