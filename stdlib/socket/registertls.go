package socket

import (
	"errors"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/sys/unix"
)

// registerTLS declares TLSSocket; x509 is the constructor of X509.
func registerTLS(b *registry.Builder, x509 vm.Impl) {
	ctor := sig.New("TLSSocket(socket: Socket, options?: array) -> TLSSocket",
		"TLS over a connected stream socket. Without options nothing is verified.",
		sig.Opt(`tls_protocols: string = "!SSLv2,!SSLv3"`, "a comma list of protocols, ! excludes one"),
		sig.Opt("tls_ciphers: string", "an OpenSSL cipher list"),
		sig.Opt("tls_verify_ca: boolean = false", "the certificate must come from a trusted authority"),
		sig.Opt("tls_verify_name: array", "it must be for one of these names"),
		sig.Opt("tls_default_ca: boolean = false", "trust the authorities of the system"),
		sig.Opt("tls_sni: string", "the server name to send"),
		sig.Opt("tls_client_cert: string|array", "an id of the configuration, or an array of x509, privatekey and chain"))
	var class *value.Class
	class = b.Class(sig.Class{
		Name: "TLSSocket", Constructor: &ctor, Text: "A TLS client over a Socket, whose timeout it follows.",
		Methods: []*sig.Func{
			sig.New("handshake() -> TLSSocket|none", "Negotiates; none when that fails or the peer is not verified.").Method(),
			sig.New("recv(length: number) -> string|none", "Receives up to length bytes, after the handshake; empty at the end, none on an error.").Method(),
			sig.New("send(data: string) -> number|none", "Sends all data, after the handshake; none on an error.").Method(),
			sig.New("shutdown() -> number|none",
				"Sends close notify: 0 when the peer has not sent its own yet, which a second call waits for, else 1.").Method(),
			sig.New("errno() -> number", "The OpenSSL number of the last error, 0 for none.").Method(),
			sig.New("getpeerx509() -> X509|none", "The certificate of the peer, after the handshake.").Method(),
			sig.New("toSocket() -> Socket", "The socket below.").Method(),
		},
	}, map[string]vm.Impl{
		"TLSSocket": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			socket, err := registry.Object[*Socket]("TLSSocket", a, 0, "Socket")
			if err != nil {
				return value.None, err
			}
			if socket.typ != unix.SOCK_STREAM {
				return value.None, errors.New("TLSSocket(): argument 1 (socket) must be a stream socket")
			}
			s, err := newSession(t, a[0].Share(), registry.OptionsAt("TLSSocket", a, 1))
			if err != nil {
				return value.None, err
			}
			return value.Native(class, s), t.Charge(tlsSize)
		},
		"handshake": onTLS(handshake),
		"recv":      onTLS(recvTLS),
		"send":      onTLS(sendTLS),
		"shutdown":  onTLS(shutdownTLS),
		"errno":     onTLS(func(_ *vm.Thread, s *session, _ []value.Value) (value.Value, error) { return value.Int(s.code), nil }),
		"getpeerx509": onTLS(func(t *vm.Thread, s *session, _ []value.Value) (value.Value, error) {
			state := s.tls.ConnectionState()
			if !state.HandshakeComplete || len(state.PeerCertificates) == 0 {
				return value.None, nil
			}
			c := pki.NewCertificate(state.PeerCertificates[0])
			if err := t.Charge(c.Size()); err != nil {
				return value.None, err
			}
			return x509(t, []value.Value{c.Resource()})
		}),
		"toSocket": onTLS(func(_ *vm.Thread, s *session, _ []value.Value) (value.Value, error) { return s.socket, nil }),
	})
}

// onTLS adapts a method to the session behind the object.
func onTLS(f func(t *vm.Thread, s *session, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return f(t, a[0].Object().Native.(*session), a)
	}
}

func handshake(t *vm.Thread, s *session, a []value.Value) (value.Value, error) {
	ok, err := s.during(t, func() error { return s.tls.Handshake() })
	if err != nil || !ok {
		return value.None, err
	}
	return a[0], nil
}

func recvTLS(t *vm.Thread, s *session, a []value.Value) (value.Value, error) {
	n, err := length("TLSSocket->recv", a)
	if err != nil {
		return value.None, err
	}
	var data []byte
	ok, err := s.during(t, func() error {
		var err error
		data, err = s.recv(n)
		return err
	})
	if err != nil || !ok {
		return value.None, err
	}
	return value.Str(string(data)), nil
}

func sendTLS(t *vm.Thread, s *session, a []value.Value) (value.Value, error) {
	text := a[1].Str()
	ok, err := s.during(t, func() error {
		for rest := text; ; {
			n := min(len(rest), 4*record)
			if _, err := s.tls.Write([]byte(rest[:n])); err != nil {
				return err
			}
			if rest = rest[n:]; rest == "" || t.Context().Err() != nil {
				return nil
			}
		}
	})
	if err != nil || !ok {
		return value.None, err
	}
	return value.Int(len(text)), nil
}

func shutdownTLS(t *vm.Thread, s *session, _ []value.Value) (value.Value, error) {
	n := 0
	ok, err := s.during(t, func() error {
		var err error
		n, err = s.shutdown()
		return err
	})
	if err != nil || !ok {
		return value.None, err
	}
	return value.Int(n), nil
}
