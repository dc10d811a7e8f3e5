// Package scripttest runs scripts with mail functions in tests.
//
//	out := scripttest.Execute(t, `echo spf_query(…);`, map[string]any{dns.Service: scripttest.Resolver(t, zone)})
//
// Services are those of vm.Host; the resolver asks a real DNS server on loopback.
package scripttest

import (
	"net"
	"strings"
	"testing"
	"testing/fstest"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Resolver returns a resolver that asks a server on loopback, which answers with the
// records of a zone, with SERVFAIL for down.test and NXDOMAIN for other names. What is
// below secure.test counts as authenticated.
func Resolver(t *testing.T, zone string) *dns.Resolver {
	t.Helper()
	records := map[string][]mdns.RR{}
	p := mdns.NewZoneParser(strings.NewReader(zone), ".", "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records[rr.Header().Name] = append(records[rr.Header().Name], rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &mdns.Server{PacketConn: pc, Handler: mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		m := new(mdns.Msg)
		m.SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
		m.AuthenticatedData = strings.HasSuffix(name, "secure.test.")
		switch {
		case name == "down.test.":
			m.Rcode = mdns.RcodeServerFailure
		case records[name] == nil:
			m.Rcode = mdns.RcodeNameError
		}
		for _, rr := range records[name] {
			if h := rr.Header(); h.Rrtype == q.Question[0].Qtype || h.Rrtype == mdns.TypeCNAME {
				m.Answer = append(m.Answer, rr)
			}
		}
		_ = w.WriteMsg(m)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.ActivateAndServe()
	}()
	t.Cleanup(func() {
		_ = srv.Shutdown()
		<-done
	})
	return dns.New(dns.Options{Servers: []string{pc.LocalAddr().String()}})
}

// Execute runs a program, which may use legacy names, and returns what it prints.
func Execute(t *testing.T, src string, services map[string]any) string {
	t.Helper()
	var out strings.Builder
	if _, err := Thread(t, src, services, &out).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Thread returns a thread that runs a program and prints to out.
func Thread(t *testing.T, src string, services map[string]any, out *strings.Builder) *vm.Thread {
	t.Helper()
	b := registry.New()
	stdlib.Register(b)
	script.Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	loader := module.NewLoader(b.Freeze())
	loader.Compat = true
	set, diags := loader.Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	host := vm.DefaultHost(out)
	host.Hostname = "mx.local.test"
	host.Services = services
	return vm.New(set.Image("main"), host, vm.Limits{})
}
