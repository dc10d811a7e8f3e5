package mail

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/spf"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

func senderPolicy(b *registry.Builder) {
	b.Func(sig.New("spf_query(ip: string, helo: string, sender: string) -> array",
		"Whether a host may send for an address or domain (RFC 7208): result, and reason and explanation if there is one. An empty sender checks the HELO name.").
		Show(`echo spf_query("nonsense", "mx.example.com", "a@example.com");`, `["result"=>"invalid"]`).
		Gives(`["result" => "pass"|"fail"|"softfail"|"neutral"|"none"|"temperror"|"permerror"|"invalid", "reason"? => string, "explanation"? => string]`), spfQuery)
	b.Func(sig.New("spf_query(ip: string, helo: string, sender: string, options?: array) -> array",
		"The older form, with options.", sig.Opt("timeout: number = 5", "seconds"), sig.Opt("servers: array", "addresses of other resolvers")).
		Legacy("spf_query without options"), spfQuery)
	b.Func(sig.New("spf(ip: string, helo: string, domain: string, options?: array) -> number|array",
		"The older form of spf_query: 0 for pass, 20 for softfail, 100 for fail, 50 for everything else.",
		sig.Opt("extended_result: boolean = false", "the result of spf_query")).Legacy("spf_query"), spfNumber)
}

func spfQuery(t *vm.Thread, a []value.Value) (value.Value, error) {
	out, err := checkSender(t, "spf_query", a)
	if err != nil {
		return value.None, err
	}
	x := value.Map("result", value.Str(string(out.Result)))
	if out.Reason != "" {
		x.SetStr("reason", value.Str(out.Reason))
	}
	if out.Explanation != "" {
		x.SetStr("explanation", value.Str(out.Explanation))
	}
	return value.FromArray(x), nil
}

// invalid is the result for what is no address.
const invalid spf.Result = "invalid"

func checkSender(t *vm.Thread, fn string, a []value.Value) (spf.Outcome, error) {
	o := registry.OptionsAt(fn, a, 3)
	timeout := time.Duration(min(max(o.Num("timeout", 5), 0), 1e6) * float64(time.Second))
	servers := o.Strings("servers")
	for _, s := range servers {
		if _, err := netip.ParseAddr(s); err != nil {
			o.Bad("servers", "a list of IP addresses")
		}
	}
	if err := o.Err(); err != nil {
		return spf.Outcome{}, err
	}
	ip, err := netip.ParseAddr(a[0].Str())
	if err != nil {
		return spf.Outcome{Result: invalid}, nil
	}
	r, ok := t.Host().Services[dns.Service].(*dns.Resolver)
	if len(servers) > 0 {
		r, ok = dns.Servers(servers, strconv.Itoa(53), timeout), true
	}
	if !ok {
		return spf.Outcome{}, vm.NotAvailable(fn)
	}
	ctx := t.Context()
	out := spf.Check(ctx, r, spf.Options{IP: ip, Helo: a[1].Str(), Sender: a[2].Str(), Receiver: t.Host().Hostname, Now: t.Host().Now()})
	if ctx.Err() != nil {
		return out, &vm.CancelError{Cause: ctx.Err()}
	}
	return out, nil
}

func spfNumber(t *vm.Thread, a []value.Value) (value.Value, error) {
	if registry.OptionsAt("spf", a, 3).Bool("extended_result", false) {
		return spfQuery(t, a)
	}
	out, err := checkSender(t, "spf", a)
	n := 50
	switch out.Result {
	case spf.Pass:
		n = 0
	case spf.SoftFail:
		n = 20
	case spf.Fail:
		n = 100
	}
	return value.Int(n), err
}
