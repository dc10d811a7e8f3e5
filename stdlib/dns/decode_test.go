package dns

import (
	"testing"

	"github.com/hawser-mta/hawser/runtime/value"
	mdns "github.com/miekg/dns"
)

// FuzzAnswer reads hostile answers as the resolver does and makes values of them.
func FuzzAnswer(f *testing.F) {
	q := new(mdns.Msg).SetQuestion("a.test.", mdns.TypeTXT)
	q.Id = 1
	for _, s := range []string{
		`a.test. 60 IN TXT "q\"uo\\te" "\195\188\000"`, "a.test. 60 IN CNAME b.test.", "a.test. 60 IN MX 10 b.test.", "a.test. 60 IN SOA a. b. 1 2 3 4 5",
		"a.test. 60 IN SRV 1 2 3 b.test.", "a.test. 60 IN TLSA 3 1 1 abcd", `a.test. 60 IN CAA 0 issue "x"`, "a.test. 60 IN AAAA ::1",
	} {
		rr, err := mdns.NewRR(s)
		if err != nil {
			f.Fatal(err)
		}
		m := new(mdns.Msg).SetReply(q)
		m.Answer = []mdns.RR{rr}
		raw, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, rr.Header().Rrtype)
	}
	f.Fuzz(func(t *testing.T, raw []byte, qtype uint16) {
		q := new(mdns.Msg).SetQuestion("a.test.", qtype)
		q.Id = 1
		m, fits := decode(q, raw)
		if m == nil {
			return
		}
		if !fits || m.Id != 1 {
			t.Fatalf("an answer to another question: %v", m)
		}
		end, hops := follow(m, "a.test.", maxChain)
		if hops > maxChain {
			t.Errorf("%d hops", hops)
		}
		a := &Answer{Records: records(m, end, qtype)}
		if n := len(value.Literal(a.Value(true))) + len(value.Literal(a.Value(false))); n > 1000+200*len(raw) {
			t.Errorf("%d bytes become %d", len(raw), n)
		}
	})
}
