package spf

import (
	"net/netip"
	"strings"

	"github.com/hawser-mta/hawser/stdlib/dns"
)

// match evaluates a mechanism (RFC 7208 section 5).
func (c *check) match(t *term, domain string) (bool, error) {
	switch t.kind {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.net.Contains(c.ip), nil
	}
	if err := c.count(); err != nil {
		return false, err
	}
	target, err := c.target(t.domain, domain)
	if err != nil {
		return false, err
	}
	if t.kind != "ptr" && !validName(target) {
		return false, nil
	}
	switch t.kind {
	case "include":
		return c.include(target)
	case "a":
		return c.hasAddress(t, target, true)
	case "mx":
		return c.mx(t, target)
	case "exists":
		a, err := c.query(target, "a", true)
		return err == nil && len(a.Records) > 0, err
	}
	return c.ptr(target)
}

// query asks DNS for a term; with void an answer without records counts as such.
func (c *check) query(name, typ string, void bool) (*dns.Answer, error) {
	a := c.r.Query(c.ctx, name, typ)
	if a.Temporary() {
		return nil, errTemp("DNS: " + a.Error + " for " + printable(name))
	}
	if void && len(a.Records) == 0 {
		if c.void++; c.void > maxVoid {
			return nil, errPerm("more than 2 look-ups without an answer")
		}
	}
	return a, nil
}

func (c *check) include(target string) (bool, error) {
	if !validDomain(target) {
		return false, errPerm("include of a name that is not valid")
	}
	result, _, _, err := c.host(target)
	if err != nil {
		return false, err
	}
	if result == None {
		return false, errPerm("include: " + printable(target) + " has no policy")
	}
	return result == Pass, nil
}

// addressType is the record type that may match the client.
func (c *check) addressType() string {
	if c.ip.Is4() {
		return "a"
	}
	return "aaaa"
}

// hasAddress reports whether a name has an address in one network with the client.
func (c *check) hasAddress(t *term, name string, void bool) (bool, error) {
	a, err := c.query(name, c.addressType(), void)
	if err != nil {
		return false, err
	}
	bits := t.v4
	if !c.ip.Is4() {
		bits = t.v6
	}
	for i := range a.Records {
		ip := a.Records[i].Addr()
		if ip.BitLen() == c.ip.BitLen() && netip.PrefixFrom(ip, bits).Masked().Contains(c.ip) {
			return true, nil
		}
	}
	return false, nil
}

func (c *check) mx(t *term, target string) (bool, error) {
	a, err := c.query(target, "mx", true)
	if err != nil {
		return false, err
	}
	if len(a.Records) > maxNames {
		return false, errPerm(printable(target) + " has more than 10 MX records")
	}
	for i := range a.Records {
		if !validName(a.Records[i].Text) {
			continue
		}
		if match, err := c.hasAddress(t, a.Records[i].Text, false); match || err != nil {
			return match, err
		}
	}
	return false, nil
}

func (c *check) ptr(target string) (bool, error) {
	names, err := c.names()
	if err != nil {
		return false, err
	}
	for name := range names {
		if within(name, target) && c.forward(name) {
			return true, nil
		}
	}
	return false, nil
}

// names gives the names of the client, ten at most; an error of DNS gives none.
func (c *check) names() (func(yield func(string) bool), error) {
	suffix := ".in-addr.arpa"
	if !c.ip.Is4() {
		suffix = ".ip6.arpa"
	}
	p := part{revert: true}
	a := c.r.Query(c.ctx, strings.ToLower(p.transform(dotted(c.ip)))+suffix, "ptr")
	if !a.Temporary() && len(a.Records) == 0 {
		if c.void++; c.void > maxVoid {
			return nil, errPerm("more than 2 look-ups without an answer")
		}
	}
	return func(yield func(string) bool) {
		for i := range a.Records[:min(len(a.Records), maxNames)] {
			if name := a.Records[i].Text; validName(name) && !yield(name) {
				return
			}
		}
	}, nil
}

// forward reports whether a name leads back to the client.
func (c *check) forward(name string) bool {
	a := c.r.Query(c.ctx, name, c.addressType())
	for i := range a.Records {
		if a.Records[i].Addr() == c.ip {
			return true
		}
	}
	return false
}

// within reports whether a name is a domain or below it.
func within(name, domain string) bool {
	name, domain = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(domain, "."))
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// validated is the value of macro p: a name of the client that leads back to it, best
// the domain itself, then one below it, then any.
func (c *check) validated(domain string) (string, error) {
	if err := c.count(); err != nil {
		return "", err
	}
	names, err := c.names()
	if err != nil {
		return "", err
	}
	best, rank := "unknown", 0
	for name := range names {
		n := 1
		switch {
		case within(name, domain) && within(domain, name):
			n = 3
		case within(name, domain):
			n = 2
		}
		if n > rank && c.forward(name) {
			best, rank = name, n
		}
	}
	return best, nil
}
