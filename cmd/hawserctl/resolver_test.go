package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
)

// TestResolverQuery: DNS as the server sees it.
func TestResolverQuery(t *testing.T) {
	t.Parallel()
	unbound, _ := dnstest.Recursive(t, []dnstest.Zone{{Name: "x.test", Text: dnstest.Apex + "a A 192.0.2.1\n@ MX 10 a\n", Sign: true}})
	s := start(t, newSink(t), map[string]string{"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
addresses: [{ id: a, address: 127.0.0.2 }]
resolver: { servers: ["127.0.0.1:%d"] }
transportgroups: [{ id: all, transports: [{ id: out, connection: { sourceip: { addresses: [a] } } }] }]
`, unbound)})
	if text := s.ok("resolver", "query", "A.x.test"); !strings.Contains(text, "192.0.2.1 ") || !strings.Contains(text, "yes") {
		t.Errorf("%s", text)
	}
	if text := s.ok("resolver", "query", "x.test", "mx", "--json"); !strings.Contains(text, `"dnssec":true`) || !strings.Contains(text, "a.x.test") {
		t.Errorf("%s", text)
	}
	if r := s.ctl("resolver", "query", "none.x.test"); r.code != 1 || !strings.Contains(r.err, "NXDOMAIN") {
		t.Errorf("%+v", r)
	}
	if r := s.ctl("resolver", "query", "x.test", "colour"); r.code != 1 || !strings.Contains(r.err, "want a domain name and a type such as") {
		t.Errorf("%+v", r)
	}
	// A reload of scripts and configuration forgets nothing, unless it wants another
	// resolver.
	before := s.counters()["resolver.cache.size"]
	s.Files(map[string]string{"hooks/eod/main.hsl": hook + "\n// another version\n"})
	s.ok("hsl", "reload")
	s.Logged("action=reloaded")
	if after := s.counters()["resolver.cache.size"]; before < 2 || after != before {
		t.Errorf("%v answers are kept behind a reload, %v before", after, before)
	}
	if got := s.ok("resolver", "clear"); got == "0 affected\n" {
		t.Error("nothing was kept")
	}
	s.ok("resolver", "query", "a.x.test")
	s.ok("resolver", "reload")
	if size := s.counters()["resolver.cache.size"]; size != 0 {
		t.Errorf("%v answers are kept behind a reload of the resolver", size)
	}
}
