package smtpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// OpenSSL verify results (hooks.md 2.2).
const (
	peerExpired    = 10
	peerSelfSigned = 18
	peerNoIssuer   = 20
	peerHost       = 62
)

// startTLS goes on inside TLS and fills Info.TLS.
func (c *Conn) startTLS(ctx context.Context) error {
	t := &c.o.TLS
	info := &TLSInfo{}
	c.info.TLS = info
	config := &tls.Config{
		ServerName: serverName(t), MinVersion: t.MinVersion, MaxVersion: t.MaxVersion, CipherSuites: t.CipherSuites,
		// Chains and names are checked below: every mode wants to know the
		// result, few to fail by it.
		InsecureSkipVerify: true,
		VerifyConnection:   func(st tls.ConnectionState) error { return c.checkPeer(st, info) },
	}
	if t.ClientCert != nil {
		config.Certificates = []tls.Certificate{*t.ClientCert}
	}
	limit := c.o.timeout(smtp.StateStartTLS)
	hctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_ = c.nc.SetDeadline(time.Time{})
	tc := tls.Client(c.nc, config)
	if err := tc.HandshakeContext(hctx); err != nil {
		c.fail()
		var own *Error
		if errors.As(err, &own) {
			return own
		}
		if info.Report == "" {
			info.Report = "validation-failure"
		}
		e := networkError(smtp.StateStartTLS, "TLS handshake", hctx, err)
		e.Type, e.Report = ErrTLS, info.Report
		return e
	}
	st := tc.ConnectionState()
	info.Started = true
	info.Protocol = smtp.ProtocolName(st.Version)
	info.Cipher, info.KeySize = smtp.CipherName(st.CipherSuite)
	c.nc = tc
	c.br.Reset(tc)
	c.bw.Reset(tc)
	return nil
}

// serverName is the name sent as SNI.
func serverName(t *TLSOptions) string {
	if t.SNI == "*" {
		return t.Host
	}
	return t.SNI
}

// checkPeer judges the certificate; the error fails the handshake.
func (c *Conn) checkPeer(st tls.ConnectionState, info *TLSInfo) error {
	t := &c.o.TLS
	info.Peer = st.PeerCertificates
	if t.VerifyPeer != nil {
		err := t.VerifyPeer(st)
		var own *Error
		if errors.As(err, &own) {
			info.Report = own.Report
		}
		return err
	}
	info.PeerErr, info.Report = t.judge(st)
	if info.PeerErr == 0 || !t.Mode.verifies() {
		return nil
	}
	return &Error{Type: ErrTLS, Temporary: true, State: smtp.StateStartTLS, Report: info.Report,
		Message: "certificate verification failed: " + info.Report}
}

// judge returns the OpenSSL verify result and the RFC 8460 result type.
func (t *TLSOptions) judge(st tls.ConnectionState) (code int, report string) {
	if len(st.PeerCertificates) == 0 {
		return peerNoIssuer, "validation-failure"
	}
	leaf := st.PeerCertificates[0]
	pool := x509.NewCertPool()
	for _, c := range st.PeerCertificates[1:] {
		pool.AddCert(c)
	}
	opts := x509.VerifyOptions{Intermediates: pool, Roots: t.CAs}
	if t.CAs == nil && !t.DefaultCA {
		opts.Roots = x509.NewCertPool()
	}
	_, err := leaf.Verify(opts)
	if err != nil && t.DefaultCA && t.CAs != nil {
		opts.Roots = nil
		_, err = leaf.Verify(opts)
	}
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return peerExpired, "certificate-expired"
	case err != nil && leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil:
		return peerSelfSigned, "certificate-not-trusted"
	case err != nil:
		return peerNoIssuer, "certificate-not-trusted"
	case !t.nameFits(leaf):
		return peerHost, "certificate-host-mismatch"
	}
	return 0, ""
}

// nameFits reports whether the certificate is for one of the wanted names; none
// wanted fits.
func (t *TLSOptions) nameFits(leaf *x509.Certificate) bool {
	if !t.VerifyHost && len(t.VerifyNames) == 0 {
		return true
	}
	if t.VerifyHost && leaf.VerifyHostname(t.Host) == nil {
		return true
	}
	names := append([]string{leaf.Subject.CommonName}, leaf.DNSNames...)
	for _, pattern := range t.VerifyNames {
		for _, n := range names {
			if MatchName(pattern, n) || strings.HasPrefix(n, "*.") && MatchName(n, pattern) {
				return true
			}
		}
	}
	return false
}

// MatchName reports whether a host name fits a pattern: equal, or *.example.com
// for exactly one label before it (stdlib.md 0.11).
func MatchName(pattern, name string) bool {
	pattern, name = strings.ToLower(strings.TrimSuffix(pattern, ".")), strings.ToLower(strings.TrimSuffix(name, "."))
	if rest, ok := strings.CutPrefix(pattern, "*."); ok {
		_, tail, found := strings.Cut(name, ".")
		return found && tail == rest && !strings.HasPrefix(name, ".")
	}
	return pattern == name
}

// versions are the names of tls_protocols in ascending order; Go has no older
// ones than TLS 1.0.
var versions = []struct {
	name   string
	number uint16
}{
	{"SSLv2", 0}, {"SSLv3", 0}, {"TLSv1", tls.VersionTLS10}, {"TLSv1.1", tls.VersionTLS11}, {"TLSv1.2", tls.VersionTLS12}, {"TLSv1.3", tls.VersionTLS13},
}

// Versions reads a comma list of protocol names, "!" excluding one (stdlib.md
// 0.10). The default excludes everything before TLS 1.2.
func Versions(list string) (lowest, highest uint16, err error) {
	if list == "" {
		return tls.VersionTLS12, 0, nil
	}
	allowed := map[string]bool{}
	positive := false
	for _, word := range strings.Split(list, ",") {
		word = strings.TrimSpace(word)
		name, not := strings.CutPrefix(word, "!")
		known := false
		for _, v := range versions {
			known = known || strings.EqualFold(v.name, name)
		}
		if !known {
			return 0, 0, errors.New("unknown TLS protocol '" + name + "'")
		}
		allowed[strings.ToLower(name)] = !not
		positive = positive || !not
	}
	for _, v := range versions {
		ok, named := allowed[strings.ToLower(v.name)]
		if v.number == 0 || named && !ok || positive && !named {
			continue
		}
		if lowest == 0 {
			lowest = v.number
		}
		highest = v.number
	}
	if lowest == 0 {
		return 0, 0, errors.New("tls_protocols leaves no protocol")
	}
	return lowest, highest, nil
}
