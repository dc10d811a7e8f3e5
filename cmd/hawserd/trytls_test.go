package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate for names; without an authority one that signs others.
func (a *authority) issue(t *testing.T, until time.Duration, names ...string) (tls.Certificate, *authority) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(until), IsCA: a == nil, BasicConstraintsValid: true,
	}
	parent, signer := form, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: c}, &authority{c, key}
}

// store writes certificate and key as PEM and returns the paths.
func store(t *testing.T, c tls.Certificate) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTryTLS(t *testing.T) {
	t.Parallel()
	rootCert, root := (*authority)(nil).issue(t, time.Hour, "root.test")
	systemCert, system := (*authority)(nil).issue(t, time.Hour, "system.test")
	good, _ := root.issue(t, time.Hour, "mx.tls.test")
	old, _ := root.issue(t, -time.Hour, "mx.tls.test")
	public, _ := system.issue(t, time.Hour, "mx.tls.test")
	client, _ := (*authority)(nil).issue(t, time.Hour, "client.test")
	with := func(c tls.Certificate) *peer {
		return (&peer{tls: &tls.Config{Certificates: []tls.Certificate{c}, ClientAuth: tls.RequestClientCert}}).listen(t, "127.0.0.1")
	}
	trusted, expired, other := with(good), with(old), with(public)
	bare := (&peer{}).listen(t, "127.0.0.1")
	broken := (&peer{tls: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("on purpose") }}}).listen(t, "127.0.0.1")
	key := sha256.Sum256(good.Leaf.RawSubjectPublicKeyInfo)
	hash := hex.EncodeToString(key[:])
	p := trusted.Port
	names := fmt.Sprintf(`
mx.tls.test. 60 IN A 127.0.0.1
other.tls.test. 60 IN A 127.0.0.1
good.secure.test. 60 IN A 127.0.0.1
bad.secure.test. 60 IN A 127.0.0.1
none.secure.test. 60 IN A 127.0.0.1
unusable.secure.test. 60 IN A 127.0.0.1
bogus.secure.test. 60 IN A 127.0.0.1
_%d._tcp.good.secure.test. 60 IN TLSA 3 1 1 %s
_%d._tcp.bad.secure.test. 60 IN TLSA 3 1 1 %064d
_%d._tcp.unusable.secure.test. 60 IN TLSA 1 1 1 %s
`, p, hash, p, 0, p, hash)
	to := func(host string, p *peer, more string) string {
		return fmt.Sprintf(`"host" => %q, "port" => %d, %s`, host, p.Port, more)
	}
	const code, kind, report, started = "attempt.result.code", "attempt.error.type", "attempt.connection.tls.tlsrpt", "attempt.connection.tls.started"
	fails := func(typ, rpt string) map[string]any {
		return map[string]any{code: nil, kind: typ, report: rpt, started: false, "attempt.error.temporary": true, "action": "QUEUE"}
	}
	secured := func(more ...any) map[string]any {
		m := map[string]any{code: delivered, started: true, report: nil}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	clear := func(rpt any) map[string]any {
		return map[string]any{code: delivered, started: false, report: rpt, "attempt.connection.tls.protocol": nil}
	}
	version := func(v uint16) func(*testing.T, *dialogue) {
		return func(t *testing.T, d *dialogue) {
			if d.Protocol != v {
				t.Errorf("TLS version %#x, want %#x", d.Protocol, v)
			}
		}
	}
	sni := func(name string) func(*testing.T, *dialogue) {
		return func(t *testing.T, d *dialogue) {
			if d.SNI != name {
				t.Errorf("SNI %q, want %q", d.SNI, name)
			}
		}
	}
	records := []any{map[string]any{"usage": 3.0, "selector": 1.0, "mtype": 1.0, "data": hash}}
	cases := []tryCase{
		{name: "disabled", options: to("127.0.0.1", trusted, `"tls" => "disabled"`), p: trusted, not: "STARTTLS", post: map[string]any{code: delivered, "attempt.connection.tls": nil}},
		{name: "optional", options: to("127.0.0.1", trusted, `"tls" => "optional"`), p: trusted, check: version(tls.VersionTLS13),
			post: secured("attempt.connection.tls.protocol", "TLSv1.3", "attempt.connection.tls.cipher", "~^TLS_", "attempt.connection.tls.keysize", "~^(128|256)$", "attempt.connection.tls.peercert", nil)},
		{name: "optionaluntrusted", options: to("127.0.0.1", other, `"tls" => "optional"`), p: other, check: version(tls.VersionTLS13), post: secured(report, "certificate-not-trusted")},
		{name: "optionalbare", options: to("127.0.0.1", bare, `"tls" => "optional"`), p: bare, post: clear("starttls-not-supported")},
		{name: "optionalbroken", options: to("127.0.0.1", broken, `"tls" => "optional"`), p: broken, not: "STARTTLS", post: clear("validation-failure")},
		{name: "verifyuntrusted", options: to("127.0.0.1", other, `"tls" => "optional_verify"`), p: other, not: "STARTTLS", post: clear("certificate-not-trusted")},
		{name: "verifytrusted", options: to("127.0.0.1", trusted, `"tls" => "optional_verify"`), p: trusted, check: version(tls.VersionTLS13), post: secured()},
		{name: "requirebare", options: to("127.0.0.1", bare, `"tls" => "require"`), post: fails("smtp", "starttls-not-supported")},
		{name: "requirebroken", options: to("127.0.0.1", broken, `"tls" => "require"`), post: fails("tls", "validation-failure")},
		{name: "requireuntrusted", options: to("127.0.0.1", other, `"tls" => "require"`), p: other, check: version(tls.VersionTLS13), post: secured(report, "certificate-not-trusted")},
		{name: "rvuntrusted", options: to("127.0.0.1", other, `"tls" => "require_verify"`), post: fails("tls", "certificate-not-trusted")},
		{name: "rvexpired", options: to("127.0.0.1", expired, `"tls" => "require_verify"`), post: fails("tls", "certificate-expired")},
		{name: "rvtrusted", options: to("127.0.0.1", trusted, `"tls" => "require_verify"`), p: trusted, post: secured()},
		{name: "rvhost", options: to("mx.tls.test", trusted, `"tls" => "require_verify", "tls_verify_host" => true`), p: trusted, post: secured()},
		{name: "rvotherhost", options: to("other.tls.test", trusted, `"tls" => "require_verify", "tls_verify_host" => true`), post: fails("tls", "certificate-host-mismatch")},
		{name: "rvname", options: to("other.tls.test", trusted, `"tls" => "require_verify", "tls_verify_name" => ["x.test", "*.tls.test"]`), p: trusted, post: secured()},
		{name: "rvothername", options: to("mx.tls.test", trusted, `"tls" => "require_verify", "tls_verify_name" => ["x.test", "m*.tls.test"]`), post: fails("tls", "certificate-host-mismatch")},
		{name: "system", options: to("127.0.0.1", other, `"tls" => "require_verify", "tls_default_ca" => true`), p: other, post: secured()},
		{name: "nosni", options: to("mx.tls.test", trusted, `"tls" => "require"`), p: trusted, check: sni(""), post: secured()},
		{name: "snihost", options: to("mx.tls.test", trusted, `"tls" => "require", "tls_sni" => true`), p: trusted, check: sni("mx.tls.test"), post: secured()},
		{name: "snitext", options: to("mx.tls.test", trusted, `"tls" => "require", "tls_sni" => "own.test"`), p: trusted, check: sni("own.test"), post: secured()},
		{name: "protocols", options: to("127.0.0.1", trusted, `"tls" => "require", "tls_protocols" => "TLSv1.2"`), p: trusted, check: version(tls.VersionTLS12), post: secured("attempt.connection.tls.protocol", "TLSv1.2")},
		{name: "ciphers", options: to("127.0.0.1", trusted, `"tls" => "require", "tls_protocols" => "!TLSv1.3,!TLSv1.1,!TLSv1", "tls_ciphers" => "ECDHE-ECDSA-CHACHA20-POLY1305"`), p: trusted, post: secured("attempt.connection.tls.cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", "attempt.connection.tls.keysize", 256.0)},
		{name: "clientcert", options: to("127.0.0.1", trusted, `"tls" => "require", "tls_client_cert" => "client"`), p: trusted, post: secured(), check: func(t *testing.T, d *dialogue) {
			if d.Cert != "client.test" {
				t.Errorf("the client showed %q", d.Cert)
			}
		}},
		{name: "noclientcert", options: to("127.0.0.1", trusted, `"tls" => "require", "tls_client_cert" => "nothing"`), post: map[string]any{kind: "config", "attempt.error.message": "client certificate 'nothing' is not usable"}},
		{name: "capture", options: to("127.0.0.1", other, `"tls" => "require", "tls_capture_peer_cert" => true`), p: other, post: secured(report, "certificate-not-trusted", "attempt.connection.tls.peercert", "~^mx.tls.test (20|21)$")},
		{name: "badmode", options: to("127.0.0.1", trusted, `"tls" => "sometimes"`), post: map[string]any{kind: "config", "attempt.error.message": "unknown TLS mode 'sometimes'"}},

		{name: "dane", options: to("good.secure.test", trusted, `"tls" => "dane"`), p: trusted, check: sni("good.secure.test"), post: secured("attempt.connection.tls.tlsa.records", records)},
		{name: "danebad", options: to("bad.secure.test", trusted, `"tls" => "dane"`), post: fails("dane", "validation-failure")},
		{name: "danenone", options: to("none.secure.test", other, `"tls" => "dane"`), p: other, post: secured(report, "certificate-not-trusted", "attempt.connection.tls.tlsa", nil)},
		{name: "daneunusable", options: to("unusable.secure.test", trusted, `"tls" => "dane"`), p: trusted, post: secured(report, "tlsa-invalid", "attempt.connection.tls.tlsa.records.0.usage", 1.0)},
		{name: "danebogus", options: to("bogus.secure.test", trusted, `"tls" => "dane"`), post: map[string]any{kind: "dane", report: "dnssec-invalid", started: false, "attempt.connection.remotemx": "bogus.secure.test",
			"attempt.connection.tls.tlsa": map[string]any{"error": map[string]any{"temporary": true}}, "dsn.status": []any{4.0, 7.0, 5.0}}},
		{name: "danerequire", options: to("good.secure.test", trusted, `"tls" => "dane_require"`), p: trusted, post: secured()},
		{name: "danerequirenone", options: to("none.secure.test", trusted, `"tls" => "dane_require"`), post: fails("dane", "dane-required")},
		{name: "danerequireunusable", options: to("unusable.secure.test", trusted, `"tls" => "dane_require"`), post: fails("dane", "tlsa-invalid")},
		{name: "danefallback", options: to("none.secure.test", trusted, `"tls" => "dane_fallback_require_verify"`), p: trusted, post: secured()},
		{name: "danefallbackuntrusted", options: to("none.secure.test", other, `"tls" => "dane_fallback_require_verify"`), post: fails("tls", "certificate-not-trusted")},
	}
	rootPath, _ := store(t, rootCert)
	systemPath, _ := store(t, systemCert)
	certPath, keyPath := store(t, client)
	files := tryHooks(cases)
	files["config/smtpd-app.yaml"] = fmt.Sprintf(tryConfig, nameServer(t, names)) + fmt.Sprintf(`pki:
  ca: [{ path: %s }]
  private: [{ id: client, certificate: { path: %s }, privatekey: { path: %s } }]
`, rootPath, certPath, keyPath)
	s := workspace(t, 1, files)
	s.Env = []string{"SSL_CERT_FILE=" + systemPath, "SSL_CERT_DIR=" + filepath.Dir(certPath)}
	s.Start()
	s.run(t, cases)
	s.Stop()
}
