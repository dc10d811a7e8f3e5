package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// world is what a program of a test lives in.
type world struct {
	t      *testing.T
	client *web.Client
	keys   *store
	logged []string
	limits vm.Limits
	compat bool
	sleep  func(context.Context, time.Duration) error // nil: that of the host
	more   func(b *registry.Builder)                  // further declarations
}

// direct is no proxy.
func direct(*url.URL) (*url.URL, error) { return nil, nil }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, client: web.New(web.Options{Proxy: direct}), keys: &store{}}
	t.Cleanup(w.client.Close)
	return w
}

// run executes a program and returns what it prints.
func (w *world) run(ctx context.Context, src string) (string, error) {
	w.t.Helper()
	b := registry.New()
	stdlib.Register(b)
	if w.more != nil {
		w.more(b)
	}
	root := &module.Root{}
	loader := module.NewLoader(b.Freeze())
	loader.Compat = w.compat
	set, diags := loader.Build(ctx, &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		return "", diags.Err()
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Keys, host.Addresses = w.keys, w.keys
	host.Log = func(_ *vm.Thread, _ int, text string) { w.logged = append(w.logged, text) }
	if w.sleep != nil {
		host.Sleep = w.sleep
	}
	if w.client != nil {
		host.Services[web.Service] = w.client
	}
	_, err := vm.New(set.Image("main"), host, w.limits).Run(ctx)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// prints runs a program, in which $u is an address, and compares what it prints.
func (w *world) prints(u, src, want string) {
	w.t.Helper()
	got, err := w.run(w.t.Context(), fmt.Sprintf("$u = %q; %s", u, src))
	if err != nil {
		w.t.Errorf("%s: %s", src, err)
	} else if got != want {
		w.t.Errorf("%s:\n got %s\nwant %s", src, got, want)
	}
}

// serve starts a server that ends with the test.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// raw starts a server that treats each connection by hand, until the handler returns or
// the test ends.
func raw(t *testing.T, handle func(nc net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	ended := make(chan struct{})
	running.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			handled := make(chan struct{})
			running.Go(func() { defer close(handled); handle(nc) })
			running.Go(func() {
				select {
				case <-handled:
				case <-ended:
				}
				_ = nc.Close()
			})
		}
	})
	t.Cleanup(func() { close(ended); _ = ln.Close(); running.Wait() })
	return "http://" + ln.Addr().String()
}

// answer is a raw server that sends a text for the head of each request.
func answer(t *testing.T, text string) string {
	return raw(t, func(nc net.Conn) {
		readHead(nc)
		_, _ = nc.Write([]byte(text))
	})
}

// readHead reads a request up to its blank line.
func readHead(nc net.Conn) string {
	var head []byte
	b := make([]byte, 1)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		if _, err := nc.Read(b); err != nil {
			break
		}
		head = append(head, b...)
	}
	return string(head)
}

// store has keys, authorities and addresses of a configuration.
type store struct {
	pool *x509.CertPool
	pems map[string][2]string // certificate, key
}

func (s *store) PrivateKey(id string) (string, bool)  { p, ok := s.pems[id]; return p[1], ok }
func (s *store) Certificate(id string) (string, bool) { p, ok := s.pems[id]; return p[0], ok }
func (s *store) Authorities() *x509.CertPool          { return s.pool }

func (s *store) SourceAddress(id string) (netip.Addr, bool) {
	return netip.MustParseAddr("127.0.0.7"), id == "seven"
}

// authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
	next int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	var c tls.Certificate
	c, a.pem, _ = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// pool returns the authority as one that is trusted.
func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue signs a certificate, the first one by itself.
func (a *authority) issue(x *x509.Certificate) (c tls.Certificate, cert, key string) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.next++
	x.SerialNumber = big.NewInt(a.next)
	if x.NotBefore = time.Now().Add(-48 * time.Hour); x.NotAfter.IsZero() {
		x.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = x, k
	}
	der, err := x509.CreateCertificate(rand.Reader, x, parent, &k.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	if c, err = tls.X509KeyPair([]byte(cert), []byte(key)); err != nil {
		a.t.Fatal(err)
	}
	return c, cert, key
}

// server issues one for names and addresses.
func (a *authority) server(names ...string) (tls.Certificate, string, string) {
	x := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, DNSNames: names}
	x.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	if names != nil {
		x.IPAddresses = nil
	}
	return a.issue(x)
}

// quiet is where servers tell about clients that they do not like.
var quiet = log.New(io.Discard, "", 0)
