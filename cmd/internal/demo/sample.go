package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// sample is the workspace of the demonstration.
type sample struct {
	dir        string
	port, next int
	records    map[string]string // key records by name
}

// hook is the text of hooks/eod/main.hsl.
func (w *sample) hook(version string) string {
	return `import $key2 from "ed25519.key";

$mail = $arguments["mail"];
$mail->addHeader("X-Demo", "` + version + `");
$mail->signDKIM("rsa", "example.org", "pki:dkim", ["additional_signatures" => [
	["selector" => "ed", "domain" => "example.org", "key" => $key2]]]);
foreach ($transaction["recipients"] as $r)
	$mail->queue($transaction["senderaddress"], $r["address"], $r["transportid"]);
syslog("info", "` + version + ` saw '" . $mail->getHeader("Subject") . "' from " . $connection["remoteip"]);
Accept();
`
}

func (w *sample) write() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	rsaDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	edDER, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return err
	}
	rsaPub, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	w.records = map[string]string{
		"rsa._domainkey.example.org": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPub),
		"ed._domainkey.example.org":  "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub),
	}
	text := func(der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	for name, content := range map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers:
  - id: demo
    listeners: [{ address: 127.0.0.1, port: %d }]
environment: { hostname: mx.example.org }
spool: { minfree: { bytes: 1MiB, inodes: 100 } }
pki:
  private: [{ id: dkim, privatekey: { path: config/rsa.pem } }]
`, w.port),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers:
  - id: demo
    transport: sink
    phases: { connect: { fcrdns: false }, eod: { hook: main } }
transportgroups:
  - id: all
    transports: [{ id: sink, connection: { server: 127.0.0.1, port: %d } }]
`, w.next),
		"config/rsa.pem":     text(rsaDER),
		"files/ed25519.key":  text(edDER),
		"hooks/eod/main.hsl": w.hook("first version"),
	} {
		p := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
