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
	rank   int  // preference of the MX record, -1 for a host that was given
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
	Self             func(netip.Addr) bool // this server is there; nil: nowhere
	Resolver         *dns.Resolver
}

// Error is why there is no target.
type Error struct {
	Kind      string // nxdomain, nullmx, nodata, ipfamily, excluded, other (spec hooks 14) or Loop
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
			hosts = append(hosts, host{h, true, -1})
			continue
		}
		found, err := r.exchangers(ctx)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, found...)
	}
	return r.addresses(ctx, hosts)
}

func dnsError(kind, format string, args ...any) *Error {
	temporary := kind == "other" || kind == "ipfamily" || kind == "excluded"
	return &Error{Kind: kind, Temporary: temporary, Message: fmt.Sprintf(format, args...)}
}

// exchangers looks up the MX hosts of the recipient's domain, in the order to try them.
func (r *Route) exchangers(ctx context.Context) ([]host, *Error) {
	domain := r.Domain
	if ip, ok := literal(domain); ok {
		return []host{{name: ip.String()}}, nil
	}
	domain = address.ASCIIDomain(domain)
	if domain == "" {
		return nil, dnsError("nxdomain", "the recipient has no domain")
	}
	a := r.Resolver.Query(ctx, domain, "mx")
	switch {
	case a.Error == dns.NXDomain:
		return nil, dnsError("nxdomain", "domain %s does not exist", domain)
	case a.Error != "":
		return nil, dnsError("other", "MX look-up of %s: %s", domain, a.Error)
	case len(a.Records) == 0: // implicit MX (RFC 5321 section 5.1)
		return r.filter([]host{{domain, a.Secure, 0}})
	case len(a.Records) == 1 && a.Records[0].Text == ".":
		return nil, dnsError("nullmx", "domain %s takes no mail", domain)
	}
	var hosts []host
	for i := 0; i < len(a.Records); {
		k := i
		for k < len(a.Records) && a.Records[k].Preference() == a.Records[i].Preference() {
			hosts = append(hosts, host{strings.ToLower(a.Records[k].Text), a.Secure, int(a.Records[k].Preference())})
			k++
		}
		group := hosts[i:k]
		rand.Shuffle(len(group), func(x, y int) { group[x], group[y] = group[y], group[x] })
		i = k
	}
	return r.filter(hosts)
}

// filter applies mx_include and mx_exclude.
func (r *Route) filter(hosts []host) ([]host, *Error) {
	match := func(patterns []string, host string) bool {
		return slices.ContainsFunc(patterns, func(x string) bool { return pki.MatchName(x, host) })
	}
	out := slices.DeleteFunc(hosts, func(h host) bool {
		return len(r.Include) > 0 && !match(r.Include, h.name) || match(r.Exclude, h.name)
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
	f := &finder{Route: r}
	for i, h := range hosts {
		if i == maxHosts || len(f.out) >= maxAddresses || !f.host(ctx, h) {
			break
		}
	}
	switch {
	case len(f.out) > 0:
		return f.out[:min(len(f.out), maxAddresses)], nil
	case f.failed != "":
		return nil, dnsError("other", "%s", f.failed)
	case f.loop:
		return nil, &Error{Kind: Loop, Message: fmt.Sprintf("mail for %s loops back to this server", r.Domain)}
	case f.otherFamily:
		return nil, dnsError("ipfamily", "the hosts of %s cannot be reached from our addresses", r.Domain)
	}
	return nil, dnsError("nodata", "no host of %s has an address", r.Domain)
}

// Loop is the kind of the error when this server is the best host of a domain that it
// has no other way for. It is permanent (RFC 5321 section 5.1, spec mta 5).
const Loop = "loop"

// finder collects the addresses of hosts.
type finder struct {
	*Route
	out         []Target
	ranks       []int // of the hosts of out
	otherFamily bool
	loop        bool
	failed      string
}

// host adds the addresses of one host; it reports false when no further one counts.
func (f *finder) host(ctx context.Context, h host) bool {
	var lists [2][]netip.Addr
	var secure [2]bool
	self := false
	add := func(k int, ip netip.Addr) {
		self = self || h.rank >= 0 && f.Self != nil && f.Self(ip)
		if f.Reaches(ip) {
			lists[k] = append(lists[k], ip)
		} else {
			f.otherFamily = true
		}
	}
	name := h.name
	if ip, err := netip.ParseAddr(name); err == nil {
		add(0, ip)
		name = ""
	} else {
		for k, typ := range []string{"aaaa", "a"} {
			a := f.Resolver.Query(ctx, name, typ)
			secure[k] = h.secure && a.Secure
			if a.Temporary() {
				f.failed = fmt.Sprintf("look-up of %s: %s", name, a.Error)
			}
			for _, x := range a.Records {
				add(k, x.Addr())
			}
			rand.Shuffle(len(lists[k]), func(x, y int) { lists[k][x], lists[k][y] = lists[k][y], lists[k][x] })
		}
	}
	if self { // it, and all of the same or a higher preference
		f.loop = true
		for n := len(f.out); n > 0 && f.ranks[n-1] >= h.rank; n-- {
			f.out, f.ranks = f.out[:n-1], f.ranks[:n-1]
		}
		return false
	}
	for n := range max(len(lists[0]), len(lists[1])) {
		for k := range lists {
			if n < len(lists[k]) {
				f.out, f.ranks = append(f.out, Target{name, lists[k][n], secure[k]}), append(f.ranks, h.rank)
			}
		}
	}
	return true
}
