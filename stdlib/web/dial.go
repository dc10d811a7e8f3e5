package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// route is what calls must have in common to share connections.
type route struct {
	source  netip.Addr
	unix    string // path of a socket
	proxy   string // its URL
	ordered bool   // HTTP/1 only
	tls     tlsKey
}

// tlsKey is settings.tls in comparable form.
type tlsKey struct {
	verifyPeer, verifyHost, defaultCA bool
	names, sni, suites                string
	min, max                          uint16
	cert                              string
	authorities                       *x509.CertPool
}

// dialer makes the connections of a transport.
type dialer struct {
	c *Client
	r route
	s settings
	p *url.URL // proxy, nil for none
}

func (c *Client) newTransport(r route, s *settings) *http.Transport {
	d := &dialer{c: c, r: r, s: *s}
	t := &http.Transport{
		DialContext: d.plain, DialTLSContext: d.encrypted, ForceAttemptHTTP2: !r.ordered, DisableCompression: true,
		MaxIdleConns: maxIdle, MaxIdleConnsPerHost: maxIdleHost, IdleConnTimeout: idleTime,
		MaxResponseHeaderBytes: maxHead, ExpectContinueTimeout: time.Second,
	}
	if r.proxy != "" {
		d.p, _ = url.Parse(r.proxy) // was parsed before
		t.Proxy = func(q *http.Request) (*url.URL, error) {
			if q.URL.Scheme == "http" && !d.socks() {
				return d.p, nil
			}
			return nil, nil // encrypted names it when it dials
		}
	}
	return t
}

// bound makes what is dialled end with the call that wants it: net/http parts the two,
// so that other calls can have the connection.
func bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// plain connects without TLS, or to a proxy for a plain request.
func (d *dialer) plain(ctx context.Context, _, addr string) (net.Conn, error) {
	ctx, cancel := bound(ctx)
	defer cancel()
	dial := d.direct
	if d.socks() {
		dial = d.throughSocks
	}
	nc, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return &recorder{Conn: nc}, nil
}

// encrypted connects with TLS, through the proxy if there is one. For a plain request
// over a proxy that itself wants TLS, addr is the proxy's.
func (d *dialer) encrypted(ctx context.Context, _, addr string) (net.Conn, error) {
	ctx, cancel := bound(ctx)
	defer cancel()
	var nc net.Conn
	var err error
	switch {
	case d.p == nil:
		nc, err = d.direct(ctx, addr)
	case d.socks():
		nc, err = d.throughSocks(ctx, addr)
	case d.p.Scheme == "https" && addr == proxyAddr(d.p):
		nc, err = d.direct(ctx, addr)
	default:
		nc, err = d.tunnel(ctx, addr)
	}
	if err != nil {
		return nil, err
	}
	tc, err := d.handshake(ctx, nc, addr, d.r.ordered)
	if err != nil {
		return nil, err
	}
	if tc.ConnectionState().NegotiatedProtocol == "h2" {
		return tc, nil
	}
	return &recorder{Conn: tc}, nil
}

// direct connects to an address, or to the socket that stands for all.
func (d *dialer) direct(ctx context.Context, addr string) (net.Conn, error) {
	nd := net.Dialer{Resolver: d.c.o.Resolver()}
	network := "tcp"
	switch {
	case d.r.unix != "":
		network, addr = "unix", d.r.unix
	case d.r.source.IsValid():
		nd.LocalAddr = &net.TCPAddr{IP: d.r.source.AsSlice(), Zone: d.r.source.Zone()}
		if network = "tcp6"; d.r.source.Is4() {
			network = "tcp4"
		}
	}
	return nd.DialContext(ctx, network, addr)
}

// handshake starts TLS on a connection, which it closes when it fails.
func (d *dialer) handshake(ctx context.Context, nc net.Conn, addr string, http1 bool) (*tls.Conn, error) {
	x := d.s.tls
	x.Host, _, _ = net.SplitHostPort(addr)
	cfg := x.Config()
	cfg.NextProtos = []string{"h2", "http/1.1"}
	if http1 {
		cfg.NextProtos = cfg.NextProtos[1:]
	}
	cfg.VerifyConnection = func(cs tls.ConnectionState) error { return d.verify(&x, cs.PeerCertificates) }
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return tc, nil
}

var errCertificate = errors.New("the certificate does not fit")

func (d *dialer) verify(x *pki.TLS, peer []*x509.Certificate) error {
	switch {
	case len(peer) == 0:
		return errCertificate
	case d.s.verifyPeer && x.Judge(peer) != 0:
		return errCertificate
	case !d.s.verifyPeer && x.VerifyHost && peer[0].VerifyHostname(x.Host) != nil:
		return errCertificate
	}
	return nil
}

func (d *dialer) socks() bool { return d.p != nil && strings.HasPrefix(d.p.Scheme, "socks5") }

// throughSocks connects through a SOCKS 5 proxy (RFC 1928), which looks up the name.
func (d *dialer) throughSocks(ctx context.Context, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if u := d.p.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	s, err := proxy.SOCKS5("tcp", proxyAddr(d.p), auth, forward{d})
	if err != nil {
		return nil, err
	}
	return s.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
}

// forward is how the SOCKS client reaches the proxy.
type forward struct{ d *dialer }

func (f forward) Dial(_, addr string) (net.Conn, error) {
	return f.d.direct(context.Background(), addr)
}

func (f forward) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	return f.d.direct(ctx, addr)
}
