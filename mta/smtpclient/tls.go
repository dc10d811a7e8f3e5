package smtpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// startTLS goes on inside TLS and fills Info.TLS.
func (c *Conn) startTLS(ctx context.Context) error {
	t := &c.o.TLS
	info := &TLSInfo{}
	c.info.TLS = info
	config := t.Config()
	config.VerifyConnection = func(st tls.ConnectionState) error { return c.checkPeer(st, info) }
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
	info.Protocol = pki.ProtocolName(st.Version)
	info.Cipher, info.KeySize = pki.CipherName(st.CipherSuite)
	c.nc = tc
	c.br.Reset(tc)
	c.bw.Reset(tc)
	return nil
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
	found := t.Judge(st.PeerCertificates)
	info.PeerErr, info.Report = int(found), reportOf(found)
	if info.PeerErr == 0 || !t.Mode.verifies() {
		return nil
	}
	return &Error{Type: ErrTLS, Temporary: true, State: smtp.StateStartTLS, Report: info.Report,
		Message: "certificate verification failed: " + info.Report}
}

// reports are the result types of RFC 8460 section 4.3.
var reports = map[pki.Fault]string{
	0: "", pki.FaultNoIssuer: "validation-failure", pki.FaultExpired: "certificate-expired", pki.FaultHost: "certificate-host-mismatch",
}

// reportOf returns the RFC 8460 result type of a fault.
func reportOf(f pki.Fault) string {
	if r, ok := reports[f]; ok {
		return r
	}
	return "certificate-not-trusted"
}
