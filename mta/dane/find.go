package dane

import (
	"context"
	"crypto/tls"
	"fmt"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Resolver answers DNS queries of a type ("tlsa").
type Resolver interface {
	Query(ctx context.Context, name, typ string) *dns.Answer
}

// Mode is a TLS mode that asks for DANE (spec mta 6.4).
type Mode string

// The modes.
const (
	Opportunistic Mode = "dane"
	Require       Mode = "dane_require"
	Fallback      Mode = "dane_fallback_require_verify"
)

// Is reports whether a TLS mode asks for DANE.
func Is(mode string) bool {
	return Mode(mode) == Opportunistic || Mode(mode) == Require || Mode(mode) == Fallback
}

// Policy is how a host is to be spoken to.
type Policy struct {
	Mode smtpclient.TLSMode
	// Verify judges the certificate in the place of authorities and names; nil: the
	// mode says enough.
	Verify func(tls.ConnectionState) error
	// SNI: the name of the host is sent (RFC 7672 section 8.1).
	SNI bool
	// Records are those that DNS has authenticated, usable or not.
	Records []*mdns.TLSA
	// Report is the result type of RFC 8460 section 4.3 that records call for which are
	// there and of no use; "" otherwise.
	Report string
	// Failed: the look-up of the records failed.
	Failed bool
}

// Apply puts the policy into the options of a connection.
func (p *Policy) Apply(o *smtpclient.TLSOptions) {
	o.Mode, o.VerifyPeer = p.Mode, p.Verify
	if p.SNI {
		o.SNI = "*"
	}
}

func fail(report, format string, args ...any) error {
	return &smtpclient.Error{Type: smtpclient.ErrDANE, Temporary: true, Report: report, Message: fmt.Sprintf(format, args...)}
}

// Find looks the records of a host up and says what they ask for. secure tells that
// the look-ups that led to the host were authenticated; a host that is an address has
// none. The error is an *smtpclient.Error of type dane; beside it the policy tells only
// what was found.
func Find(ctx context.Context, r Resolver, host string, port int, secure bool, mode Mode) (*Policy, error) {
	var records []*mdns.TLSA
	p := &Policy{}
	if secure && host != "" {
		a := r.Query(ctx, fmt.Sprintf("_%d._tcp.%s", port, host), "tlsa")
		if a.Temporary() {
			// Treating this as absence would let an attacker switch DANE off (RFC 7672
			// section 2.1).
			p.Failed = true
			return p, fail("dnssec-invalid", "TLSA look-up of %s: %s", host, a.Error)
		}
		if a.Secure {
			p.Records = all(a.Records)
			records = usable(p.Records)
		}
	}
	report := "dane-required"
	if len(p.Records) > 0 && len(records) == 0 {
		report, p.Report = "tlsa-invalid", "tlsa-invalid"
	}
	switch {
	case len(records) > 0:
		v := &verifier{host: host, records: records}
		p.Mode, p.Verify, p.SNI = smtpclient.TLSRequire, v.verify, true
	case mode == Require:
		return p, fail(report, "%s has no usable TLSA records", name(host))
	case mode == Fallback:
		p.Mode = smtpclient.TLSRequireVerify
	case len(p.Records) > 0:
		p.Mode = smtpclient.TLSRequire
	default:
		p.Mode = smtpclient.TLSOptional
	}
	return p, nil
}

func name(host string) string {
	if host == "" {
		return "an address"
	}
	return host
}

// all returns the TLSA records of an answer.
func all(list []dns.Record) []*mdns.TLSA {
	var out []*mdns.TLSA
	for i := range list {
		if t, ok := list[i].RR.(*mdns.TLSA); ok {
			out = append(out, t)
		}
	}
	return out
}

// usable returns the records that SMTP clients use: usage DANE-TA(2) and DANE-EE(3)
// with a selector, matching type and length that are known (RFC 7672 section 3.1).
func usable(list []*mdns.TLSA) []*mdns.TLSA {
	var out []*mdns.TLSA
	for _, t := range list {
		if t.Usage != usageTA && t.Usage != usageEE || t.Selector > 1 {
			continue
		}
		if n := len(t.Certificate); t.MatchingType == matchSHA256 && n == 64 || t.MatchingType == matchSHA512 && n == 128 || t.MatchingType == matchFull && n > 0 {
			out = append(out, t)
		}
	}
	return out
}

// Fields of TLSA records (RFC 7218).
const (
	usageTA = 2
	usageEE = 3

	selectorCert = 0

	matchFull   = 0
	matchSHA256 = 1
	matchSHA512 = 2
)
