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
// none. The error is an *smtpclient.Error of type dane.
func Find(ctx context.Context, r Resolver, host string, port int, secure bool, mode Mode) (*Policy, error) {
	var records []*mdns.TLSA
	found := false
	if secure && host != "" {
		a := r.Query(ctx, fmt.Sprintf("_%d._tcp.%s", port, host), "tlsa")
		if a.Temporary() {
			// Treating this as absence would let an attacker switch DANE off (RFC 7672
			// section 2.1).
			return nil, fail("dnssec-invalid", "TLSA look-up of %s: %s", host, a.Error)
		}
		if a.Secure {
			found = len(a.Records) > 0
			records = usable(a.Records)
		}
	}
	switch {
	case len(records) > 0:
		v := &verifier{host: host, records: records}
		return &Policy{Mode: smtpclient.TLSRequire, Verify: v.verify, SNI: true}, nil
	case mode == Require:
		return nil, fail("dane-required", "%s has no usable TLSA records", name(host))
	case found:
		return &Policy{Mode: smtpclient.TLSRequire}, nil
	case mode == Fallback:
		return &Policy{Mode: smtpclient.TLSRequireVerify}, nil
	}
	return &Policy{Mode: smtpclient.TLSOptional}, nil
}

func name(host string) string {
	if host == "" {
		return "an address"
	}
	return host
}

// usable returns the records that SMTP clients use: usage DANE-TA(2) and DANE-EE(3)
// with a selector, matching type and length that are known (RFC 7672 section 3.1).
func usable(list []dns.Record) []*mdns.TLSA {
	var out []*mdns.TLSA
	for i := range list {
		t, ok := list[i].RR.(*mdns.TLSA)
		if !ok || t.Usage != usageTA && t.Usage != usageEE || t.Selector > 1 {
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
