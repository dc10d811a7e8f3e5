package mail_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/script/scripttest"
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

// ask returns the services of a script that asks a server with the zone.
func ask(t *testing.T) map[string]any {
	return map[string]any{dns.Service: scripttest.Resolver(t, zone)}
}

func TestSPF(t *testing.T) {
	t.Parallel()
	out := scripttest.Execute(t, `
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
		echo spf("192.0.2.5", "h.test", "example.test", ["extended_result" => true])["result"];`, ask(t))
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
	out := scripttest.Execute(t, `
		echo [dns("mail.example.test"), dns4("mail.example.test"), dns6("alias.test"), dnsmx("mx.test"), dnstxt("soft.test"), dnscname("alias.test"), dnsns("mx.test")];
		echo [dnsptr("192.0.2.100"), dnsptr("nonsense"), dns4("nothing.test"), dns4("down.test")];
		echo dns("mail.example.test", ["extended_result" => true]);
		echo dns4("nothing.test", ["extended_result" => true]);
		echo [dnsbl("1.2.3.4", "bl.test"), dnsbl("1.2.3.5", "bl.test"), dnsbl("x", "bl.test")];`, ask(t))
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
