// Package route finds the addresses that mail for a domain goes to: MX groups in random
// order, implicit and null MX, literals, both families in turn (RFC 5321 section 5.1,
// RFC 7505, spec mta 5).
package route

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Target is one address to try.
type Target struct {
	Host   string // "" for a literal
	IP     netip.Addr
	Secure bool // every DNS answer that led here was authenticated
}

// host is a name to find the addresses of.
type host struct {
	name   string
	secure bool // the answer that named it was authenticated, or it was given
}

// Name returns the host, or the address when there is none.
func (t Target) Name() string {
	if t.Host == "" {
		return t.IP.String()
	}
	return t.Host
}

// Route says where mail goes.
type Route struct {
	Hosts            []string // names, addresses and LookupMX
	Domain           string   // whose MX hosts LookupMX stands for
	Include, Exclude []string // patterns of MX hosts to keep and to leave out
	Reaches          func(netip.Addr) bool
	Resolver         *dns.Resolver
}

// Error is why there is no target.
type Error struct {
	Kind      string // nxdomain, nullmx, nodata, ipfamily, excluded or other (spec hooks 14)
	Temporary bool
	Message   string
}

// Limits of one attempt (spec mta 5).
const (
	maxHosts     = 5
	maxAddresses = 10
)

// LookupMX as a host stands for the MX hosts of the domain.
const LookupMX = "lookup-mx"

// Targets returns the addresses to try in order.
func (r *Route) Targets(ctx context.Context) ([]Target, *Error) {
	var hosts []host
	for _, h := range r.Hosts {
		if h != LookupMX {
			hosts = append(hosts, host{h, true})
			continue
		}
		found, secure, err := r.exchangers(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			hosts = append(hosts, host{name, secure})
		}
	}
	return r.addresses(ctx, hosts)
}

func dnsError(kind, format string, args ...any) *Error {
	temporary := kind == "other" || kind == "ipfamily" || kind == "excluded"
	return &Error{Kind: kind, Temporary: temporary, Message: fmt.Sprintf(format, args...)}
}

// exchangers looks up the MX hosts of the recipient's domain, in the order to
// try them, and tells whether the answer was authenticated.
func (r *Route) exchangers(ctx context.Context) (hosts []string, secure bool, err *Error) {
	domain := r.Domain
	if ip, ok := literal(domain); ok {
		return []string{ip.String()}, false, nil
	}
	domain = address.ASCIIDomain(domain)
	if domain == "" {
		return nil, false, dnsError("nxdomain", "the recipient has no domain")
	}
	a := r.Resolver.Query(ctx, domain, "mx")
	switch {
	case a.Error == dns.NXDomain:
		return nil, false, dnsError("nxdomain", "domain %s does not exist", domain)
	case a.Error != "":
		return nil, false, dnsError("other", "MX look-up of %s: %s", domain, a.Error)
	case len(a.Records) == 0:
		hosts, err = r.filter([]string{domain}) // implicit MX (RFC 5321 section 5.1)
		return hosts, a.Secure, err
	case len(a.Records) == 1 && a.Records[0].Text == ".":
		return nil, false, dnsError("nullmx", "domain %s takes no mail", domain)
	}
	for i := 0; i < len(a.Records); {
		k := i
		for k < len(a.Records) && a.Records[k].Preference() == a.Records[i].Preference() {
			k++
		}
		group := make([]string, 0, k-i)
		for _, x := range a.Records[i:k] {
			group = append(group, strings.ToLower(x.Text))
		}
		rand.Shuffle(len(group), func(x, y int) { group[x], group[y] = group[y], group[x] })
		hosts = append(hosts, group...)
		i = k
	}
	hosts, err = r.filter(hosts)
	return hosts, a.Secure, err
}

// filter applies mx_include and mx_exclude.
func (r *Route) filter(hosts []string) ([]string, *Error) {
	match := func(patterns []string, host string) bool {
		return slices.ContainsFunc(patterns, func(x string) bool { return pki.MatchName(x, host) })
	}
	out := slices.DeleteFunc(hosts, func(h string) bool {
		return len(r.Include) > 0 && !match(r.Include, h) || match(r.Exclude, h)
	})
	if len(out) == 0 {
		return nil, dnsError("excluded", "mx_include and mx_exclude leave no host of %s", r.Domain)
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
func (r *Route) addresses(ctx context.Context, hosts []host) ([]Target, *Error) {
	var out []Target
	otherFamily, failed := false, ""
	for i, h := range hosts {
		if i == maxHosts || len(out) >= maxAddresses {
			break
		}
		if ip, err := netip.ParseAddr(h.name); err == nil {
			if r.Reaches(ip) {
				out = append(out, Target{IP: ip})
			} else {
				otherFamily = true
			}
			continue
		}
		var lists [2][]netip.Addr
		var secure [2]bool
		for k, typ := range []string{"aaaa", "a"} {
			a := r.Resolver.Query(ctx, h.name, typ)
			secure[k] = h.secure && a.Secure
			if a.Temporary() {
				failed = fmt.Sprintf("look-up of %s: %s", h.name, a.Error)
			}
			for _, x := range a.Records {
				if r.Reaches(x.Addr()) {
					lists[k] = append(lists[k], x.Addr())
				} else {
					otherFamily = true
				}
			}
			rand.Shuffle(len(lists[k]), func(x, y int) { lists[k][x], lists[k][y] = lists[k][y], lists[k][x] })
		}
		for n := range max(len(lists[0]), len(lists[1])) {
			for k := range lists {
				if n < len(lists[k]) {
					out = append(out, Target{h.name, lists[k][n], secure[k]})
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
		return nil, dnsError("ipfamily", "the hosts of %s cannot be reached from our addresses", r.Domain)
	}
	return nil, dnsError("nodata", "no host of %s has an address", r.Domain)
}
