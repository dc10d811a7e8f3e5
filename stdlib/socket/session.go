package socket

import (
	"crypto/tls"
	"errors"
	"io"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// session is the state of a TLSSocket object.
type session struct {
	socket value.Value // the object below
	conn   *conn
	tls    *tls.Conn
	failed error // what will fail the handshake
	code   int   // of the last error
	sent   bool  // close notify
	closed bool  // by the peer's close notify
}

// tlsSize is what a session counts as beside its socket, in bytes.
const tlsSize = 64 << 10

// Size implements value.Sized.
func (s *session) Size() int { return tlsSize }

// Held implements value.Holder.
func (s *session) Held(yield func(value.Value)) { yield(s.socket) }

// unverifiedError is what a certificate was refused for.
type unverifiedError struct{ fault pki.Fault }

func (e *unverifiedError) Error() string { return e.fault.Text() }

// newSession reads the options of the constructor.
func newSession(t *vm.Thread, socket value.Value, o *registry.Options) (*session, error) {
	if v, ok := o.Get("tls_sni"); ok && v.IsBool() && v.Truth() {
		o.Bad("tls_sni", "a name: the socket knows none")
	}
	x, err := pki.ReadTLS(t, o)
	verify := o.Bool("tls_verify_ca", false)
	s := &session{socket: socket, conn: &conn{Socket: socket.Object().Native.(*Socket)}}
	var bad *pki.UnusableError
	if errors.As(err, &bad) {
		t.Host().Log(t, warning, "TLSSocket(): option tls_client_cert: "+bad.Text)
		s.failed, err = err, nil
	}
	if err != nil {
		return nil, err
	}
	x.VerifyHost = false
	c := x.Config()
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		var fault pki.Fault
		switch {
		case verify:
			fault = x.Judge(cs.PeerCertificates)
		case !x.NameFits(cs.PeerCertificates[0]):
			fault = pki.FaultHost
		}
		if fault != 0 {
			return &unverifiedError{fault}
		}
		return nil
	}
	s.tls = tls.Client(s.conn, c)
	return s, nil
}

// warning is the priority of syslog.
const warning = 4

// during runs f as a call on the socket below.
func (s *session) during(t *vm.Thread, f func() error) (bool, error) {
	err := s.failed
	if err == nil {
		err = s.conn.attempt(t.Context(), f)
	}
	if stopped := t.Stopped(nil); stopped != nil {
		return false, stopped
	}
	if err != nil {
		s.code = s.codeOf(err)
	}
	return err == nil, nil
}

// record is the most that one record of TLS carries, in bytes.
const record = 16 << 10

// recv receives up to n bytes; none at the end of the stream.
func (s *session) recv(n int) ([]byte, error) {
	if n == 0 {
		return nil, s.tls.Handshake()
	}
	if err := s.tls.Handshake(); err != nil {
		return nil, err
	}
	b := make([]byte, min(n, record))
	n, err := s.tls.Read(b)
	switch {
	case n > 0: // an error comes again
		return b[:n], nil
	case err != io.EOF:
		return nil, err
	case s.conn.ended && !s.closed:
		return nil, io.ErrUnexpectedEOF
	}
	s.closed = true
	return nil, nil
}

// shutdown sends the close notify, or waits for that of the peer when it is sent; it
// returns 1 when both are done.
func (s *session) shutdown() (int, error) {
	if !s.sent {
		if err := s.tls.CloseWrite(); err != nil {
			return 0, err
		}
		s.sent = true
		if s.closed {
			return 1, nil
		}
		return 0, nil
	}
	if !s.closed {
		data, err := s.recv(1)
		if err != nil {
			return 0, err
		}
		if len(data) > 0 {
			return 0, errDataAfterClose
		}
	}
	return 1, nil
}
