package mail_test

import (
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

const zone = `
example.test.       60 IN TXT "v=spf1 ip4:192.0.2.0/28 a:mail.example.test include:_spf.example.test -all exp=why.example.test"
why.example.test.   60 IN TXT "%{i} is not ours, says %{r}"
mail.example.test.  60 IN A 192.0.2.100
mail.example.test.  60 IN AAAA 2001:db8::25
_spf.example.test.  60 IN TXT "v=spf1 ip6:2001:db8:1::/48 ~all"
soft.test.          60 IN TXT "v=spf1 ~all"
broken.test.        60 IN TXT "v=spf1 ipv4:192.0.2.1 -all"
mx.test.            60 IN MX 10 mail.example.test.
alias.test.         60 IN CNAME mail.example.test.
100.2.0.192.in-addr.arpa. 60 IN PTR mail.example.test.
4.3.2.1.bl.test.    60 IN A 127.0.0.2
`

// resolver asks a server on loopback that has the zone.
func resolver(t *testing.T) *dns.Resolver {
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
	srv := &mdns.Server{PacketConn: pc, Handler: mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		m := new(mdns.Msg)
		m.SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
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
		if err := w.WriteMsg(m); err != nil {
			t.Log(err)
		}
	})}
	go func() {
		if err := srv.ActivateAndServe(); err != nil {
			t.Log(err)
		}
	}()
	t.Cleanup(func() { _ = srv.Shutdown() })
	return dns.New(dns.Options{Servers: []string{pc.LocalAddr().String()}})
}

// execute runs a program that may use legacy names and returns what it prints.
func execute(t *testing.T, src string, r *dns.Resolver) string {
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
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Hostname = "mx.local.test"
	host.Services[dns.Service] = r
	if _, err := vm.New(set.Image("main"), host, vm.Limits{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSPF(t *testing.T) {
	t.Parallel()
	out := execute(t, `
		function show($ip, $sender) { $r = spf_query($ip, "helo.test", $sender); echo [$r["result"], $r["explanation"] ?? none]; }
		show("192.0.2.5", "a@example.test");
		show("::ffff:192.0.2.100", "a@EXAMPLE.test");
		show("2001:db8::25", "example.test");
		show("2001:db8:1::7", "");
		show("2001:db8:1::7", "a@example.test");
		show("198.51.100.7", "a@example.test");
		show("198.51.100.7", "a@soft.test");
		show("198.51.100.7", "a@broken.test");
		show("198.51.100.7", "a@down.test");
		show("198.51.100.7", "a@nothing.test");
		show("198.51.100", "a@example.test");
		echo spf_query("198.51.100.7", "helo.test", "a@soft.test");
		echo [spf("192.0.2.5", "h.test", "example.test"), spf("198.51.100.7", "h.test", "soft.test"), spf("198.51.100.7", "h.test", "a@example.test"), spf("1.2.3.4", "h.test", "x.test")];
		echo spf("192.0.2.5", "h.test", "example.test", ["extended_result" => true])["result"];`, resolver(t))
	want := `[0=>"pass",1=>none]
[0=>"pass",1=>none]
[0=>"pass",1=>none]
[0=>"none",1=>none]
[0=>"pass",1=>none]
[0=>"fail",1=>"198.51.100.7 is not ours, says mx.local.test"]
[0=>"softfail",1=>none]
[0=>"permerror",1=>none]
[0=>"temperror",1=>none]
[0=>"none",1=>none]
[0=>"invalid",1=>none]
["result"=>"softfail","reason"=>"soft.test: ~all"]
[0=>0,1=>20,2=>100,3=>50]
pass
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestLegacyNames: dns() and its relatives give plain lists.
func TestLegacyNames(t *testing.T) {
	t.Parallel()
	out := execute(t, `
		echo [dns("mail.example.test"), dns4("mail.example.test"), dns6("alias.test"), dnsmx("mx.test"), dnstxt("soft.test"), dnscname("alias.test"), dnsns("mx.test")];
		echo [dnsptr("192.0.2.100"), dnsptr("nonsense"), dns4("nothing.test"), dns4("down.test")];
		echo dns("mail.example.test", ["extended_result" => true]);
		echo dns4("nothing.test", ["extended_result" => true]);
		echo [dnsbl("1.2.3.4", "bl.test"), dnsbl("1.2.3.5", "bl.test"), dnsbl("x", "bl.test")];`, resolver(t))
	want := `[0=>[0=>"192.0.2.100",1=>"2001:db8::25"],1=>[0=>"192.0.2.100"],2=>[0=>"2001:db8::25"],3=>[0=>"mail.example.test"],4=>[0=>"v=spf1 ~all"],5=>[0=>"mail.example.test"],6=>[]]
[0=>[0=>"mail.example.test"],1=>[],2=>[],3=>[]]
["result"=>[0=>"192.0.2.100",1=>"2001:db8::25"],"dnssec"=>false]
["error"=>"NXDOMAIN","dnssec"=>false]
[0=>[0=>"127.0.0.2"],1=>[],2=>[]]
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
