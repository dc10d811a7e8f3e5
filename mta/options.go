package mta

import (
	"crypto/tls"
	"reflect"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/smtpserver"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// serverOptions are the settings of a server for a connection that begins now.
func (s *Server) serverOptions(id string) *smtpserver.Options {
	st := s.current()
	x := config.Server{}
	for _, v := range st.config.App.Servers {
		if v.ID == id {
			x = v
		}
	}
	p := &x.Phases
	o := &smtpserver.Options{
		ID: id, Hostname: st.settings.Hostname, LMTP: x.LMTP, Verbose: x.Verbose, Extensions: x.Extensions, TransportID: x.Transport,
		ClientNames: or(p.Connect.FCrDNS, true), HeloRequired: or(p.Helo.Required, true),
		AuthMechanisms: p.Auth.Mechanisms, AuthPlaintext: p.Auth.Plaintext, AuthRequired: p.Auth.Required,
		MaxSize: int64(or(p.Data.MaxSize, 100<<20)), MaxHops: or(p.Data.MaxHops, 100), MaxMessages: p.MailFrom.MaxMessages,
		MaxRecipients: or(p.RcptTo.MaxRecipients, 1000), MaxTotal: x.Concurrency.Total, MaxPerIP: x.Concurrency.IP,
		IdleTimeout: seconds(x.Timeout.Idle, 300), DataTimeout: seconds(x.Timeout.Data, 600), SessionTimeout: time.Duration(x.Timeout.Session),
		TLSRequired: x.TLS.Required, TLS: serverTLS(st, &x),
	}
	if o.AuthMechanisms == nil {
		o.AuthMechanisms = []string{"LOGIN", "PLAIN"}
	}
	return o
}

func or[T any](p *T, def T) T {
	if p != nil {
		return *p
	}
	return def
}

func seconds(d config.Duration, def int) time.Duration {
	if d == 0 {
		return time.Duration(def) * time.Second
	}
	return time.Duration(d)
}

// serverTLS makes the TLS settings of a server, nil when it has none.
func serverTLS(st *state, x *config.Server) *tls.Config {
	if x.TLS.Certs.Cert == "" {
		return nil
	}
	c := &tls.Config{}
	for _, id := range append([]string{x.TLS.Certs.Cert}, x.TLS.Certs.SNI...) {
		if cert := st.certs[id]; cert != nil {
			c.Certificates = append(c.Certificates, *cert)
		}
	}
	// Both were checked with the configuration.
	c.MinVersion, c.MaxVersion, _ = pki.Versions(x.TLS.Protocols)
	c.CipherSuites, _ = pki.Suites(x.TLS.Ciphers)
	if x.TLS.ClientCert {
		c.ClientAuth = tls.RequestClientCert
	}
	return c
}

// sameLive reports whether two live configurations mean the same.
func sameLive(a, b *config.Config) bool {
	return reflect.DeepEqual([]any{a.App, a.Policies, a.Suspends, a.Delivery}, []any{b.App, b.Policies, b.Suspends, b.Delivery})
}
