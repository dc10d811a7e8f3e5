package dns_test

import (
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
)

// signedZone has every type; knot signs it.
const signedZone = dnstest.Apex + `
ns        A     127.0.0.1
a         60 A  192.0.2.1
a         60 A  192.0.2.2
a         AAAA  2001:db8::1
mx        MX    20 b
mx        MX    10 a
mx        MX    10 c
nullmx    MX    0 .
txt       TXT   "one " "two"
txt2      TXT   "q\"uo\\te" "\195\188\000\255;"
alias     CNAME alias2
alias2    CNAME a
dangling  CNAME nowhere
outside   CNAME a.plain.test.
out2      CNAME nowhere.plain.test.
_smtp._tcp SRV  10 20 25 a
_25._tcp.a TLSA 3 1 1 ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789
caa       CAA   0 issue "ca.example; x=\"y\""
xn--bcher-kva A 192.0.2.3
_under    TXT   "score"
sub       NS    ns
`

// servers starts unbound in front of knot. hawser.test is signed; bad.test has a
// signature that does not fit.
func servers(t *testing.T) (unbound, knot int) {
	t.Helper()
	big, huge := "big TXT", "huge TXT"
	for i := range 12 {
		big += fmt.Sprintf(" \"%s\"", strings.Repeat(string(rune('a'+i)), 200))
	}
	for i := range 240 {
		huge += fmt.Sprintf(" \"%s\"", strings.Repeat(string(rune('a'+i%26)), 250))
	}
	bad, key := badZone(t)
	return dnstest.Recursive(t, []dnstest.Zone{
		{Name: "hawser.test", Text: signedZone + big + "\n" + huge + "\n", Sign: true},
		{Name: "plain.test", Text: dnstest.Apex + "a A 192.0.2.9\n"},
		{Name: "bad.test", Text: bad, Anchor: key},
		{Name: "2.0.192.in-addr.arpa", Text: dnstest.Apex + "1 PTR a.hawser.test.\n"},
	}, `local-zone: "refused.test." always_refuse`, `local-zone: "redirect.test." redirect`)
}

// badZone is a zone signed here, of which one record was changed afterwards.
func badZone(t *testing.T) (zone, anchor string) {
	t.Helper()
	key := &mdns.DNSKEY{Hdr: mdns.RR_Header{Name: "bad.test.", Rrtype: mdns.TypeDNSKEY, Class: mdns.ClassINET, Ttl: 300},
		Flags: 257, Protocol: 3, Algorithm: mdns.ED25519}
	signer, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	record := func(s string) mdns.RR {
		rr, err := mdns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	var out strings.Builder
	for _, rr := range []mdns.RR{
		key, record("bad.test. 300 IN SOA ns.hawser.test. root.hawser.test. 1 2 3 4 5"), record("bad.test. 300 IN NS ns.hawser.test."),
		record("good.bad.test. 300 IN A 192.0.2.1"), record("a.bad.test. 300 IN A 192.0.2.1"),
	} {
		sig := &mdns.RRSIG{KeyTag: key.KeyTag(), SignerName: "bad.test.", Algorithm: key.Algorithm,
			Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(time.Hour).Unix())}
		if err := sig.Sign(signer.(crypto.Signer), []mdns.RR{rr}); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(rr.Header().Name, "a.") {
			rr = record("a.bad.test. 300 IN A 192.0.2.66")
		}
		fmt.Fprintln(&out, rr)
		fmt.Fprintln(&out, sig)
	}
	return out.String(), strings.ReplaceAll(key.String(), "\t", " ")
}
