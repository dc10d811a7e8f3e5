package smtpclient_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// narrowPeer is a peer that takes one connection and offers a few extensions. lines
// returns what it was sent, once that is over.
func narrowPeer(t *testing.T, extensions ...string) (addr netip.AddrPort, lines func() []string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	var got []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		br := bufio.NewReader(c)
		data := false
		for answer := "220 peer.test\r\n"; ; {
			io.WriteString(c, answer)
			line, err := br.ReadString('\n')
			if err != nil {
				return
			}
			got = append(got, line)
			switch {
			case data:
				data = line != ".\r\n"
				if answer = ""; !data {
					answer = "250 kept\r\n"
				}
			case strings.HasPrefix(line, "EHLO"):
				answer = "250-" + strings.Join(append([]string{"peer.test"}, extensions...), "\r\n250-") + "\r\n250 HELP\r\n"
			case strings.HasPrefix(line, "BDAT "):
				n, _ := strconv.Atoi(strings.Fields(line)[1])
				b := make([]byte, n)
				if _, err := io.ReadFull(br, b); err != nil {
					return
				}
				got, answer = append(got, string(b)), "250 kept\r\n"
			case line == "DATA\r\n":
				data, answer = true, "354 go\r\n"
			default:
				answer = "250 ok\r\n"
			}
		}
	}()
	return netip.MustParseAddrPort(ln.Addr().String()), func() []string {
		<-done
		return got
	}
}

func ascii(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }

// TestSevenBit: a peer without 8BITMIME gets 8-bit parts as quoted-printable, unless a
// signature would break.
func TestSevenBit(t *testing.T) {
	t.Parallel()
	const wide = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe = .\r\n"
	const narrow = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =3D .\r\n"
	multi := func(head, a, b string) string {
		return head + "\r\n--B\r\n" + a + "--B\r\nContent-Type: text/plain\r\n\r\nplain = text\r\n--B\r\n" + b + "--B--\r\n"
	}
	const mixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n"
	const binary = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\x01\r\n"
	for _, c := range []struct{ name, in, want string }{
		{"text", "MIME-Version: 1.0\r\n" + wide, "MIME-Version: 1.0\r\n" + narrow},
		{"without MIME", "Subject: x\r\n\r\n\u00fc\r\n", "MIME-Version: 1.0\r\nSubject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n"},
		{"7-bit", "A: b\r\n\r\nx = y\r\n", "A: b\r\n\r\nx = y\r\n"},
		{"8-bit header only", "Subject: \u00fc\r\n\r\nx = y\r\n", "Subject: \u00fc\r\n\r\nx = y\r\n"},
		{"multipart", multi(mixed+"Content-Transfer-Encoding: 8bit\r\n", wide, wide), multi(mixed+"Content-Transfer-Encoding: 7bit\r\n", narrow, narrow)},
		{"message in a message", mixed + "\r\n--B\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nMIME-Version: 1.0\r\n" + wide + "\r\n--B--\r\n",
			mixed + "\r\n--B\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nMIME-Version: 1.0\r\n" + narrow + "\r\n--B--\r\n"},
		{"binary", multi(mixed, binary, ""), multi(mixed, "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FF=01\r\n", "")},
		{"signed by DKIM", "DKIM-Signature: v=1\r\n" + wide, "DKIM-Signature: v=1\r\n" + wide},
		{"signed by OpenPGP", multi("MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=B\r\n", wide, ""), multi("MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=B\r\n", wide, "")},
		{"base64 that is not", "Content-Transfer-Encoding: base64\r\n\r\n\u00fc\r\n", "Content-Transfer-Encoding: base64\r\n\r\n\u00fc\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, ext := range []string{"SIZE 1000000", "8BITMIME"} {
				addr, lines := narrowPeer(t, ext)
				conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if out, err := conn.Send(t.Context(), mail(c.in, "a@y.test")); err != nil || !out.OK() {
					t.Fatalf("%+v %v", out, err)
				}
				conn.Close()
				all := strings.Join(lines(), "")
				want, param := c.want, ""
				if ext == "8BITMIME" {
					if want = c.in; !ascii(c.in) {
						param = " BODY=8BITMIME"
					}
				} else {
					param = " SIZE=" + strconv.Itoa(len(want))
				}
				want = strings.ReplaceAll(want, "\r\n.", "\r\n..")
				if d := cmp.Diff("EHLO localhost\r\nMAIL FROM:<s@x.test>"+param+"\r\nRCPT TO:<a@y.test>\r\nDATA\r\n"+want+".\r\nQUIT\r\n", all); d != "" {
					t.Errorf("%s (-want +got)\n%s", ext, d)
				}
			}
		})
	}
}

// TestContentCommand: BDAT carries what DATA would change or break, where it is offered.
func TestContentCommand(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 999)
	for _, c := range []struct{ name, body, bdat, data string }{
		{"plain", "a\r\n.b\r\n", "DATA\r\na\r\n..b\r\n.\r\n", "DATA\r\na\r\n..b\r\n.\r\n"},
		{"bare LF", "a\nb\r\n", "BDAT 5 LAST\r\na\nb\r\n", "DATA\r\na\r\nb\r\n.\r\n"},
		{"NUL", "a\x00b\r\n", "BDAT 5 LAST\r\na\x00b\r\n", "DATA\r\na\x00b\r\n.\r\n"},
		{"998 bytes", long[1:] + "\r\n", "DATA\r\n" + long[1:] + "\r\n.\r\n", "DATA\r\n" + long[1:] + "\r\n.\r\n"},
		{"999 bytes", long + "\r\n", "BDAT 1001 LAST\r\n" + long + "\r\n", "DATA\r\n" + long + "\r\n.\r\n"},
		{"999 bytes without an end", long, "BDAT 1001 LAST\r\n" + long + "\r\n", "DATA\r\n" + long + "\r\n.\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for ext, want := range map[string]string{"CHUNKING": c.bdat, "HELP": c.data} {
				addr, lines := narrowPeer(t, ext)
				conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if out, err := conn.Send(t.Context(), mail(c.body, "a@y.test")); err != nil || !out.OK() {
					t.Fatalf("%+v %v", out, err)
				}
				conn.Close()
				if d := cmp.Diff(want+"QUIT\r\n", strings.Join(lines()[3:], "")); d != "" {
					t.Errorf("%s (-want +got)\n%s", ext, d)
				}
			}
		})
	}
}

// TestMailParameters: what MAIL and RCPT carry, by what the peer offers.
func TestMailParameters(t *testing.T) {
	t.Parallel()
	full := func(m *smtpclient.Mail) {
		m.EnvID, m.Ret = "a b+c", "FULL"
		m.Recipients[0].Notify, m.Recipients[0].Orcpt = []string{"SUCCESS", "DELAY"}, "rfc822;x=y@z.test"
	}
	for _, c := range []struct {
		name       string
		extensions []string
		change     func(m *smtpclient.Mail)
		mail, rcpt string // "": the transaction does not begin
		status     [3]int
	}{
		{"DSN", []string{"DSN"}, full, "<s@x.test> RET=FULL ENVID=a+20b+2Bc", "<a@y.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+3Dy@z.test", [3]int{}},
		{"no DSN", nil, full, "<s@x.test>", "<a@y.test>", [3]int{}},
		{"by script", []string{"DSN"}, func(m *smtpclient.Mail) {
			full(m)
			m.SenderParams, m.Recipients[0].Params = smtp.Params{{Key: "RET", Value: "HDRS"}, {Key: "X-A"}}, smtp.Params{{Key: "NOTIFY", Value: "NEVER"}}
		}, "<s@x.test> ENVID=a+20b+2Bc RET=HDRS X-A", "<a@y.test> ORCPT=rfc822;x+3Dy@z.test NOTIFY=NEVER", [3]int{}},
		{"SMTPUTF8", []string{"SMTPUTF8", "8BITMIME"}, func(m *smtpclient.Mail) { m.Recipients[0].Address.Local = "\u00fc" }, "<s@x.test> SMTPUTF8", "<\u00fc@y.test>", [3]int{}},
		{"SMTPUTF8 for the header", []string{"SMTPUTF8", "8BITMIME"}, func(m *smtpclient.Mail) { m.Content = message.Bytes([]byte("A: \u00fc\r\n\r\n")) }, "<s@x.test> BODY=8BITMIME SMTPUTF8", "<a@y.test>", [3]int{}},
		{"A-labels", nil, func(m *smtpclient.Mail) {
			m.Sender.Domain, m.Recipients[0].Address.Domain = "b\u00fccher.test", "M\u00fcller.test"
		}, "<s@xn--bcher-kva.test>", "<a@xn--mller-kva.test>", [3]int{}},
		{"no SMTPUTF8 for a local part", []string{"8BITMIME"}, func(m *smtpclient.Mail) { m.Recipients[0].Address.Local = "\u00fc" }, "", "", [3]int{5, 6, 7}},
		{"no SMTPUTF8 for the header", []string{"8BITMIME"}, func(m *smtpclient.Mail) { m.SMTPUTF8, m.Content = true, message.Bytes([]byte("A: \u00fc\r\n\r\n")) }, "", "", [3]int{5, 6, 7}},
		{"REQUIRETLS in clear", []string{"REQUIRETLS"}, func(m *smtpclient.Mail) { m.RequireTLS = true }, "", "", [3]int{5, 7, 30}},
		{"too large", []string{"SIZE 5"}, func(*smtpclient.Mail) {}, "", "", [3]int{5, 3, 4}},
		{"null sender", []string{"SIZE"}, func(m *smtpclient.Mail) { m.Sender = address.Address{} }, "<> SIZE=11", "<a@y.test>", [3]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, lines := narrowPeer(t, c.extensions...)
			conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{})
			if err != nil {
				t.Fatal(err)
			}
			m := mail("A: b\r\n\r\nx\r\n", "a@y.test")
			c.change(m)
			_, err = conn.Send(t.Context(), m)
			conn.Close()
			var fail *smtpclient.Error
			if errors.As(err, &fail) && (fail.Status != c.status || fail.Temporary || fail.Type != smtpclient.ErrSMTP) || (fail != nil) != (c.status != [3]int{}) {
				t.Errorf("got %+v", err)
			}
			var from, to string
			for _, l := range lines() {
				if x, ok := strings.CutPrefix(l, "MAIL FROM:"); ok {
					from = strings.TrimSpace(x)
				}
				if x, ok := strings.CutPrefix(l, "RCPT TO:"); ok {
					to = strings.TrimSpace(x)
				}
			}
			if from != c.mail || to != c.rcpt {
				t.Errorf("MAIL %q, RCPT %q", from, to)
			}
		})
	}
}

// TestRequireTLS: REQUIRETLS goes out where TLS was verified and it is offered.
func TestRequireTLS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		offered bool
		o       smtpclient.TLSOptions
		sender  string
		ok      bool
	}{
		{"verified", true, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire, TLS: pki.TLS{CAs: pool()}}, "s", true},
		{"not verified", true, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire}, "s", false},
		{"not offered", false, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire, TLS: pki.TLS{CAs: pool()}}, "s", false},
		{"notification", true, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire, TLS: pki.TLS{CAs: pool()}}, "", true},
		{"notification, not offered", false, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire, TLS: pki.TLS{CAs: pool()}}, "", true},
		{"notification, not verified", false, smtpclient.TLSOptions{Mode: smtpclient.TLSRequire}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, b := server(t, func(s *gosmtp.Server) { s.EnableREQUIRETLS = c.offered })
			conn, _, err := smtpclient.Dial(t.Context(), addr, &smtpclient.Options{TLS: c.o})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			m := mail("x\r\n", "a@y.test")
			m.RequireTLS = true
			if c.sender == "" {
				m.Sender = address.Address{}
			}
			out, err := conn.Send(t.Context(), m)
			var fail *smtpclient.Error
			if errors.As(err, &fail); out.OK() != c.ok || !c.ok && (fail == nil || fail.Status != [3]int{5, 7, 30}) || !conn.Usable() {
				t.Errorf("%+v %v", out, err)
			}
			if c.ok && (len(b.opts) != 1 || b.opts[0].RequireTLS != c.offered) {
				t.Errorf("MAIL options %+v", b.opts)
			}
		})
	}
}
