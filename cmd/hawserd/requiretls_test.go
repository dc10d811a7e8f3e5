package main_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// TestRequireTLS: mail that came with REQUIRETLS goes on over verified TLS to a host
// that offers it, and nowhere else; what tells that it failed goes over verified TLS,
// too, and quotes no more than the header (RFC 8689).
func TestRequireTLS(t *testing.T) {
	t.Parallel()
	rootCert, root := (*authority)(nil).issue(t, time.Hour, "root.test")
	own, _ := root.issue(t, time.Hour, "mx.test")
	good, _ := root.issue(t, time.Hour, "next.test")
	foreign, _ := (*authority)(nil).issue(t, time.Hour, "next.test")
	with := func(c tls.Certificate, extensions ...string) *peer {
		return (&peer{extensions: extensions, tls: &tls.Config{Certificates: []tls.Certificate{c}}}).listen(t, "127.0.0.1")
	}
	offered, silent, untrusted := with(good, "REQUIRETLS"), with(good), with(foreign, "REQUIRETLS")
	bare := (&peer{extensions: []string{"REQUIRETLS"}}).listen(t, "127.0.0.1")
	home := with(good, "REQUIRETLS")
	plainHome := (&peer{}).listen(t, "127.0.0.1")
	cases := []struct {
		name string
		p    *peer
		mode string
		ok   bool
	}{
		{"verified", offered, "require_verify", true},
		{"optional", offered, "optional_verify", true},
		{"silent", silent, "require_verify", false},
		{"untrusted", untrusted, "optional", false},
		{"fallback", untrusted, "optional_verify", false}, // goes on in clear
		{"bare", bare, "optional", false},
		{"disabled", offered, "disabled", false},
	}
	var pre strings.Builder
	fmt.Fprintf(&pre, `$name = $message["recipientaddress"]["localpart"];
if ($message["serverid"] == "") {
	if ($name == "silent") Try(["port" => %d]);
	if ($name == "bare") Try(["port" => %d, "tls" => "optional"]);
	Try();
}
`, silent.Port, plainHome.Port)
	for _, c := range cases {
		fmt.Fprintf(&pre, "if ($name == %q) Try([\"host\" => \"127.0.0.1\", \"port\" => %d, \"tls\" => %q]);\n", c.name, c.p.Port, c.mode)
	}
	rootPath, _ := store(t, rootCert)
	certPath, keyPath := store(t, own)
	s := workspace(t, 1, map[string]string{
		"hooks/helo/main.hsl": `$list = $arguments["extensions"]; $list[] = "REQUIRETLS"; Accept(["extensions" => $list]);`, "hooks/queue/predelivery.hsl": pre.String(),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, tls: { certs: { cert: own } }, phases: { connect: { fcrdns: false }, helo: { hook: main }, eod: { hook: main } } }]
pki:
  ca: [{ path: %s }]
  private: [{ id: own, certificate: { path: %s }, privatekey: { path: %s } }]
transportgroups:
  - id: all
    retry: { count: 2, intervals: [{ interval: 1 }] }
    dsn: { transport: home, ret: FULL }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: 1 } }
      - { id: home, connection: { server: 127.0.0.1, port: %d }, session: { tls: { mode: require_verify } } }
`, rootPath, certPath, keyPath, home.Port),
	})
	s.Start()
	clear := s.Dial()
	defer clear.Close()
	var se *gosmtp.SMTPError
	if err := clear.Mail("a@x.test", &gosmtp.MailOptions{RequireTLS: true}); !errors.As(err, &se) || se.Code != 555 {
		t.Errorf("REQUIRETLS in clear: %v", err)
	}
	for _, c := range cases {
		x, err := gosmtp.DialStartTLS(fmt.Sprintf("127.0.0.1:%d", s.Port), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		submit(t, x, c.name+"@from.test", c.name+"@y.test", &gosmtp.MailOptions{RequireTLS: true})
	}
	for _, c := range cases {
		if c.ok {
			d, _ := c.p.mail(t, c.name+"@y.test")
			if d.Protocol == 0 || !strings.Contains(d.command("MAIL FROM:<"+c.name), " REQUIRETLS") {
				t.Errorf("%s: TLS version %#x, %q", c.name, d.Protocol, d.Commands)
			}
			continue
		}
		if c.name == "bare" { // nobody can be told
			s.Logged("action=deleted sender=\"\" recipient=bare@from.test")
			continue
		}
		to := home
		if c.name == "silent" {
			to = silent
		}
		d, text := to.mail(t, c.name+"@from.test")
		if d.Protocol == 0 || strings.Contains(d.command("MAIL"), " REQUIRETLS") != (to == home) {
			t.Errorf("notification about %s: TLS version %#x, %q", c.name, d.Protocol, d.Commands)
		}
		for _, want := range []string{"Content-Type: text/rfc822-headers\r\n", "Final-Recipient: rfc822; " + c.name + "@y.test", "Status: 5.7.30", "Diagnostic-Code: x-error; REQUIRETLS cannot be met"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, text)
			}
		}
		if c.p.sent()[c.name+"@y.test"] != 0 {
			t.Errorf("%s was sent", c.name)
		}
	}
	s.Stop()
	if n := len(plainHome.sent()); n > 0 {
		t.Errorf("%d notifications in clear", n)
	}
}

// submit sends a message on a connection, and closes that.
func submit(t *testing.T, c *gosmtp.Client, from, to string, o *gosmtp.MailOptions) {
	t.Helper()
	defer c.Close()
	if err := c.Mail(from, o); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(to, nil); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("Subject: x\r\n\r\nx\r\n"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
