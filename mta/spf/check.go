package spf

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Result is the outcome of a check (RFC 7208 section 2.6).
type Result string

// The results.
const (
	None      Result = "none"
	Neutral   Result = "neutral"
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	TempError Result = "temperror"
	PermError Result = "permerror"
)

// Resolver answers DNS queries of a type ("txt").
type Resolver interface {
	Query(ctx context.Context, name, typ string) *dns.Answer
}

// Options describe a check.
type Options struct {
	IP       netip.Addr
	Helo     string
	Sender   string // address, or a domain; "" checks the HELO name
	Receiver string // name of this host, for explanations
	Now      time.Time
}

// Outcome is what a check found.
type Outcome struct {
	Result      Result
	Reason      string // for logs
	Explanation string // text of the domain for a fail, "" for none
}

// Bounds of RFC 7208 section 4.6.4.
const (
	maxLookups = 10
	maxVoid    = 2
	maxNames   = 10
	maxTime    = 20 * time.Second
)

// check is one call of Check while it runs.
type check struct {
	ctx           context.Context
	r             Resolver
	o             Options
	ip            netip.Addr
	local, sender string // parts of the sender
	lookups, void int
}

// failure ends a check with temperror or permerror.
type failure struct {
	result Result
	reason string
}

func (f *failure) Error() string { return f.reason }

func errPerm(reason string) error { return &failure{PermError, reason} }
func errTemp(reason string) error { return &failure{TempError, reason} }

// Check runs a check. When ctx ends the result is temperror.
func Check(ctx context.Context, r Resolver, o Options) Outcome {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	c := &check{ctx: ctx, r: r, o: o, ip: o.IP.Unmap().WithZone("")}
	sender := o.Sender
	if sender == "" {
		sender = o.Helo
	}
	i := strings.LastIndexByte(sender, '@')
	c.local, c.sender = sender[:max(i, 0)], sender[i+1:]
	if c.local == "" {
		c.local = "postmaster"
	}
	if !validDomain(c.sender) {
		return Outcome{Result: None, Reason: "the domain is not valid"}
	}
	result, reason, policy, err := c.host(c.sender)
	var f *failure
	if errors.As(err, &f) {
		return Outcome{Result: f.result, Reason: f.reason}
	}
	out := Outcome{Result: result, Reason: reason}
	if result == Fail && policy.exp != "" {
		out.Explanation = c.explanation(policy.exp, policy.domain)
	}
	return out
}

// policyOf is the record that decided and its domain.
type policyOf struct{ exp, domain string }

// host is check_host() of RFC 7208 section 4.
func (c *check) host(domain string) (Result, string, policyOf, error) {
	p := policyOf{domain: domain}
	r, err := c.record(domain)
	if err != nil {
		return "", "", p, err
	}
	if r == nil {
		return None, printable(domain) + " has no policy", p, nil
	}
	p.exp = r.exp
	for i := range r.terms {
		t := &r.terms[i]
		match, err := c.match(t, domain)
		if err != nil {
			return "", "", p, err
		}
		if match {
			return t.result, printable(domain) + ": " + t.text, p, nil
		}
	}
	if r.redirect == "" {
		return Neutral, printable(domain) + ": no mechanism matches", p, nil
	}
	if err := c.count(); err != nil {
		return "", "", p, err
	}
	target, err := c.target(r.redirect, domain)
	if err != nil {
		return "", "", p, err
	}
	if !validDomain(target) {
		return "", "", p, errPerm("redirect leads to a name that is not valid")
	}
	result, reason, p, err := c.host(target)
	if result == None && err == nil {
		err = errPerm("redirect: " + printable(target) + " has no policy")
	}
	return result, reason, p, err
}

// record finds the policy of a domain, nil when there is none.
func (c *check) record(domain string) (*record, error) {
	a := c.r.Query(c.ctx, domain, "txt")
	if a.Temporary() {
		return nil, errTemp("DNS: " + a.Error + " for the policy of " + printable(domain))
	}
	text, found := "", false
	for i := range a.Records {
		if version(a.Records[i].Text) {
			if found {
				return nil, errPerm(printable(domain) + " has two policies")
			}
			text, found = a.Records[i].Text, true
		}
	}
	if !found {
		return nil, nil
	}
	r, err := parse(text)
	if err != nil {
		return nil, errPerm(printable(domain) + ": " + err.Error())
	}
	return r, nil
}

// count counts a term that asks DNS.
func (c *check) count() error {
	if c.lookups++; c.lookups > maxLookups {
		return errPerm("more than 10 terms ask DNS")
	}
	return nil
}

// target expands the domain of a term; "" is the current domain. Labels are dropped
// from the left until it is short enough (RFC 7208 section 7.3).
func (c *check) target(spec, domain string) (string, error) {
	if spec == "" {
		return domain, nil
	}
	s, err := c.expand(spec, domain, false)
	if err != nil {
		return "", err
	}
	s = strings.TrimSuffix(s, ".")
	for len(s) > 253 {
		_, rest, ok := strings.Cut(s, ".")
		if !ok {
			break
		}
		s = rest
	}
	return s, nil
}

// validDomain reports whether a domain can have a policy: labels of 1 to 63 bytes, two
// of them at least.
func validDomain(s string) bool {
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	return len(labels) >= 2 && validName(s) && !strings.ContainsAny(s, "[]")
}

// validName reports whether a DNS query can be made of a name.
func validName(s string) bool {
	if s = strings.TrimSuffix(s, "."); s == "" || len(s) > 253 {
		return false
	}
	for _, l := range strings.Split(s, ".") {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	return true
}

// explanation returns the text of an exp modifier, "" when there is none to be had.
func (c *check) explanation(spec, domain string) string {
	name, err := c.target(spec, domain)
	if err != nil || !validName(name) {
		return ""
	}
	a := c.r.Query(c.ctx, name, "txt")
	if a.Error != "" || len(a.Records) != 1 {
		return ""
	}
	text, err := c.expand(a.Records[0].Text, domain, true)
	if err != nil {
		return ""
	}
	return text
}
