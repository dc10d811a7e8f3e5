package dns

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Service is the key of the resolver in Host.Services.
const Service = "dns"

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("dns_query(host: string, options?: array) -> array",
		"Looks up a name: result is the list of records, error a condition such as NXDOMAIN, dnssec whether it was authenticated.",
		sig.Opt(`type: string = "a"`, "a, aaaa, mx, txt, cname, ns, ptr, soa, srv, tlsa or caa"),
		sig.Opt("timeout: number = 5", "seconds for the whole query"),
		sig.Opt("servers: array", "addresses of other resolvers"), sig.Opt("port: number = 53", "their port"),
		sig.Opt("extended_result: boolean = false", "records as arrays with value, ttl and their fields")), query)
	b.Func(sig.New("domain_includes(subdomain: string, domain: string, options?: array) -> boolean",
		"Whether a domain is another or lies below it; with a leading dot only below.").
		Show(`echo [domain_includes("www.example.com", "example.com"), domain_includes("example.com", ".example.com")];`, "[0=>true,1=>false]"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.Bool(Includes(a[0].Str(), a[1].Str())), nil
		})
	b.Func(sig.New("domain_publicsuffix(domain: string) -> string|none",
		"The longest public suffix of a domain, in lower case; none when its top-level domain is unknown.").
		Show(`echo domain_publicsuffix("www.example.co.uk");`, "co.uk"), text(PublicSuffix))
	b.Func(sig.New("idna_encode(domain: string) -> string|none", "A domain in its ASCII form; none when it is invalid.").
		Show(`echo idna_encode("bücher.example");`, "xn--bcher-kva.example"), text(ToASCII))
	b.Func(sig.New("idna_decode(domain: string) -> string|none", "A domain in its Unicode form; none when it is invalid.").
		Show(`echo idna_decode("xn--bcher-kva.example");`, "bücher.example"), text(ToUnicode))
}

// text adapts a function that may have no result.
func text(f func(string) (string, bool)) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		if s, ok := f(a[0].Str()); ok {
			return value.Str(s), nil
		}
		return value.None, nil
	}
}

// Includes reports whether sub is domain or lies below it.
func Includes(sub, domain string) bool {
	sub, domain = strings.ToLower(strings.TrimSuffix(sub, ".")), strings.ToLower(strings.TrimSuffix(domain, "."))
	if rest, proper := strings.CutPrefix(domain, "."); proper {
		return rest != "" && strings.HasSuffix(sub, "."+rest)
	}
	return sub == domain || domain != "" && strings.HasSuffix(sub, "."+domain)
}

func query(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("dns_query", a, 1)
	typ := strings.ToLower(o.Str("type", "a"))
	timeout := time.Duration(min(max(o.Num("timeout", 5), 0), 1e6) * float64(time.Second))
	servers, port, extended := o.Strings("servers"), o.Int("port", 53), o.Bool("extended_result", false)
	if _, ok := types[typ]; !ok {
		o.Bad("type", "a, aaaa, mx, txt, cname, ns, ptr, soa, srv, tlsa or caa")
	}
	for _, s := range servers {
		if _, err := netip.ParseAddr(s); err != nil {
			o.Bad("servers", "a list of IP addresses")
		}
	}
	if port < 1 || port > 65535 {
		o.Bad("port", "1 to 65535")
	}
	if !(o.Num("timeout", 5) >= 0) {
		o.Bad("timeout", "a number of seconds")
	}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	r, ok := t.Host().Services[Service].(*Resolver)
	if len(servers) > 0 {
		r, ok = Servers(servers, strconv.Itoa(port), timeout), true
	}
	if !ok {
		return value.None, vm.NotAvailable("dns_query")
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	ans := r.Query(ctx, a[0].Str(), typ)
	return ans.Value(extended), t.Stopped(nil)
}

// Value returns the answer in the shape of dns_query.
func (a *Answer) Value(extended bool) value.Value {
	out := value.NewArray(2)
	if a.Error != "" {
		out.SetStr("error", value.Str(a.Error))
	} else {
		list := value.NewArray(len(a.Records))
		for i := range a.Records {
			if extended {
				list.Append(a.Records[i].value())
			} else {
				list.Append(value.Str(a.Records[i].Text))
			}
		}
		out.SetStr("result", value.FromArray(list))
	}
	out.SetStr("dnssec", value.Bool(a.Secure))
	return value.FromArray(out)
}

// value is an item of an extended result.
func (r *Record) value() value.Value {
	out := value.Map("value", value.Str(r.Text), "ttl", value.Num(r.TTL.Seconds()))
	num := func(k string, n int) { out.SetStr(k, value.Int(n)) }
	text := func(k, s string) { out.SetStr(k, value.Str(s)) }
	switch x := r.RR.(type) {
	case *mdns.A, *mdns.AAAA:
		text("address", r.Text)
	case *mdns.MX:
		num("preference", int(x.Preference))
		text("host", r.Text)
	case *mdns.CNAME, *mdns.NS, *mdns.PTR:
		text("host", r.Text)
	case *mdns.TXT:
		text("text", r.Text)
	case *mdns.SOA:
		text("mname", host(x.Ns))
		text("rname", host(x.Mbox))
		num("serial", int(x.Serial))
		num("refresh", int(x.Refresh))
		num("retry", int(x.Retry))
		num("expire", int(x.Expire))
		num("minimum", int(x.Minttl))
	case *mdns.SRV:
		num("priority", int(x.Priority))
		num("weight", int(x.Weight))
		num("port", int(x.Port))
		text("host", host(x.Target))
	case *mdns.TLSA:
		num("usage", int(x.Usage))
		num("selector", int(x.Selector))
		num("mtype", int(x.MatchingType))
		text("data", strings.ToLower(x.Certificate))
	case *mdns.CAA:
		num("flags", int(x.Flag))
		text("tag", x.Tag)
		text("data", x.Value)
	}
	return value.FromArray(out)
}
