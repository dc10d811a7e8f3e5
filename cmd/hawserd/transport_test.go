package main_test

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/runtest"
)

// TestTransportKeys: what a transport and its groups say of connection and session
// reaches the wire. The name of a transport is the recipient.
func TestTransportKeys(t *testing.T) {
	t.Parallel()
	rootCert, root := (*authority)(nil).issue(t, time.Hour, "root.test")
	good, _ := root.issue(t, time.Hour, "mx.tls.test")
	client, _ := (*authority)(nil).issue(t, time.Hour, "client.test")
	secure := &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequestClientCert}
	plain := (&peer{extensions: []string{"AUTH PLAIN", "XCLIENT NAME ADDR"}}).listen(t, "127.0.0.1")
	lmtp := (&peer{lmtp: true}).listen(t, "127.0.0.1")
	crypt := (&peer{tls: secure}).listen(t, "127.0.0.1")
	implicit := (&peer{tls: secure, implicit: true}).listen(t, "127.0.0.1")
	proxied := (&peer{proxy: true}).listen(t, "127.0.0.1")
	old := (&peer{answer: func(line string) string {
		if strings.HasPrefix(line, "EHLO") {
			return "502 what?"
		}
		return ""
	}}).listen(t, "127.0.0.1")
	stalled := runtest.Stalled(t, netip.MustParseAddrPort("127.0.0.1:0"))
	rootPath, _ := store(t, rootCert)
	certPath, keyPath := store(t, client)
	s := workspace(t, 1, map[string]string{
		"hooks/eod/main.hsl": `foreach ($transaction["recipients"] as $r)
			$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["address"]["localpart"], ["dsn" => ["notify" => "SUCCESS"]]); Accept();`,
		"hooks/queue/predelivery.hsl":  `$context = $message["transportid"];`,
		"hooks/queue/postdelivery.hsl": logArguments,
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: inherits, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%[1]s"] }
pki:
  ca: [{ path: %[2]s }]
  private: [{ id: client, certificate: { path: %[3]s }, privatekey: { path: %[4]s } }]
transportgroups:
  - id: base
    connection: { server: 127.0.0.1, port: %[5]d, sourceip: { addresses: [127.0.0.2] } }
    session: { helo: base.test, xclient: { NAME: base.test }, timeout: { MAIL: 60 } }
  - id: sub
    parent: base
    session: { helo: sub.test, xclient: { ADDR: 192.0.2.1 } }
    transports:
      - { id: inherits }
      - { id: replaces, connection: { sourceip: { addresses: [{ address: 127.0.0.3, helo: own.test }] } } }
      - { id: auth, session: { auth: { username: jo, password: secret } } }
      - { id: delivered, session: { dsn: { success: delivered } } }
  - id: other
    connection: { server: 127.0.0.1 }
    transports:
      - { id: list, connection: { server: [127.0.0.77, 127.0.0.1], port: %[5]d } }
      - { id: name, connection: { server: up.y.test, port: %[5]d } }
      - { id: mx, connection: { server: lookup-mx, port: %[5]d, mx: { exclude: [down.y.test] } } }
      - { id: six, connection: { server: ["::1"], port: %[5]d, sourceip: { ipv6: false } } }
      - { id: pool, connection: { port: %[5]d, sourceip: { ipv4: [127.0.0.4] } } }
      - { id: proxy, connection: { port: 2525, server: 203.0.113.7, proxy: { host: 127.0.0.1, port: %[9]d, version: 1 } } }
      - { id: old, connection: { port: %[10]d } }
      - { id: oldsecure, connection: { port: %[10]d }, session: { tls: { mode: require } } }
      - { id: lmtp, connection: { port: %[6]d }, session: { protocol: lmtp } }
      - { id: slow, connection: { port: %[11]d, timeout: 1 } }
      - { id: mute, connection: { port: %[12]d }, session: { timeout: { MAIL: 1 } } }
      - { id: verified, connection: { server: mx.tls.test, port: %[7]d }, session: { tls: { mode: require_verify, verifyhost: true, sni: true, clientcert: client, protocols: TLSv1.2 } } }
      - { id: names, connection: { port: %[7]d }, session: { tls: { mode: require_verify, verifynames: ["*.tls.test"], sni: shown.test } } }
      - { id: wrong, connection: { server: up.y.test, port: %[7]d }, session: { tls: { mode: require_verify, verifyhost: true } } }
      - { id: implicit, connection: { port: %[8]d }, session: { tls: { mode: require_verify, implicit: true } } }
`, nameServer(t, zone+"mx.tls.test. 60 IN A 127.0.0.1\n"), rootPath, certPath, keyPath, plain.Port, lmtp.Port, crypt.Port, implicit.Port, proxied.Port, old.Port, stalled, mute(t)),
	})
	s.Start()
	const code, kind = "attempt.result.code", "attempt.error.type"
	for _, c := range []struct {
		name string
		p    *peer
		want []string // commands, each a prefix
		post map[string]any
		from string
		tls  [2]string // SNI and the name of our certificate
	}{
		{"inherits", plain, []string{"EHLO sub.test", "XCLIENT ADDR=192.0.2.1 NAME=base.test"}, map[string]any{"dsn.action": "relayed"}, "127.0.0.2", [2]string{}},
		{"replaces", plain, []string{"EHLO own.test"}, nil, "127.0.0.3", [2]string{}},
		{"auth", plain, []string{"AUTH PLAIN AGpvAHNlY3JldA=="}, nil, "127.0.0.2", [2]string{}},
		{"delivered", plain, nil, map[string]any{"dsn.action": "delivered"}, "", [2]string{}},
		{"list", plain, []string{"EHLO mx.test"}, map[string]any{"attempt.connection.remotemx": "127.0.0.1"}, "", [2]string{}},
		{"name", plain, nil, map[string]any{"attempt.connection.remotemx": "up.y.test"}, "", [2]string{}},
		{"mx", plain, nil, map[string]any{"attempt.connection.remotemx": "up.y.test"}, "", [2]string{}},
		{"six", nil, nil, map[string]any{kind: "dns", "attempt.error.dns": "ipfamily", "dsn.status": []any{4.0, 4.0, 3.0}}, "", [2]string{}},
		{"pool", plain, nil, nil, "127.0.0.4", [2]string{}},
		{"proxy", proxied, nil, map[string]any{"attempt.connection.remoteip": "203.0.113.7"}, "127.0.0.1", [2]string{}},
		{"old", old, []string{"HELO mx.test"}, nil, "", [2]string{}},
		{"oldsecure", nil, nil, map[string]any{code: 502.0, "attempt.result.state": "EHLO", "action": "DELETE"}, "", [2]string{}},
		{"lmtp", lmtp, []string{"LHLO mx.test"}, nil, "", [2]string{}},
		{"slow", nil, nil, map[string]any{kind: "network", "dsn.status": []any{4.0, 4.0, 1.0}, "action": "QUEUE"}, "", [2]string{}},
		{"mute", nil, nil, map[string]any{kind: "network", "attempt.error.temporary": true}, "", [2]string{}},
		{"verified", crypt, nil, map[string]any{"attempt.connection.tls.protocol": "TLSv1.2"}, "", [2]string{"mx.tls.test", "client.test"}},
		{"names", crypt, nil, map[string]any{"attempt.connection.tls.protocol": "TLSv1.3"}, "", [2]string{"shown.test", ""}},
		{"wrong", nil, nil, map[string]any{kind: "tls", "dsn.status": []any{4.0, 7.0, 5.0}}, "", [2]string{}},
		{"implicit", implicit, nil, map[string]any{"attempt.connection.tls.started": true}, "", [2]string{}},
	} {
		s.MustSend("a@x.test", c.name+"@y.test", "x\r\n")
		got := s.post(c.name)
		if c.p != nil && at(got, code) != delivered {
			t.Errorf("%s: %v", c.name, got["attempt"])
			continue
		}
		for path, want := range c.post {
			if x := at(got, path); fmt.Sprint(x) != fmt.Sprint(want) {
				t.Errorf("%s: %s is %v, want %v", c.name, path, x, want)
			}
		}
		if c.p == nil {
			continue
		}
		d, _ := c.p.mail(t, c.name+"@y.test")
		for _, want := range c.want {
			if d.command(want) == "" {
				t.Errorf("%s: no %q in %q", c.name, want, d.Commands)
			}
		}
		if c.from != "" && d.From != c.from {
			t.Errorf("%s: from %s, want %s", c.name, d.From, c.from)
		}
		if x := [2]string{d.SNI, d.Cert}; c.p == crypt && x != c.tls {
			t.Errorf("%s: SNI and certificate %q, want %q", c.name, x, c.tls)
		}
	}
	s.Logged("tlsrpt=certificate-host-mismatch")
	s.Stop()
}
