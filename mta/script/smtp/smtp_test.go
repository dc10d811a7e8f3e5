package smtp_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/script/scripttest"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// backend is the independent peer: it takes mail for a@ and b@, not for others.
type backend struct {
	mu  sync.Mutex
	got []string
}

func (b *backend) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, fmt.Sprintf(format, args...))
}

func (b *backend) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	_, secure := c.TLSConnectionState()
	b.note("helo %s tls %v", c.Hostname(), secure)
	return &session{b}, nil
}

type session struct{ b *backend }

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.b.note("from %s", from)
	if strings.HasPrefix(from, "bad@") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "bad sender"}
	}
	return nil
}
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.b.note("to %s", to)
	switch {
	case strings.HasPrefix(to, "no@"):
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case strings.HasPrefix(to, "later@"):
		return &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 3, 0}, Message: "later"}
	}
	return nil
}
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.b.note("data %s", b)
	return err
}
func (s *session) LMTPData(r io.Reader, status gosmtp.StatusCollector) error {
	if err := s.Data(r); err != nil {
		return err
	}
	status.SetStatus("a@y.test", nil)
	status.SetStatus("b@y.test", &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 2, 2}, Message: "full"})
	return nil
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		s.b.note("auth %s %s", user, pass)
		if pass != "secret" {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "wrong"}
		}
		return nil
	}), nil
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.test"}, DNSNames: []string{"mx.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// peer starts the server and returns its port.
func peer(t *testing.T, change func(*gosmtp.Server)) (port int, b *backend) {
	t.Helper()
	b = &backend{}
	s := gosmtp.NewServer(b)
	s.Domain, s.AllowInsecureAuth, s.TLSConfig = "peer.test", true, &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	if change != nil {
		change(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return int(netip.MustParseAddrPort(ln.Addr().String()).Port()), b
}

const zone = `
y.test.        60 IN MX 10 mx.test.
mx.test.       60 IN A 127.0.0.1
null.test.     60 IN MX 0 .
`

func services(t *testing.T) map[string]any {
	return map[string]any{dns.Service: scripttest.Resolver(t, zone)}
}

func TestLookUpRecipient(t *testing.T) {
	t.Parallel()
	port, b := peer(t, nil)
	out := scripttest.Execute(t, fmt.Sprintf(`
		$s = ["port" => %d, "tls_capture_peer_cert" => true];
		echo [smtp_lookup_rcpt($s, "", "a@y.test"), smtp_lookup_rcpt($s, "s@x.test", "no@y.test"), smtp_lookup_rcpt($s, "bad@x.test", "a@y.test"),
			smtp_lookup_rcpt($s, ["localpart" => "s", "domain" => "x.test"], "later@y.test")];
		echo [smtp_lookup_rcpt($s, "", "a@nothing.test"), smtp_lookup_rcpt($s, "", "a@null.test"), smtp_lookup_rcpt($s, "", "a@down.test")];
		echo [smtp_lookup_rcpt([...$s, "host" => "127.0.0.1", "tls" => "require"], "", "a@nothing.test"), smtp_lookup_rcpt([...$s, "tls" => "require_verify"], "", "a@y.test"),
			smtp_lookup_rcpt([...$s, "tls" => "dane"], "", "a@y.test"), smtp_lookup_rcpt("no-transport", "", "a@y.test")];
		$x = ["extended_result" => true];
		echo smtp_lookup_rcpt($s, "", "no@y.test", $x);
		echo smtp_lookup_rcpt($s, "bad@x.test", "no@y.test", $x);
		echo smtp_lookup_rcpt($s, "", "a@null.test", $x);
		$r = smtp_lookup_rcpt([...$s, "tls" => "require"], "", "a@y.test", $x);
		echo [$r["error_code"], $r["on_rcptto"], $r["tls"]["started"], X509($r["tls"]["peercert"]["x509"])->subject(), $r["tls"]["peercert"]["error"]];
		echo smtp_lookup_rcpt("no-transport", "", "a@y.test", $x)["error_message"];`, port), services(t))
	want := `[0=>1,1=>0,2=>0,3=>-1]
[0=>-1,1=>-1,2=>-1]
[0=>1,1=>-1,2=>1,3=>-1]
["error_code"=>550,"error_message"=>"no such user","on_rcptto"=>true,"tls"=>["started"=>false]]
["error_code"=>550,"error_message"=>"bad sender","on_rcptto"=>false,"tls"=>["started"=>false]]
["error_code"=>0,"error_message"=>"domain null.test takes no mail","on_rcptto"=>false,"tls"=>["started"=>false]]
[0=>250,1=>true,2=>true,3=>[0=>[0=>"CN",1=>"mx.test"]],4=>18]
no transport 'no-transport'
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if b.got[0] != "helo mx.local.test tls false" || b.got[1] != "from " || b.got[2] != "to a@y.test" {
		t.Errorf("the peer saw %q", b.got[:3])
	}
}

func TestLookUpAuth(t *testing.T) {
	t.Parallel()
	port, b := peer(t, nil)
	plain, _ := peer(t, func(s *gosmtp.Server) { s.AllowInsecureAuth = false })
	out := scripttest.Execute(t, fmt.Sprintf(`
		$s = ["host" => "127.0.0.1", "port" => %d];
		echo [smtp_lookup_auth($s, "ann", "secret"), smtp_lookup_auth($s, "ann", "guess"), smtp_lookup_auth([...$s, "tls" => "require"], "ann", "secret"),
			smtp_lookup_auth([...$s, "port" => %d], "ann", "secret"), smtp_lookup_auth([...$s, "port" => 1], "ann", "secret"), smtp_lookup_auth($s, "", "secret")];
		try { smtp_lookup_auth([], "a", "b"); } catch ($e) { echo $e->message(); }`, port, plain), services(t))
	if want := "[0=>1,1=>0,2=>1,3=>-1,4=>-1,5=>1]\nsmtp_lookup_auth(): option host must be given\n"; out != want {
		t.Errorf("got %s, want %s", out, want)
	}
	if d := cmp.Diff([]string{"helo mx.local.test tls false", "auth ann secret"}, b.got[:2]); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	port, b := peer(t, nil)
	lmtp, l := peer(t, func(s *gosmtp.Server) { s.LMTP = true })
	out := scripttest.Execute(t, fmt.Sprintf(`
		$s = ["host" => "lookup-mx", "port" => %d, "helo" => "me.test"];
		$m = MailMessage::String("Subject: x\r\n\r\nbody\r\n");
		$m->addHeader("X-New", "1");
		$r = $m->send("s@x.test", ["a@y.test", "b@y.test"], $s);
		echo [$r["result"]["state"], $r["result"]["code"], $r["result"]["enhanced"], $r["error"] ?? none, $r["connection"]["remotemx"], $r["connection"]["remoteip"], $r["connection"]["helo"], $r["tls"]];
		$r = MIME()->addHeader("Subject", "built")->setBody("text")->send("", ["a@y.test"], [...$s, "tls" => "require", "chunking" => false]);
		echo [$r["result"]["state"], $r["tls"]["started"], $r["tls"]["protocol"], $r["tls"]["tlsrpt"] ?? none];
		echo $m->send("", ["a@y.test", "no@y.test", "later@y.test"], $s)["result"];
		echo $m->send("", ["a@y.test"], [...$s, "port" => 1])["error"];
		echo $m->send("", ["a@nothing.test"], $s)["error"];
		echo $m->send("", ["a@y.test"], [...$s, "tls" => "require_verify"])["error"]["type"];
		echo $m->send("", ["a@y.test"], "nowhere");
		echo $m->send("", ["a@y.test", "b@y.test"], ["host" => "127.0.0.1", "port" => %d, "protocol" => "lmtp"])["result"];
		foreach ([
			function ($m, $s) { $m->send("", [], $s); }, function ($m, $s) { $m->send("", [""], $s); }, function ($m, $s) { $m->send("", ["nonsense"], $s); },
			function ($m, $s) { $m->send("", ["a@y.test"], []); }, function ($m, $s) { $m->send("", ["a@y.test"], [...$s, "tls" => "maybe"]); },
			function ($m, $s) { $m->send("", ["a@y.test"], [...$s, "port" => 0]); }, function ($m, $s) { $m->send("", ["a@y.test"], [...$s, "sourceip" => "x"]); },
			function ($m, $s) { $m->send("", ["a@y.test"], [...$s, "tls_ciphers" => "aNULL"]); },
		] as $f) { try { $f($m, $s); echo "no error"; } catch ($e) { echo $e->message(); } }`, port, lmtp), services(t))
	want := `[0=>"EOD",1=>250,2=>[0=>2,1=>0,2=>0],3=>none,4=>"mx.test",5=>"127.0.0.1",6=>"me.test",7=>["started"=>false]]
[0=>"EOD",1=>true,2=>"TLSv1.3",3=>"certificate-not-trusted"]
["state"=>"RCPT","code"=>550,"enhanced"=>[0=>5,1=>1,2=>1],"reason"=>[0=>"no such user"]]
["temporary"=>true,"message"=>"connect to 127.0.0.1:1: connection refused","reason"=>"connect to 127.0.0.1:1: connection refused","type"=>"network"]
["temporary"=>false,"message"=>"domain nothing.test does not exist","reason"=>"domain nothing.test does not exist","type"=>"dns","dns"=>"nxdomain"]
tls
["error"=>["temporary"=>true,"message"=>"no transport 'nowhere'","reason"=>"no transport 'nowhere'","type"=>"config"],"tls"=>["started"=>false]]
["state"=>"EOD","code"=>452,"enhanced"=>[0=>4,1=>2,2=>2],"reason"=>[0=>"<b@y.test> full"]]
send(): there is no recipient
send(): a recipient is empty
send(): recipient: 'nonsense' is not an address
send(): option host must be given
send(): option tls must be disabled, optional, optional_verify, require, require_verify, dane, dane_require or dane_fallback_require_verify
send(): option port must be 1 to 65535
send(): option sourceip must be an IP address
send(): option tls_ciphers must be an OpenSSL cipher list that leaves a cipher
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	got := strings.Join(b.got, "|")
	for _, part := range []string{"helo me.test tls false|from s@x.test|to a@y.test|to b@y.test|data X-New: 1\r\nSubject: x\r\n\r\nbody\r\n|", "Subject: built"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in %q", part, got)
		}
	}
	if len(l.got) == 0 {
		t.Error("the LMTP peer saw nothing")
	}
}

// TestDANE: the certificate of the peer is the one that TLSA names, or the mail stays.
func TestDANE(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	port, _ := peer(t, func(s *gosmtp.Server) { s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}} })
	good, bad := sha256.Sum256(leaf.RawSubjectPublicKeyInfo), sha256.Sum256(nil)
	zone := fmt.Sprintf(`
good.secure.test. 60 IN MX 10 mx.secure.test.
mx.secure.test.   60 IN A 127.0.0.1
_%d._tcp.mx.secure.test. 60 IN TLSA 3 1 1 %x
bad.secure.test.  60 IN MX 10 mx2.secure.test.
mx2.secure.test.  60 IN A 127.0.0.1
_%d._tcp.mx2.secure.test. 60 IN TLSA 3 1 1 %x
none.secure.test. 60 IN MX 10 mx3.secure.test.
mx3.secure.test.  60 IN A 127.0.0.1
open.test.        60 IN MX 10 mx.secure.test.
`, port, good, port, bad)
	out := scripttest.Execute(t, fmt.Sprintf(`
		$m = MailMessage::String("\r\nx");
		function go($m, $domain, $mode) {
			$r = $m->send("", ["a@$domain"], ["host" => "lookup-mx", "port" => %d, "tls" => $mode]);
			echo [$r["result"]["code"] ?? none, $r["tls"]["started"], $r["error"]["type"] ?? none, $r["error"]["message"] ?? none];
		}
		go($m, "good.secure.test", "dane");
		go($m, "good.secure.test", "dane_require");
		go($m, "bad.secure.test", "dane");
		go($m, "none.secure.test", "dane");
		go($m, "none.secure.test", "dane_require");
		go($m, "none.secure.test", "dane_fallback_require_verify");
		go($m, "open.test", "dane_require");`, port), map[string]any{dns.Service: scripttest.Resolver(t, zone)})
	want := `[0=>250,1=>true,2=>none,3=>none]
[0=>250,1=>true,2=>none,3=>none]
[0=>none,1=>false,2=>"dane",3=>"no TLSA record of mx2.secure.test fits its certificate"]
[0=>250,1=>true,2=>none,3=>none]
[0=>none,1=>false,2=>"dane",3=>"mx3.secure.test has no usable TLSA records"]
[0=>none,1=>false,2=>"tls",3=>"certificate verification failed: certificate-not-trusted"]
[0=>none,1=>false,2=>"dane",3=>"mx.secure.test has no usable TLSA records"]
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// configured is a configuration with one transport and one source address.
type configured struct{ port int }

func (c configured) Transport(id, domain string) (*smtp.Server, bool) {
	s := &smtp.Server{Port: c.port, Bind: func(netip.Addr) (netip.Addr, string) { return netip.MustParseAddr("127.0.0.3"), "bound.test" }}
	s.Hosts, s.Domain, s.Reaches = []string{"127.0.0.1"}, domain, func(netip.Addr) bool { return true }
	return s, id == "mx"
}

func (c configured) Source(id string) (netip.Addr, string, bool) {
	return netip.MustParseAddr("127.0.0.2"), "second.test", id == "two"
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	port, b := peer(t, nil)
	out := scripttest.Execute(t, fmt.Sprintf(`
		$m = MailMessage::String("\r\nx");
		$s = ["host" => "127.0.0.1", "port" => %d];
		foreach (["mx", [...$s, "sourceipid" => "two"], [...$s, "sourceip" => "127.0.0.4"], [...$s, "sourceip" => "127.0.0.4", "nonlocal_source" => true],
			[...$s, "sourceip" => "::1"], [...$s, "sourceipid" => "one"]] as $server) {
			$r = $m->send("", ["a@y.test"], $server);
			echo [$r["connection"]["localip"] ?? none, $r["connection"]["helo"] ?? none, $r["error"]["message"] ?? none];
		}`, port), map[string]any{smtp.Service: configured{port}})
	want := `[0=>"127.0.0.3",1=>"bound.test",2=>none]
[0=>"127.0.0.2",1=>"second.test",2=>none]
[0=>"127.0.0.4",1=>"mx.local.test",2=>none]
[0=>"127.0.0.4",1=>"mx.local.test",2=>none]
[0=>none,1=>none,2=>"the hosts of y.test cannot be reached from our addresses"]
[0=>none,1=>none,2=>"no source address 'one'"]
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s%q", d, b.got)
	}
}

// TestXclient talks to a peer that go-smtp cannot be: one that offers XCLIENT.
func TestXclient(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	lines := make(chan string, 20)
	go func() {
		defer close(lines)
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		fmt.Fprint(nc, "220 peer.test\r\n")
		for sc := bufio.NewScanner(nc); sc.Scan(); {
			lines <- sc.Text()
			switch verb, _, _ := strings.Cut(sc.Text(), " "); verb {
			case "EHLO":
				fmt.Fprint(nc, "250-peer.test\r\n250 XCLIENT NAME ADDR\r\n")
			case "XCLIENT":
				fmt.Fprint(nc, "220 anew\r\n")
			default:
				fmt.Fprint(nc, "250 ok\r\n")
			}
		}
	}()
	port := netip.MustParseAddrPort(ln.Addr().String()).Port()
	out := scripttest.Execute(t, fmt.Sprintf(`echo smtp_lookup_rcpt(["host" => "127.0.0.1", "port" => %d, "xclient" => ["name" => "a b", "ADDR" => "192.0.2.1"]], "", "a@y.test");`, port), nil)
	if out != "1\n" {
		t.Errorf("got %s", out)
	}
	var got []string
	for l := range lines {
		got = append(got, l)
	}
	want := []string{"EHLO mx.local.test", "XCLIENT NAME=a+20b ADDR=192.0.2.1", "EHLO mx.local.test", "MAIL FROM:<>", "RCPT TO:<a@y.test>", "RSET", "QUIT"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestCancel: a script that waits for a silent server ends with its session.
func TestCancel(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var out strings.Builder
	port := netip.MustParseAddrPort(ln.Addr().String()).Port()
	th := scripttest.Thread(t, fmt.Sprintf(`echo smtp_lookup_rcpt(["host" => "127.0.0.1", "port" => %d], "", "a@y.test"); echo "not reached";`, port), nil, &out)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		nc, err := ln.Accept()
		cancel()
		if err == nil {
			defer nc.Close()
		}
		<-t.Context().Done()
	}()
	_, err = th.Run(ctx)
	var end *vm.CancelError
	if !errors.As(err, &end) || out.Len() > 0 {
		t.Errorf("got %v, printed %q", err, out.String())
	}
}

var _ smtp.Configuration = configured{}
