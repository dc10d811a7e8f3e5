package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// target is one address to try.
type target struct {
	mx string // host name, "" for a literal
	ip netip.Addr
}

// Limits of one attempt (spec mta 5).
const (
	maxHosts     = 5
	maxAddresses = 10
)

const lookupMX = "lookup-mx"

// targets returns the addresses to try in order.
func (p *plan) targets(ctx context.Context) ([]target, *hook.AttemptError) {
	var hosts []string
	for _, h := range p.hosts {
		if h != lookupMX {
			hosts = append(hosts, h)
			continue
		}
		found, err := p.exchangers(ctx)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, found...)
	}
	return p.addresses(ctx, hosts)
}

func dnsError(kind, format string, args ...any) *hook.AttemptError {
	temporary := kind == "other" || kind == "ipfamily" || kind == "excluded"
	return &hook.AttemptError{Type: "dns", DNS: kind, Temporary: temporary, Message: fmt.Sprintf(format, args...)}
}

// exchangers looks up the MX hosts of the recipient's domain, in the order to
// try them.
func (p *plan) exchangers(ctx context.Context) ([]string, *hook.AttemptError) {
	domain := p.domain
	if ip, ok := literal(domain); ok {
		return []string{ip.String()}, nil
	}
	domain = address.ASCIIDomain(domain)
	if domain == "" {
		return nil, dnsError("nxdomain", "the recipient has no domain")
	}
	a := p.resolver.Query(ctx, domain, "mx")
	switch {
	case a.Error == dns.NXDomain:
		return nil, dnsError("nxdomain", "domain %s does not exist", domain)
	case a.Error != "":
		return nil, dnsError("other", "MX look-up of %s: %s", domain, a.Error)
	case len(a.Records) == 0:
		return p.filter([]string{domain}) // implicit MX (RFC 5321 section 5.1)
	case len(a.Records) == 1 && a.Records[0].Text == ".":
		return nil, dnsError("nullmx", "domain %s takes no mail", domain)
	}
	var hosts []string
	for i := 0; i < len(a.Records); {
		k := i
		for k < len(a.Records) && a.Records[k].Preference() == a.Records[i].Preference() {
			k++
		}
		group := make([]string, 0, k-i)
		for _, r := range a.Records[i:k] {
			group = append(group, strings.ToLower(r.Text))
		}
		rand.Shuffle(len(group), func(x, y int) { group[x], group[y] = group[y], group[x] })
		hosts = append(hosts, group...)
		i = k
	}
	return p.filter(hosts)
}

// filter applies mx_include and mx_exclude.
func (p *plan) filter(hosts []string) ([]string, *hook.AttemptError) {
	match := func(patterns []string, host string) bool {
		return slices.ContainsFunc(patterns, func(x string) bool { return pki.MatchName(x, host) })
	}
	out := slices.DeleteFunc(hosts, func(h string) bool {
		return len(p.include) > 0 && !match(p.include, h) || match(p.exclude, h)
	})
	if len(out) == 0 {
		return nil, dnsError("excluded", "mx_include and mx_exclude leave no host of %s", p.domain)
	}
	return out, nil
}

// literal reads an address literal of a domain.
func literal(domain string) (netip.Addr, bool) {
	inner, ok := strings.CutPrefix(domain, "[")
	if !ok {
		return netip.Addr{}, false
	}
	inner = strings.TrimPrefix(strings.TrimSuffix(inner, "]"), "IPv6:")
	ip, err := netip.ParseAddr(inner)
	return ip, err == nil
}

// addresses looks up the addresses of hosts, IPv6 and IPv4 in turn.
func (p *plan) addresses(ctx context.Context, hosts []string) ([]target, *hook.AttemptError) {
	var out []target
	otherFamily, failed := false, ""
	for i, h := range hosts {
		if i == maxHosts || len(out) >= maxAddresses {
			break
		}
		if ip, err := netip.ParseAddr(h); err == nil {
			if p.reaches(ip) {
				out = append(out, target{ip: ip})
			} else {
				otherFamily = true
			}
			continue
		}
		var lists [2][]netip.Addr
		for k, typ := range []string{"aaaa", "a"} {
			a := p.resolver.Query(ctx, h, typ)
			if a.Temporary() {
				failed = fmt.Sprintf("look-up of %s: %s", h, a.Error)
			}
			for _, r := range a.Records {
				if p.reaches(r.Addr()) {
					lists[k] = append(lists[k], r.Addr())
				} else {
					otherFamily = true
				}
			}
			rand.Shuffle(len(lists[k]), func(x, y int) { lists[k][x], lists[k][y] = lists[k][y], lists[k][x] })
		}
		for n := range max(len(lists[0]), len(lists[1])) {
			for k := range lists {
				if n < len(lists[k]) {
					out = append(out, target{h, lists[k][n]})
				}
			}
		}
	}
	switch {
	case len(out) > 0:
		return out[:min(len(out), maxAddresses)], nil
	case failed != "":
		return nil, dnsError("other", "%s", failed)
	case otherFamily:
		return nil, dnsError("ipfamily", "the hosts of %s cannot be reached from our addresses", p.domain)
	}
	return nil, dnsError("nodata", "no host of %s has an address", p.domain)
}
