package web

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
)

// proxyPorts are the usual ports of proxies.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// proxyAddr is where a proxy listens.
func proxyAddr(p *url.URL) string {
	port := p.Port()
	if port == "" {
		port = proxyPorts[p.Scheme]
	}
	return net.JoinHostPort(p.Hostname(), port)
}

var errTunnel = errors.New("the proxy refused")

// tunnel asks the proxy for a connection to addr (RFC 9110 section 9.3.6).
func (d *dialer) tunnel(ctx context.Context, addr string) (nc net.Conn, err error) {
	if nc, err = d.direct(ctx, proxyAddr(d.p)); err != nil {
		return nil, err
	}
	raw := nc
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer func() {
		if !stop() && err == nil {
			err = ctx.Err()
		}
		if err != nil {
			_ = raw.Close()
			nc = nil
		}
	}()
	if d.p.Scheme == "https" {
		if nc, err = d.handshakeProxy(ctx, raw); err != nil {
			return nil, err
		}
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{"User-Agent": {agent}}}
	if u := d.p.User; u != nil {
		password, _ := u.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err = req.Write(nc); err != nil {
		return nil, err
	}
	r := bufio.NewReader(io.LimitReader(nc, maxHead))
	resp, err := http.ReadResponse(r, req)
	if err != nil {
		return nil, err
	}
	// The server speaks after the client in TLS: what came already is not its word.
	if resp.StatusCode/100 != 2 || r.Buffered() > 0 {
		return nil, errTunnel
	}
	return nc, nil
}

// handshakeProxy encrypts the way to the proxy itself; the client certificate is for
// the server behind it.
func (d *dialer) handshakeProxy(ctx context.Context, nc net.Conn) (net.Conn, error) {
	p := *d
	p.s.tls.ClientCert = nil
	return p.handshake(ctx, nc, proxyAddr(d.p), true)
}
