package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// TLS is how the client side of a connection is encrypted: what the SMTP client,
// TLSSocket and http() have in common (spec stdlib 0.10).
type TLS struct {
	Host string // name of the host connected to
	SNI  string // server name to send; "": none; "*": Host

	VerifyHost  bool           // the certificate must be for Host
	VerifyNames []string       // or for one of these names (spec stdlib 0.11)
	DefaultCA   bool           // trust the system's authorities
	CAs         *x509.CertPool // further trusted authorities

	ClientCert *tls.Certificate // sent when the server asks for one

	MinVersion, MaxVersion uint16   // 0: TLS 1.2 and the newest
	CipherSuites           []uint16 // TLS 1.2 suites; nil: Go's choice
}

// ReadTLS reads the options tls_protocols, tls_ciphers, tls_verify_host,
// tls_verify_name, tls_default_ca, tls_sni and tls_client_cert. A client certificate
// that cannot be used is an error of type *UnusableError: no fault of the program.
func ReadTLS(t *vm.Thread, o *registry.Options) (TLS, error) {
	x := TLS{
		VerifyHost: o.Bool("tls_verify_host", false), VerifyNames: o.Strings("tls_verify_name"),
		DefaultCA: o.Bool("tls_default_ca", false),
	}
	if keys := t.Host().Keys; keys != nil {
		x.CAs = keys.Authorities()
	}
	if v, ok := o.Get("tls_sni"); ok {
		if v.IsBool() {
			if v.Truth() {
				x.SNI = "*"
			}
		} else {
			x.SNI = o.Str("tls_sni", "")
		}
	}
	var err error
	if x.MinVersion, x.MaxVersion, err = Versions(o.Str("tls_protocols", "")); err != nil {
		o.Bad("tls_protocols", "a list of SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 that leaves one of the last four")
	}
	if x.CipherSuites, err = Suites(o.Str("tls_ciphers", "")); err != nil {
		o.Bad("tls_ciphers", "an OpenSSL cipher list that leaves a cipher")
	}
	if err := o.Err(); err != nil {
		return x, err
	}
	if v, ok := o.Get("tls_client_cert"); ok {
		id, err := ReadIdentity(t, v, true)
		if err != nil {
			return x, err
		}
		x.ClientCert = id.TLS()
	}
	return x, nil
}

// Config returns the configuration of a connection. It verifies nothing: callers
// judge the peer with Judge, whose result they want to know in any case.
func (x *TLS) Config() *tls.Config {
	c := &tls.Config{
		ServerName: x.SNI, MinVersion: x.MinVersion, MaxVersion: x.MaxVersion, CipherSuites: x.CipherSuites,
		InsecureSkipVerify: true,
	}
	if x.SNI == "*" {
		c.ServerName = x.Host
	}
	if x.ClientCert != nil {
		c.Certificates = []tls.Certificate{*x.ClientCert}
	}
	return c
}

// Judge verifies what the peer showed: its chain against the trusted authorities and
// its names against those wanted.
func (x *TLS) Judge(peer []*x509.Certificate) Fault {
	if len(peer) == 0 {
		return FaultNoIssuer
	}
	leaf := peer[0]
	pool := x509.NewCertPool()
	for _, c := range peer[1:] {
		pool.AddCert(c)
	}
	opts := x509.VerifyOptions{Intermediates: pool, Roots: x.CAs}
	if x.CAs == nil && !x.DefaultCA {
		opts.Roots = x509.NewCertPool()
	}
	_, err := leaf.Verify(opts)
	if err != nil && x.DefaultCA && x.CAs != nil {
		opts.Roots = nil
		_, err = leaf.Verify(opts)
	}
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return FaultExpired
	case err != nil && leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil:
		return FaultSelfSigned
	case err != nil:
		return FaultNoLocalIssuer
	case !x.NameFits(leaf):
		return FaultHost
	}
	return 0
}

// NameFits reports whether the certificate is for one of the wanted names; none
// wanted fits.
func (x *TLS) NameFits(leaf *x509.Certificate) bool {
	if !x.VerifyHost && len(x.VerifyNames) == 0 {
		return true
	}
	if x.VerifyHost && leaf.VerifyHostname(x.Host) == nil {
		return true
	}
	names := append([]string{leaf.Subject.CommonName}, leaf.DNSNames...)
	for _, pattern := range x.VerifyNames {
		for _, n := range names {
			if MatchName(pattern, n) || strings.HasPrefix(n, "*.") && MatchName(n, pattern) {
				return true
			}
		}
	}
	return false
}

// MatchName reports whether a host name fits a pattern: equal, or *.example.com
// for exactly one label before it (spec stdlib 0.11).
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

// Versions reads a comma list of protocol names, "!" excluding one (spec stdlib
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
