package socket_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// withKeys gives the program the authority as the key store of its host.
func (p *program) withKeys(a *authority) *program {
	p.host.Keys = a
	return p
}

const code = `$code = function ($t) { $h = str_upper("%x" % [$t->errno() + 0x100000000]); return $h[1:]; }; `

// TestOpenSSL: s_server as the peer, with names, client certificates, versions and
// ciphers of its own.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.leaf("one", "one.example", x509.ExtKeyUsageServerAuth)
	a.leaf("two", "two.example", x509.ExtKeyUsageServerAuth)
	a.leaf("client", "client.example", x509.ExtKeyUsageClientAuth)
	a.leaf("other", "other.example", x509.ExtKeyUsageServerAuth)
	const talk = ` if (!$t->handshake()) { echo "fails " . $code($t); return; } echo $t->getpeerx509()->subject()[0][1];
		$t->send("abc\n"); echo $t->recv(100); echo $t->errno();`
	for _, c := range []struct {
		name   string
		server []string
		client string
		want   string
	}{
		{"plain", nil, `[]`, "one.example\ncba\n\n0"},
		{"SNI", nil, `["tls_sni" => "two.example"]`, "two.example\ncba\n\n0"},
		{"TLS 1.2", []string{"-tls1_2"}, `[]`, "one.example\ncba\n\n0"},
		{"TLS 1.2 asked for", nil, `["tls_protocols" => "TLSv1.2"]`, "one.example\ncba\n\n0"},
		{"no common version", []string{"-tls1_2"}, `["tls_protocols" => "TLSv1.3"]`, "fails 0A00042E"},
		{"cipher", []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"}, `["tls_ciphers" => "ECDHE-ECDSA-AES256-GCM-SHA384"]`, "one.example\ncba\n\n0"},
		{"no common cipher", []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"}, `["tls_ciphers" => "ECDHE-ECDSA-AES128-GCM-SHA256"]`, "fails 0A000410"},
		{"verified", nil, `["tls_verify_ca" => true, "tls_verify_name" => ["x.example", "*.example"]]`, "one.example\ncba\n\n0"},
		{"wrong name", nil, `["tls_verify_ca" => true, "tls_verify_name" => ["two.example"]]`, "fails 0A000086"},
		{"name alone", nil, `["tls_verify_name" => ["one.example"]]`, "one.example\ncba\n\n0"},
		{"wrong name alone", nil, `["tls_verify_name" => ["two.example"]]`, "fails 0A000086"},
		{"client certificate by id", []string{"-Verify", "1", "-CAfile", "ca.pem", "-verify_return_error"}, `["tls_client_cert" => "pki:client"]`, "one.example\ncba\n\n0"},
		{"client certificate missing", []string{"-tls1_2", "-Verify", "1", "-CAfile", "ca.pem", "-verify_return_error"}, `[]`, "fails 0A000410"},
		{"client certificate unusable", nil, `["tls_client_cert" => "pki:nobody"]`, "fails 0A0000B1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own := *a
			own.t = t
			port := own.openssl("one", append([]string{"-rev", "-servername", "two.example", "-cert2", "two.pem", "-key2", "two.key"}, c.server...)...)
			compile(t, open+code+`$t = TLSSocket($s, `+c.client+`);`+talk, "127.0.0.1", port).withKeys(a).want(t, strings.Split(c.want, "\n")...)
		})
	}
}

// TestVerify: what is trusted.
func TestVerify(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	cert := a.leaf("one", "one.example", x509.ExtKeyUsageServerAuth)
	address, port := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(c *tls.Conn) { _, _ = io.Copy(c, c) })
	for _, c := range []struct {
		name    string
		keys    *authority
		options string
		ok      bool
	}{
		{"nothing", nil, `[]`, true},
		{"authority", a, `["tls_verify_ca" => true]`, true},
		{"no authority", nil, `["tls_verify_ca" => true]`, false},
		{"another authority", stranger, `["tls_verify_ca" => true]`, false},
		{"the system's", nil, `["tls_verify_ca" => true, "tls_default_ca" => true]`, false},
		{"both", a, `["tls_verify_ca" => true, "tls_default_ca" => true]`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, open+code+`$t = TLSSocket($s, `+c.options+`); echo $t->getpeerx509() === none; echo !$t->handshake(); echo $code($t); echo $t->getpeerx509() === none;`, address, port)
			if c.keys != nil {
				p.withKeys(c.keys)
			}
			want := []string{"true", "false", "00000000", "false"}
			if !c.ok {
				want = []string{"true", "true", "0A000086", "true"}
			}
			p.want(t, want...)
		})
	}
}

// TestTransfer: data of any size, in parts, without a handshake of one's own.
func TestTransfer(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert := a.leaf("one", "one.example", x509.ExtKeyUsageServerAuth)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	address, port := serve(t, config, func(c *tls.Conn) { _, _ = io.Copy(c, c) })
	compile(t, open+code+`$t = TLSSocket($s); echo $t->toSocket() === $s; echo $t->send("x" * 300000); $n = 0; while ($n < 300000) $n += length($t->recv(100000)); echo $n;
		echo $t->send(""); echo $t->send("abc"); echo $t->recv(2); echo $t->recv(0) === ""; echo $t->recv(2); echo $t->handshake() === $t;
		$s->settimeout(0.05); echo $t->recv(1); echo $code($t); $s->settimeout(0); $t->send("on"); echo $t->recv(9);
		$s->close(); echo $t->recv(1); echo $code($t); echo $t->send("x"); echo $t->shutdown();`, address, port).
		want(t, "true", "300000", "300000", "0", "3", "ab", "true", "c", "true", "", "8000006E", "on", "", "80000009", "", "")
	compile(t, open+`echo length(TLSSocket($s)->recv(0)); `, address, port).want(t, "0")
}

// TestShutdown: who says goodbye, and who does not.
func TestShutdown(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{a.leaf("one", "one.example", x509.ExtKeyUsageServerAuth)}}
	for _, c := range []struct {
		name, client string
		server       func(*tls.Conn)
		want         string
	}{
		{"we first", `echo $t->send("x"); echo $t->shutdown(); echo $t->shutdown(); echo $t->recv(1) === ""; echo $code($t); echo $t->send("x"); `,
			func(c *tls.Conn) { _, _ = io.ReadAll(c); _ = c.CloseWrite(); silent(c.NetConn()) }, "1\n0\n1\ntrue\n00000000\n"},
		{"they first", `echo $t->recv(9); echo $t->recv(9) === ""; echo $t->recv(9) === ""; echo $t->shutdown(); echo $t->shutdown(); echo $code($t); $s->close();`,
			func(c *tls.Conn) { _, _ = io.WriteString(c, "bye"); _ = c.CloseWrite(); silent(c.NetConn()) }, "bye\ntrue\ntrue\n1\n1\n00000000"},
		{"cut", `echo $t->recv(9); echo $t->recv(9) === none; echo $code($t);`, func(c *tls.Conn) { _, _ = io.WriteString(c, "bye"); c.NetConn().Close() }, "bye\ntrue\n0A000126"},
		{"data on the way", `$t->handshake(); echo $t->shutdown(); echo $t->shutdown(); echo $code($t);`, func(c *tls.Conn) { _, _ = io.WriteString(c, "bye"); silent(c) }, "0\n\n0A000123"},
		{"early", `echo $t->shutdown(); echo $code($t); $s->close();`, func(*tls.Conn) {}, "\n0A0000E5"},
		{"reset", `$t->handshake(); $t->send("x"); echo $t->recv(9) === none; echo $code($t);`, func(c *tls.Conn) {
			_, _ = c.Read(make([]byte, 1))
			_ = c.NetConn().(*net.TCPConn).SetLinger(0)
			c.NetConn().Close()
		}, "true\n80000068"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, port := serve(t, config, c.server)
			compile(t, open+code+`$t = TLSSocket($s); `+c.client, address, port).want(t, strings.Split(c.want, "\n")...)
		})
	}
}

// TestStrangers: peers that speak no TLS.
func TestStrangers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		want  string
	}{
		{"plain text", func(c net.Conn) { _, _ = io.WriteString(c, "220 smtp.example\r\n"); silent(c) }, "0A00010B"},
		{"end", func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) }, "0A000126"},
		{"stall", func(c net.Conn) { silent(c) }, "8000006E"},
		{"alert", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1<<16))
			_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 112})
			silent(c)
		}, "0A000458"},
		{"nonsense", func(c net.Conn) { _, _ = c.Write([]byte{22, 3, 3, 0, 5, 2, 0, 0, 1, 0}); silent(c) }, "0A0000E5"},
		{"half a record", func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)); _, _ = c.Write([]byte{22, 3, 3, 0, 50, 2}) }, "0A000126"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, p := tcp(t, c.serve)
			compile(t, open+code+`$s->settimeout(0.3); $t = TLSSocket($s, ["tls_sni" => "a.example"]); echo !$t->handshake(); echo $code($t); echo $t->send("x") === none; $s->close();`, a, p).
				want(t, "true", c.want, "true")
		})
	}
	compile(t, code+`$t = TLSSocket(Socket("AF_INET", "SOCK_STREAM")); echo !$t->handshake(); echo $code($t);`, "", 0).want(t, "true", "80000020")
}

// TestCodes: openssl knows the numbers by what they stand for.
func TestCodes(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]string{
		"0A000086": "certificate verify failed", "0A0000B1": "no certificate assigned", "0A0000E5": "ssl handshake failure", "0A00010B": "wrong version number",
		"0A000119": "decryption failed or bad record mac", "0A000123": "application data after close notify", "0A000126": "unexpected eof while reading",
		"0A000458": "tlsv1 unrecognized name", "8000006E": "Connection timed out",
	} {
		out, err := exec.CommandContext(t.Context(), "openssl", "errstr", n).Output()
		if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), want) {
			t.Errorf("%s is %q, %v, want %q", n, out, err, want)
		}
	}
}

// TestClientCertificate: given as resources, which the server sees.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	config := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.Authorities(),
		Certificates: []tls.Certificate{a.leaf("one", "one.example", x509.ExtKeyUsageServerAuth)}}
	a.leaf("client", "client.example", x509.ExtKeyUsageClientAuth)
	address, port := serve(t, config, func(c *tls.Conn) {
		s := c.ConnectionState()
		fmt.Fprintf(c, "%s %s", s.PeerCertificates[0].Subject.CommonName, s.ServerName)
		_ = c.CloseWrite()
	})
	logged := ""
	p := compile(t, open+code+`$t = TLSSocket($s, ["tls_sni" => "one.example", "tls_client_cert" => "client"]); echo $t->recv(100);
		`+strings.ReplaceAll(open, "$s", "$r")+` $t = TLSSocket($r, ["tls_client_cert" => ["x509" => 1]]); echo !$t->handshake(); echo $code($t); echo $t->recv(1) === none;
		try { TLSSocket($r, ["tls_client_cert" => "client", "tls_protocols" => "x"]); } catch ($e) { echo $e->message(); }`, address, port).withKeys(a)
	p.host.Log = func(_ *vm.Thread, _ int, text string) { logged += text }
	p.want(t, "client.example one.example", "true", "0A0000B1", "true",
		"TLSSocket(): option tls_protocols must be a list of SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 that leaves one of the last four")
	if want := "TLSSocket(): option tls_client_cert: x509 must be X509Resource, got none"; !strings.HasPrefix(logged, "TLSSocket(): option tls_client_cert: x509 must be X509Resource") {
		t.Errorf("logged %q, want %q", logged, want)
	}
}
