package socket_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// authority issues certificates for a test.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue("ca", &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// leaf makes NAME.pem and NAME.key for a host name.
func (a *authority) leaf(name, host string, usage x509.ExtKeyUsage) tls.Certificate {
	a.t.Helper()
	c, key := a.issue(name, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	})
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key, Leaf: c}
}

func (a *authority) issue(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	a.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	return out, key
}

func (a *authority) write(name string, b []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), b, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) read(name string) string {
	a.t.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return string(b)
}

// PrivateKey, Certificate and Authorities implement vm.KeyStore.
func (a *authority) PrivateKey(id string) (string, bool) { return a.stored(id + ".key") }

func (a *authority) Certificate(id string) (string, bool) { return a.stored(id + ".pem") }

func (a *authority) stored(name string) (string, bool) {
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	return string(b), err == nil
}

func (a *authority) Authorities() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// openssl starts s_server with a certificate and returns its port.
func (a *authority) openssl(cert string, args ...string) int {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), "openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", cert + ".pem", "-key", cert + ".key"}, args...)...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	in, err := cmd.StdinPipe() // its end would end the server
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	drained := make(chan struct{})
	a.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-drained
		_ = cmd.Wait()
		in.Close()
	})
	r := bufio.NewReader(out)
	port := 0
	for port == 0 {
		line, err := r.ReadString('\n')
		if err != nil {
			a.t.Fatalf("openssl ended: %s", err)
		}
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "ACCEPT 127.0.0.1:"); ok {
			if port, err = strconv.Atoi(rest); err != nil {
				a.t.Fatal(err)
			}
		}
	}
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, r) }()
	return port
}

// serve is tcp for TLS servers of Go.
func serve(t testing.TB, c *tls.Config, f func(*tls.Conn)) (string, int) {
	return tcp(t, func(raw net.Conn) {
		s := tls.Server(raw, c)
		if s.Handshake() == nil {
			f(s)
		} else {
			_, _ = io.Copy(io.Discard, raw)
		}
	})
}
