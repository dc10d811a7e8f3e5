package smtpserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// handshakeTimeout bounds a TLS handshake.
const handshakeTimeout = 30 * time.Second

// startTLS runs STARTTLS (RFC 3207).
func (s *session) startTLS(arg string) error {
	switch {
	case s.o.TLS == nil || s.esmtp && !s.enabled["STARTTLS"]:
		return s.fault(reply(500, 5, 5, 1, "STARTTLS is not available"))
	case s.conn.TLS != nil:
		return s.fault(reply(503, 5, 5, 1, "TLS is active already"))
	case arg != "":
		return s.fault(reply(501, 5, 5, 4, "STARTTLS takes no argument"))
	case s.w.pending():
		// What came in clear behind the command could be taken for a command
		// inside TLS.
		return s.bye(reply(503, 5, 5, 1, "Data behind STARTTLS"), smtp.StateStartTLS)
	}
	if err := s.reply(reply(220, 2, 0, 0, "Ready to start TLS")); err != nil {
		return err
	}
	if err := s.w.bw.Flush(); err != nil {
		return err
	}
	if err := s.handshake(); err != nil {
		return err
	}
	s.conn.Helo, s.conn.Auth, s.enabled, s.esmtp = nil, nil, nil, false
	s.newTransaction()
	return nil
}

// handshake goes on inside TLS and notes its facts.
func (s *session) handshake() error {
	tc, err := s.w.upgrade(s.ctx, s.o.TLS, handshakeTimeout)
	if err != nil {
		return err
	}
	st := tc.ConnectionState()
	cipher, bits := pki.CipherName(st.CipherSuite)
	s.conn.TLS = &hook.TLS{
		Protocol: pki.ProtocolName(st.Version), Cipher: cipher, KeySize: bits, SNI: st.ServerName, Peer: st.PeerCertificates,
	}
	if len(st.PeerCertificates) > 0 {
		s.conn.TLS.PeerErr = verifyClient(st, s.o.TLS)
	}
	return nil
}

// OpenSSL verify results (spec hooks 2.2).
const (
	verifyExpired    = 10
	verifySelfSigned = 18
	verifyNoIssuer   = 20
)

// verifyClient checks a client certificate, which is reported and not enforced.
func verifyClient(st tls.ConnectionState, config *tls.Config) int {
	leaf := st.PeerCertificates[0]
	pool := x509.NewCertPool()
	for _, c := range st.PeerCertificates[1:] {
		pool.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: config.ClientCAs, Intermediates: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return verifyExpired
	case leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil:
		return verifySelfSigned
	}
	return verifyNoIssuer
}
