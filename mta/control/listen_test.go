package control

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
)

func TestListenUnix(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	a := Address{Path: filepath.Join(dir, "run", "x.sock"), Group: group.Name, Mode: 0o640}
	first, err := Listen(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(a.Path)
	if err != nil || info.Mode().Perm() != 0o640 || info.Mode()&fs.ModeSocket == 0 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := Listen(t.Context(), a); err == nil || !strings.Contains(err.Error(), "another server answers there") {
		t.Errorf("over a living one: %v", err)
	}
	if err := os.Remove(a.Path); err != nil {
		t.Fatal(err)
	}
	second, err := Listen(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	first.Close() // the file is that of another now
	if _, err := os.Stat(a.Path); err != nil {
		t.Errorf("it has removed the socket of another: %v", err)
	}
	second.(*unixListener).UnixListener.Close() // as when killed: the file stays
	if second, err = Listen(t.Context(), a); err != nil {
		t.Fatalf("over a dead one: %v", err)
	}
	second.Close()
	if _, err := os.Stat(a.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if list, _ := os.ReadDir(filepath.Dir(a.Path)); len(list) != 0 {
		t.Errorf("left: %v", list)
	}
	if err := os.WriteFile(a.Path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), a); err == nil || !strings.Contains(err.Error(), "another file, want none or a socket") {
		t.Errorf("over a file: %v", err)
	}
	a.Path = filepath.Join(dir, strings.Repeat("long", 30))
	if _, err := Listen(t.Context(), a); err == nil || !strings.Contains(err.Error(), "a Unix socket takes 107") {
		t.Errorf("%v", err)
	}
	a.Path, a.Group = filepath.Join(dir, "y"), "no such group"
	if _, err := Listen(t.Context(), a); err == nil || !strings.Contains(err.Error(), "there is no group 'no such group'") {
		t.Errorf("%v", err)
	}
}

// identity makes a certificate, signed by itself or by another.
func identity(t *testing.T, name string, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour), IsCA: by == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := x, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, x, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TestTLS: over TCP clients without a certificate of the authority get nothing.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca := identity(t, "ca", nil)
	mine, theirs := identity(t, "server.test", &ca), identity(t, "client.test", &ca)
	stranger := identity(t, "stranger.test", nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	ln, err := Listen(t.Context(), Address{Host: "127.0.0.1", Port: freePort(t), TLS: &tls.Config{
		Certificates: []tls.Certificate{mine}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := &Server{Host: host{}, Shared: vm.NewShared(), Logger: slog.New(slog.DiscardHandler)}
	go func() { done <- s.Serve(ctx, ln) }()
	call := func(c *tls.Config) error {
		cl, err := Dial(t.Context(), "tcp", ln.Addr().String(), c)
		if err != nil {
			return err
		}
		defer cl.Close()
		var out Status
		if err := cl.Call(t.Context(), 'm', nil, &out); err != nil {
			return err
		}
		if out.State != "running" {
			t.Errorf("%+v", out)
		}
		var refused *RefusedError
		if err := cl.Call(t.Context(), 'y', ReadMemory{Key: new("k")}, nil); !errors.As(err, &refused) || refused.Text != "no key 'k'" {
			t.Errorf("%v", err)
		}
		return nil
	}
	if err := call(&tls.Config{RootCAs: pool, ServerName: "server.test", Certificates: []tls.Certificate{theirs}}); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]*tls.Config{
		"no certificate":      {RootCAs: pool, ServerName: "server.test"},
		"another authority":   {RootCAs: pool, ServerName: "server.test", Certificates: []tls.Certificate{stranger}},
		"another server name": {RootCAs: pool, ServerName: "other.test", Certificates: []tls.Certificate{theirs}},
	} {
		if err := call(c); err == nil {
			t.Errorf("%s: it is answered", name)
		}
	}
	plain, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.Write([]byte("57mmmmmmmmmm")); err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(plain); strings.Contains(string(b), "running") {
		t.Errorf("without TLS it answers %q", b)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	for i := range 1000 {
		port := 12000 + (os.Getpid()*41+i)%20000
		if ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			ln.Close()
			return port
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
	t.Fatal("no free port")
	return 0
}
