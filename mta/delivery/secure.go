package delivery

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// secure makes the TLS options.
func (p *plan) secure(j *job) *hook.AttemptError {
	o, s, d := p.try, &p.transport.Session.TLS, &p.delivery.TLS
	x := &p.options.TLS
	mode := pick(o.TLS, d.Mode, s.Mode, "disabled")
	if !slices.Contains(config.TLSModes, mode) {
		return configError("unknown TLS mode '%s'", mode)
	}
	if x.Mode = smtpclient.TLSMode(mode); dane.Is(mode) {
		p.dane = dane.Mode(mode)
	}
	x.Implicit = flag(s.Implicit)
	if sni := cmp.Or(o.TLSSNI, d.SNI, s.SNI); sni != config.SNINone {
		x.SNI = string(sni)
	}
	x.VerifyHost = flag(o.TLSVerifyHost, d.VerifyHost, s.VerifyHost)
	x.DefaultCA = flag(o.TLSDefaultCA, s.DefaultCA)
	x.VerifyNames = first(o.TLSVerifyName, s.VerifyNames)
	x.CAs = j.s.CAs
	p.clientCert = strings.TrimPrefix(pick(o.TLSClientCert, s.ClientCert), "pki:")
	if p.clientCert != "" {
		cert, err := j.s.ClientCert(p.clientCert)
		if err != nil {
			return configError("client certificate '%s' is not usable", p.clientCert)
		}
		x.ClientCert = cert
	}
	var err error
	if x.MinVersion, x.MaxVersion, err = pki.Versions(pick(o.TLSProtocols, d.Protocols, s.Protocols)); err != nil {
		return configError("%s", err)
	}
	if x.CipherSuites, err = pki.Suites(pick(o.TLSCiphers, d.Ciphers, s.Ciphers)); err != nil {
		return configError("%s", err)
	}
	return nil
}

// sessionOptions are the options for one host, and what DANE found about it. The error
// is one of DANE.
func (p *plan) sessionOptions(ctx context.Context, t target) (*smtpclient.Options, *tlsa, error) {
	o := p.options
	o.TLS.Host = t.Name()
	if p.dane == "" {
		return &o, nil, nil
	}
	policy, err := dane.Find(ctx, p.Resolver, t.Host, p.port, t.Secure, p.dane)
	var own *smtpclient.Error
	if errors.As(err, &own) {
		return nil, findings(policy, own.Report), err
	}
	policy.Apply(&o.TLS)
	return &o, findings(policy, policy.Report), nil
}
