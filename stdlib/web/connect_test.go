package web_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/web"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secure starts a server with TLS.
func secure(t *testing.T, cfg *tls.Config, h2 bool, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS, s.EnableHTTP2 = cfg, h2
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// TestTLS goes through what is trusted.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	good, _, _ := ca.server()
	named, _, _ := ca.server("mail.example")
	unknown, _, _ := stranger.server()
	client, cert, key := ca.server("client.example")
	proto := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Proto, len(r.TLS.PeerCertificates), r.TLS.ServerName)
	}
	plain := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	mutual := plain(good)
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool()
	_ = client
	w := newWorld(t)
	w.keys.pool, w.keys.pems = ca.pool(), map[string][2]string{"mine": {cert, key}}
	ok, other, alien, both := secure(t, plain(good), true, proto), secure(t, plain(named), true, proto), secure(t, plain(unknown), false, proto), secure(t, mutual, true, proto)
	old := plain(good)
	old.MaxVersion = tls.VersionTLS12
	for _, c := range []struct{ u, options, want string }{
		{ok, ``, "HTTP/2.00"},
		{ok, `"response_headers" => true`, "HTTP/1.1 200 OK"},
		{other, ``, "none"},
		{other, `"tls_verify_host" => false`, "HTTP/2.00"},
		{other, `"ssl_verify_host" => false`, "HTTP/2.00"},
		{other, `"ssl_verify_host" => false, "tls_verify_host" => true`, "none"},
		{other, `"tls_verify_name" => ["mail.example"]`, "HTTP/2.00"},
		{other, `"tls_verify_peer" => false`, "none"},
		{alien, ``, "none"},
		{alien, `"tls_verify_host" => false`, "none"},
		{alien, `"tls_verify_peer" => false`, "HTTP/1.10"},
		{alien, `"ssl_verify_peer" => 0`, "HTTP/1.10"},
		{ok, `"tls_sni" => "x.example"`, "HTTP/2.00x.example"},
		{strings.Replace(other, "127.0.0.1", "localhost", 1), `"tls_verify_host" => false`, "HTTP/2.00localhost"},
		{strings.Replace(other, "127.0.0.1", "localhost", 1), `"tls_verify_host" => false, "tls_sni" => false`, "HTTP/2.00"},
		{ok, `"tls_protocols" => "TLSv1.2"`, "HTTP/2.00"},
		{secure(t, old, true, proto), `"tls_protocols" => "TLSv1.3"`, "none"},
		{both, ``, "none"},
		{both, `"tls_client_cert" => "pki:mine"`, "HTTP/2.01"},
		{both, `"tls_client_cert" => "mine"`, "HTTP/2.01"},
		{both, `"tls_client_cert" => "pki:nobody"`, "none"},
		{strings.Replace(ok, "https", "http", 1), `"extended_result" => true`, "400"},
	} {
		w.prints(c.u, fmt.Sprintf(`$r = http($u, [%s]); echo is_array($r) ? $r["status"] : ($r === none ? "none" : ($r =~ "^HTTP/1.1 200 OK\r\n" ? $r[0:15] : $r));`, c.options), c.want)
	}
	if len(w.logged) != 1 || !strings.Contains(w.logged[0], "no certificate 'nobody'") {
		t.Errorf("logged %q", w.logged)
	}
}

// TestKeepAlive counts connections.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) }))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	w := newWorld(t)
	w.prints(s.URL, `for ($i = 0; $i < 20; $i++) { $a = http($u); $b = http($u, ["response_headers" => true, "extended_result" => true])["content"];}`, "")
	// On a busy machine net/http may give one up whose request it has not seen end.
	if n := conns.Load(); n > 10 {
		t.Errorf("%d connections for 40 calls", n)
	}
	w.prints(s.URL, `http($u, ["sourceip" => "127.0.0.1"]); for ($i = 1; $i < 60; $i++) http($u, ["sourceip" => "127.0.1.$i"]); http($u, ["headers" => ["Connection: close"]]);`, "")
	if n := conns.Load(); n < 60 {
		t.Errorf("%d connections from 61 addresses", n)
	}
}

// TestSource looks at where connections come from.
func TestSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprint(w, host)
	})
	w.prints(u, `echo http($u, ["sourceip" => "127.0.0.9"]);`, "127.0.0.9")
	w.prints(u, `echo http($u, ["sourceip" => "::ffff:127.0.0.8"]);`, "127.0.0.8")
	w.prints(u, `echo http($u, ["sourceipid" => "seven"]);`, "127.0.0.7")
	w.prints(u, `echo [http($u, ["sourceipid" => "eight"]), http($u, ["sourceip" => "::1", "connect_timeout" => 2]), http($u, ["sourceip" => "192.0.2.1"])];`, "[0=>none,1=>none,2=>none]")
	if len(w.logged) != 1 || w.logged[0] != "http(): no address 'eight'" {
		t.Errorf("logged %q", w.logged)
	}
}

// TestUnixSocket connects to one.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host, r.RequestURI) })}}
	s.Start()
	t.Cleanup(s.Close)
	w := newWorld(t)
	w.prints(path, `echo http("http://docker:99/v1", ["unix_socket_path" => $u, "proxy" => "http://127.0.0.1:1"]);`, "docker:99/v1")
	w.prints(path, `echo [http("http://x/", ["unix_socket_path" => $u . "x"])];`, "[0=>none]")
}

// forwarder is a proxy that counts what it does.
type forwarder struct{ plain, tunnels atomic.Int64 }

func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:secret")) {
		http.Error(w, "who are you", http.StatusProxyAuthRequired)
		return
	}
	if r.Method != http.MethodConnect {
		f.plain.Add(1)
		fmt.Fprint(w, "proxied ", r.RequestURI)
		return
	}
	f.tunnels.Add(1)
	up, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, "no", http.StatusBadGateway)
		return
	}
	defer up.Close()
	down, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer down.Close()
	fmt.Fprint(down, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(up, rw); _ = up.Close() }()
	_, _ = io.Copy(down, up)
}

// TestProxy sends plain and encrypted requests through proxies of each kind.
func TestProxy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, _, _ := ca.server()
	f := &forwarder{}
	plain := httptest.NewServer(f)
	t.Cleanup(plain.Close)
	encrypted := secure(t, &tls.Config{Certificates: []tls.Certificate{cert}}, false, f.ServeHTTP)
	target := secure(t, &tls.Config{Certificates: []tls.Certificate{cert}}, true, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "direct ", r.Proto) })
	w := newWorld(t)
	w.keys.pool = ca.pool()
	for _, p := range []string{plain.URL, encrypted} {
		with := strings.Replace(p, "://", "://me:secret@", 1)
		opts := fmt.Sprintf(`"proxy" => %q`, with)
		w.prints(target, `echo http("http://far.example/x", [`+opts+`]);`, "proxied http://far.example/x")
		w.prints(target, `echo http($u, [`+opts+`]);`, "direct HTTP/2.0")
		w.prints(target, `echo http($u, [`+opts+`, "response_headers" => true])[0:15];`, "HTTP/1.1 200 OK")
		w.prints(target, fmt.Sprintf(`echo [http($u, ["proxy" => %q]), http("http://far.example/", ["proxy" => %q, "extended_result" => true])["status"]];`, p, p), "[0=>none,1=>407]")
		w.prints(target, `echo [http("https://127.0.0.1:1/", [`+opts+`])];`, "[0=>none]")
	}
	if f.plain.Load() != 2 || f.tunnels.Load() != 6 {
		t.Errorf("%d plain, %d tunnels", f.plain.Load(), f.tunnels.Load())
	}
	socks := socksServer(t)
	w.prints(target, fmt.Sprintf(`echo http($u, ["proxy" => "socks5://%s"]);`, socks), "direct HTTP/2.0")
	w.prints(echo(t), fmt.Sprintf(`echo http($u . "/s", ["proxy" => "socks5h://%s"]);`, socks), "GET /s [User-Agent=Hawser] 0 []|")
	// What the environment says is the host's to read.
	u, _ := url.Parse(strings.Replace(plain.URL, "://", "://me:secret@", 1))
	w.client = web.New(web.Options{Proxy: func(*url.URL) (*url.URL, error) { return u, nil }})
	defer w.client.Close()
	w.prints("http://far.example/y", `echo http($u);`, "proxied http://far.example/y")
	w.prints(target, `echo http($u, ["proxy" => ""]);`, "direct HTTP/2.0")
}

// socksServer serves CONNECT of SOCKS 5 without authentication (RFC 1928).
func socksServer(t *testing.T) string {
	u := raw(t, func(nc net.Conn) {
		r := bufio.NewReader(nc)
		head := make([]byte, 2)
		_, _ = io.ReadFull(r, head)
		_, _ = r.Discard(int(head[1]))
		_, _ = nc.Write([]byte{5, 0})
		req := make([]byte, 10) // an IPv4 address
		_, _ = io.ReadFull(r, req)
		up, err := net.Dial("tcp", net.JoinHostPort(net.IP(req[4:8]).String(), strconv.Itoa(int(req[8])<<8|int(req[9]))))
		if err != nil {
			return
		}
		_, _ = nc.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(up, r); _ = up.Close() })
		_, _ = io.Copy(nc, up)
		_ = nc.Close()
		both.Wait()
	})
	return strings.TrimPrefix(u, "http://")
}

// stalled are servers that stop at some point.
func stalled(t *testing.T, text string, more bool) string {
	end := make(chan struct{})
	u := raw(t, func(nc net.Conn) {
		if text == "" {
			buf := make([]byte, 1)
			for { // until the peer goes
				if _, err := nc.Read(buf); err != nil {
					return
				}
			}
		}
		readHead(nc)
		_, _ = nc.Write([]byte(text))
		for more {
			if _, err := nc.Write([]byte("x")); err != nil {
				return
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-end:
				return
			}
		}
		_, _ = io.Copy(io.Discard, nc)
	})
	t.Cleanup(func() { close(end) })
	return u
}

// TestTimeouts makes sure that the right clock ends a call.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	silent := stalled(t, "", false)
	for _, c := range []struct{ name, u, options string }{
		{"no answer", silent, `"timeout" => 0.1`},
		{"no TLS", strings.Replace(stalled(t, "", false), "http", "https", 1), `"connect_timeout" => 0.1`},
		{"no CONNECT", "https://far.example/", fmt.Sprintf(`"connect_timeout" => 0.1, "proxy" => %q`, stalled(t, "", false))},
		{"no SOCKS", "https://far.example/", fmt.Sprintf(`"connect_timeout" => 0.1, "proxy" => %q`, strings.Replace(stalled(t, "", false), "http", "socks5", 1))},
		{"head stops", stalled(t, "HTTP/1.1 200 OK\r\n", false), `"timeout" => 0.1`},
		{"head trickles", stalled(t, "HTTP/1.1 200 OK\r\nX: ", true), `"timeout" => 0.1`},
		{"body stops", stalled(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", false), `"timeout" => 0.1`},
		{"body trickles", stalled(t, "HTTP/1.1 200 OK\r\n\r\n", true), `"timeout" => 0.1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			newWorld(t).prints(c.u, `echo [http($u, [`+c.options+`])];`, "[0=>none]")
		})
	}
	t.Run("connect_timeout does not count afterwards", func(t *testing.T) {
		t.Parallel()
		u := serve(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(1500 * time.Millisecond):
			}
			fmt.Fprint(w, "late")
		})
		newWorld(t).prints(u, `echo http($u, ["connect_timeout" => 1]);`, "late")
	})
}

// TestPlaces has one place for two calls.
func TestPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client = web.New(web.Options{Proxy: direct, Concurrency: 1})
	t.Cleanup(w.client.Close)
	u := echo(t)
	// The callback holds the place of its own call.
	w.prints(u, `$r = "?"; $done = false; $f = function ($n) closure ($r, $done, $u) { if ($done) return ""; $done = true; $r = http($u, ["connect_timeout" => 0.1]); return "x"; };
		echo http($u, [], [], $f) =~ "x$"; echo $r === none; echo http($u . "/after");`, "true\ntrue\nGET /after [User-Agent=Hawser] 0 []|")
}

// TestCancelled ends scripts in every state of a call.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, u, rest string }{
		{"connection", strings.Replace(stalled(t, "", false), "http", "https", 1), ``},
		{"answer", stalled(t, "", false), ``},
		{"body", stalled(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", false), ``},
		{"callback", stalled(t, "", false), `, [], function ($n) { for (;;) { } }`},
		{"sending", stalled(t, "", false), `, [], function ($n) { return "x" * $n; }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(200*time.Millisecond, cancel)
			begin := time.Now()
			out, err := w.run(ctx, fmt.Sprintf(`try { http(%q, ["connect_timeout" => 600]%s); } catch ($e) { } echo "after";`, c.u, c.rest))
			var cancelled *vm.CancelError
			if !errors.As(err, &cancelled) || out != "" || time.Since(begin) > 30*time.Second {
				t.Errorf("got %q, %v after %s", out, err, time.Since(begin))
			}
		})
	}
}

// TestEvicted closes what a call leaves behind on a transport that others have pushed out.
func TestEvicted(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var open atomic.Int64
	closed := make(chan struct{}, 100)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			<-release
		}
	}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		switch st {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
			closed <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	w, first := newWorld(t), newWorld(t)
	first.client.Close()
	first.client = w.client
	done := make(chan struct{})
	go func() {
		defer close(done)
		first.prints(s.URL, `echo http($u . "/first") === "";`, "true")
	}()
	w.prints(s.URL, `for ($i = 1; $i < 60; $i++) http($u, ["sourceip" => "127.0.2.$i"]);`, "")
	close(release)
	<-done
	w.client.Close()
	for open.Load() > 0 {
		select {
		case <-closed:
		case <-time.After(30 * time.Second):
			t.Fatalf("%d connections are left", open.Load())
		}
	}
}

// TestClose ends calls with their client; the script goes on.
func TestClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := make(chan struct{}, 1)
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	go func() {
		<-asked
		w.client.Close()
	}()
	w.prints(u, `echo [http($u), http($u)];`, "[0=>none,1=>none]")
}
