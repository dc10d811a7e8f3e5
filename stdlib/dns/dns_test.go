package dns_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
	mdns "github.com/miekg/dns"
)

// zone is what the test server answers with.
const zone = `
mx.test. 300 IN MX 20 b.mx.test.
mx.test. 300 IN MX 10 a.mx.test.
a.mx.test. 60 IN A 192.0.2.1
a.mx.test. 60 IN AAAA 2001:db8::1
null.test. 60 IN MX 0 .
txt.test. 60 IN TXT "one " "two"
alias.test. 60 IN CNAME a.mx.test.
loop.test. 60 IN CNAME loop2.test.
loop2.test. 60 IN CNAME loop.test.
`

// server answers on loopback over UDP and TCP; UDP answers to big.test are cut.
func server(t *testing.T) (addr string, asked *atomic.Int64) {
	t.Helper()
	records := map[string][]mdns.RR{}
	p := mdns.NewZoneParser(strings.NewReader(zone), ".", "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records[rr.Header().Name] = append(records[rr.Header().Name], rr)
	}
	asked = &atomic.Int64{}
	handle := mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		asked.Add(1)
		m := new(mdns.Msg)
		m.SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
		switch {
		case name == "fail.test.":
			m.Rcode = mdns.RcodeServerFailure
		case name == "silent.test.":
			return
		case name == "big.test.":
			if m.Truncated = w.RemoteAddr().Network() == "udp"; !m.Truncated {
				m.Answer = append(m.Answer, records["txt.test."]...)
				m.Answer[0] = mdns.Copy(m.Answer[0])
				m.Answer[0].Header().Name = name
			}
		case records[name] == nil:
			m.Rcode = mdns.RcodeNameError
		default:
			for _, rr := range records[name] {
				if h := rr.Header(); h.Rrtype == q.Question[0].Qtype || h.Rrtype == mdns.TypeCNAME {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		_ = w.WriteMsg(m)
	})
	pc, ln := dnstest.Ports(t)
	for _, s := range []*mdns.Server{{PacketConn: pc, Handler: handle}, {Listener: ln, Handler: handle}} {
		go s.ActivateAndServe()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String(), asked
}

func TestQuery(t *testing.T) {
	t.Parallel()
	addr, _ := server(t)
	r := dns.New(dns.Options{Servers: []string{addr}, Timeout: 2 * time.Second})
	for _, c := range []struct{ name, typ, want string }{
		{"mx.test", "mx", `["result"=>[0=>"a.mx.test",1=>"b.mx.test"],"dnssec"=>false]`},
		{"A.MX.test.", "A", `["result"=>[0=>"192.0.2.1"],"dnssec"=>false]`},
		{"a.mx.test", "txt", `["result"=>[],"dnssec"=>false]`},
		{"txt.test", "txt", `["result"=>[0=>"one two"],"dnssec"=>false]`},
		{"alias.test", "aaaa", `["result"=>[0=>"2001:db8::1"],"dnssec"=>false]`},
		{"null.test", "mx", `["result"=>[0=>"."],"dnssec"=>false]`},
		{"big.test", "txt", `["result"=>[0=>"one two"],"dnssec"=>false]`},
		{"nope.test", "a", `["error"=>"NXDOMAIN","dnssec"=>false]`},
		{"fail.test", "a", `["error"=>"SERVFAIL","dnssec"=>false]`},
		{"loop.test", "a", `["error"=>"SERVFAIL","dnssec"=>false]`},
		{"a..b", "a", `["error"=>"FORMERR","dnssec"=>false]`},
	} {
		t.Run(c.name+" "+c.typ, func(t *testing.T) {
			t.Parallel()
			got := value.Literal(r.Query(t.Context(), c.name, c.typ).Value(false))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	got := value.Literal(r.Query(t.Context(), "mx.test", "mx").Value(true))
	if want := `["result"=>[0=>["value"=>"a.mx.test","ttl"=>300,"preference"=>10,"host"=>"a.mx.test"],1=>["value"=>"b.mx.test","ttl"=>300,"preference"=>20,"host"=>"b.mx.test"]],"dnssec"=>false]`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestSilentServer(t *testing.T) {
	t.Parallel()
	addr, _ := server(t)
	r := dns.New(dns.Options{Servers: []string{addr}, Timeout: 100 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if a := r.Query(ctx, "silent.test", "a"); a.Error != dns.TryAgain || !a.Temporary() {
		t.Errorf("got %+v", a)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	addr, asked := server(t)
	r := dns.New(dns.Options{Servers: []string{addr}, CacheSize: 2})
	for range 3 {
		r.Query(t.Context(), "mx.test", "mx")
		r.Query(t.Context(), "nope.test", "mx")
		r.Query(t.Context(), "fail.test", "mx")
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("asked %d times, want 5: failures are not kept", n)
	}
}
