package smtpclient_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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
	"testing/synctest"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/pki"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend is a go-smtp server that keeps what it gets.
type backend struct {
	mu    sync.Mutex
	mails []string
	auth  []string
	opts  []*gosmtp.MailOptions
}

func (b *backend) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &peer{b: b}, nil }

type peer struct{ b *backend }

func (p *peer) Reset()        {}
func (p *peer) Logout() error { return nil }
func (p *peer) Mail(_ string, o *gosmtp.MailOptions) error {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	p.b.opts = append(p.b.opts, o)
	return nil
}
func (p *peer) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "no") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "User unknown"}
	}
	return nil
}
func (p *peer) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	p.b.mails = append(p.b.mails, string(b))
	return err
}
func (p *peer) LMTPData(r io.Reader, status gosmtp.StatusCollector) error {
	if err := p.Data(r); err != nil {
		return err
	}
	status.SetStatus("a@y.test", nil)
	status.SetStatus("b@y.test", &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"})
	return nil
}
func (p *peer) AuthMechanisms() []string { return []string{sasl.Plain} }
func (p *peer) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		p.b.mu.Lock()
		defer p.b.mu.Unlock()
		p.b.auth = append(p.b.auth, user+":"+pass)
		if pass != "secret" {
			return errors.New("wrong")
		}
		return nil
	}), nil
}

var cert = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.test"}, DNSNames: []string{"mx.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(cert().Leaf)
	return p
}

func server(t *testing.T, change func(*gosmtp.Server)) (netip.AddrPort, *backend) {
	t.Helper()
	b := &backend{}
	s := gosmtp.NewServer(b)
	s.Domain, s.AllowInsecureAuth, s.EnableSMTPUTF8, s.EnableBINARYMIME = "peer.test", true, true, true
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert()}}
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
	return netip.MustParseAddrPort(ln.Addr().String()), b
}

func mail(body string, to ...string) *smtpclient.Mail {
	m := &smtpclient.Mail{Sender: address.Address{Local: "s", Domain: "x.test"}, Content: message.Bytes([]byte(body))}
	for _, r := range to {
		a, err := address.Parse(r)
		if err != nil {
			panic(err)
		}
		m.Recipients = append(m.Recipients, smtpclient.Recipient{Address: a})
	}
	return m
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		o      smtpclient.Options
		body   string
		stored string
		tls    bool
	}{
		{"clear", smtpclient.Options{}, "A: b\r\n\r\n.dot\r\nend", "A: b\r\n\r\n.dot\r\nend\r\n", false},
		{"without pipelining", smtpclient.Options{NoPipeline: true}, "x\r\n", "x\r\n", false},
		{"STARTTLS", smtpclient.Options{TLS: smtpclient.TLSOptions{Mode: smtpclient.TLSRequire}}, "x\r\n", "x\r\n", true},
		{"STARTTLS verified", smtpclient.Options{TLS: smtpclient.TLSOptions{Mode: smtpclient.TLSRequireVerify, TLS: pki.TLS{Host: "mx.test", VerifyHost: true, CAs: pool()}}}, "x\r\n", "x\r\n", true},
		{"AUTH", smtpclient.Options{Username: "jo", Password: "secret"}, "x\r\n", "x\r\n", false},
		{"BDAT for what DATA would change", smtpclient.Options{}, "a\nb\x00\r\n", "a\nb\x00\r\n", false},
		{"DATA without CHUNKING", smtpclient.Options{NoChunking: true}, "a\nb\r\n", "a\r\nb\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, b := server(t, nil)
			conn, info, err := smtpclient.Dial(t.Context(), addr, &c.o)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for range 2 { // the second transaction on the same connection
				out, err := conn.Send(t.Context(), mail(c.body, "a@y.test"))
				if err != nil || !out.OK() || out.State != smtp.StateEOD {
					t.Fatalf("%+v %v", out, err)
				}
			}
			if d := cmp.Diff([]string{c.stored, c.stored}, b.mails); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if started := info.TLS != nil && info.TLS.Started; started != c.tls {
				t.Errorf("TLS %v", started)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, noPipeline := range []bool{false, true} {
		t.Run(fmt.Sprint(noPipeline), func(t *testing.T) {
			t.Parallel()
			addr, b := server(t, nil)
			conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{NoPipeline: noPipeline})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			out, err := conn.Send(t.Context(), mail("x\r\n", "no@y.test"))
			if err != nil || out.State != smtp.StateRcpt || out.Reply.Code != 550 || out.Reply.Enhanced != [3]int{5, 1, 1} {
				t.Fatalf("%+v %v", out, err)
			}
			if !conn.Usable() {
				t.Fatal("the connection is lost")
			}
			if out, err = conn.Send(t.Context(), mail("x\r\n", "yes@y.test")); err != nil || !out.OK() || len(b.mails) != 1 {
				t.Errorf("%+v %v, %d mails", out, err, len(b.mails))
			}
		})
	}
}

func TestLMTP(t *testing.T) {
	t.Parallel()
	addr, _ := server(t, func(s *gosmtp.Server) { s.LMTP = true })
	conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{LMTP: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out, err := conn.Send(t.Context(), mail("x\r\n", "a@y.test", "no@y.test", "b@y.test"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []int
	for _, r := range out.Recipients {
		codes = append(codes, r.Reply.Code)
	}
	if d := cmp.Diff([]int{250, 550, 452}, codes); d != "" || out.Reply.Code != 550 {
		t.Errorf("(-want +got)\n%s %+v", d, out.Result)
	}
}

func TestTLSFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tls    smtpclient.TLSOptions
		report string // "" when the mail goes out in clear
	}{
		{"not trusted", smtpclient.TLSOptions{Mode: smtpclient.TLSRequireVerify, TLS: pki.TLS{DefaultCA: true}}, "certificate-not-trusted"},
		{"other host", smtpclient.TLSOptions{Mode: smtpclient.TLSRequireVerify, TLS: pki.TLS{Host: "mx2.test", VerifyHost: true, CAs: pool()}}, "certificate-host-mismatch"},
		{"other name", smtpclient.TLSOptions{Mode: smtpclient.TLSRequireVerify, TLS: pki.TLS{VerifyNames: []string{"*.test.org"}, CAs: pool()}}, "certificate-host-mismatch"},
		{"optional_verify goes on in clear", smtpclient.TLSOptions{Mode: smtpclient.TLSOptionalVerify, TLS: pki.TLS{DefaultCA: true}}, ""},
		{"DANE mismatch", smtpclient.TLSOptions{Mode: smtpclient.TLSOptional, VerifyPeer: func(tls.ConnectionState) error {
			return &smtpclient.Error{Type: smtpclient.ErrDANE, Temporary: true, State: smtp.StateStartTLS, Report: "validation-failure"}
		}}, "validation-failure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, b := server(t, nil)
			conn, info, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{TLS: c.tls})
			if c.report == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if out, err := conn.Send(t.Context(), mail("x\r\n", "a@y.test")); err != nil || !out.OK() || len(b.mails) != 1 || info.TLS == nil || info.TLS.Started {
					t.Errorf("%+v %v %+v", out, err, info.TLS)
				}
				return
			}
			var own *smtpclient.Error
			if !errors.As(err, &own) || !own.Temporary || own.Report != c.report {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestAuthRefused(t *testing.T) {
	t.Parallel()
	addr, _ := server(t, nil)
	_, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{Username: "jo", Password: "wrong"})
	var re *smtpclient.ReplyError
	if !errors.As(err, &re) || re.Result.State != smtp.StateAuthPlain {
		t.Errorf("got %v", err)
	}
}

// play answers a session by script: each string is sent after one line came in,
// the first at once.
func play(t *testing.T, answers ...string) net.Conn {
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.Close()
		br := bufio.NewReader(b)
		for i, s := range answers {
			if i > 0 {
				if _, err := br.ReadString('\n'); err != nil {
					return
				}
			}
			if _, err := io.WriteString(b, s); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { a.Close(); <-done })
	return a
}

func TestFaultyPeers(t *testing.T) {
	t.Parallel()
	hello := []string{"220 x\r\n", "250 x\r\n"}
	for _, c := range []struct {
		name    string
		answers []string
		typ     smtpclient.ErrorType
		reply   int
	}{
		{"garbage banner", []string{"hello there\r\n"}, smtpclient.ErrProtocol, 0},
		{"banner of no end", []string{strings.Repeat("220-x\r\n", 1000)}, smtpclient.ErrProtocol, 0},
		{"long line", []string{"220 " + strings.Repeat("x", 10_000) + "\r\n"}, smtpclient.ErrProtocol, 0},
		{"closes at once", []string{""}, smtpclient.ErrNetwork, 0},
		{"refuses", []string{"554 go away\r\n"}, "", 554},
		{"busy", []string{"421 later\r\n"}, "", 421},
		{"3xx to EHLO", []string{"220 x\r\n", "354 x\r\n"}, smtpclient.ErrProtocol, 0},
		{"HELO when EHLO is unknown", []string{"220 x\r\n", "500 ?\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}, smtpclient.ErrNetwork, 0},
		{"closes behind MAIL", append(hello, ""), smtpclient.ErrNetwork, 0},
		{"354 to MAIL", append(hello, "354 go\r\n"), smtpclient.ErrProtocol, 0},
		{"334 to RCPT", append(hello, "250 ok\r\n", "334 go\r\n"), smtpclient.ErrProtocol, 0},
		{"250 to DATA", append(hello, "250 ok\r\n", "250 ok\r\n", "250 ok\r\n"), smtpclient.ErrProtocol, 0},
		{"354 to the dot", append(hello, "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "", "354 more\r\n"), smtpclient.ErrProtocol, 0},
		{"421 to RCPT", append(hello, "250 ok\r\n", "421 bye\r\n"), "", 421},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, _, err := smtpclient.New(t.Context(), play(t, c.answers...), &smtpclient.Options{})
			code := 0
			if err == nil {
				var out smtpclient.Outcome
				out, err = conn.Send(t.Context(), mail("x\r\n", "a@y.test"))
				code = out.Reply.Code
				defer conn.Abort()
			}
			var own *smtpclient.Error
			var re *smtpclient.ReplyError
			switch {
			case errors.As(err, &re):
				code = re.Result.Reply.Code
			case errors.As(err, &own) && own.Type == c.typ:
				return
			case err != nil:
				t.Fatalf("got %v, want %s", err, c.typ)
			}
			if code != c.reply {
				t.Errorf("got %d, want %d %s", code, c.reply, c.typ)
			}
		})
	}
}

// TestHang: a peer that says nothing is left after the limit of the state.
func TestHang(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		want    time.Duration
	}{
		{"banner", nil, 300 * time.Second},
		{"MAIL", []string{"220 x\r\n", "250 x\r\n"}, 300 * time.Second},
		{"EOD", []string{"220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}, 600 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := net.Pipe()
				go func() {
					br := bufio.NewReader(b)
					for i, s := range c.answers {
						if i > 0 {
							br.ReadString('\n')
						}
						io.WriteString(b, s)
					}
					io.Copy(io.Discard, br)
				}()
				defer b.Close()
				begin := time.Now()
				conn, _, err := smtpclient.New(t.Context(), a, &smtpclient.Options{})
				if err == nil {
					_, err = conn.Send(t.Context(), mail("x\r\n", "a@y.test"))
				}
				var own *smtpclient.Error
				if !errors.As(err, &own) || own.Type != smtpclient.ErrNetwork || !strings.Contains(own.Message, "time-out") {
					t.Errorf("got %v", err)
				}
				if d := time.Since(begin); d != c.want {
					t.Errorf("left after %s, want %s", d, c.want)
				}
			})
		})
	}
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		if _, _, err := smtpclient.New(ctx, a, &smtpclient.Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(begin); d != time.Second {
			t.Errorf("ended after %s", d)
		}
	})
}
