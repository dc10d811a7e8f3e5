package smtpserver_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpserver"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is Hooks and Enqueuer of the tests: verdicts come from a map, mail goes
// to memory.
type house struct {
	mu       sync.Mutex
	verdicts map[hook.Phase]hook.Verdict
	mails    []string
	sources  []message.Source
	seen     []hook.Input
	failing  error
	slow     time.Duration
}

func (h *house) Begin(*hook.Connection) {}
func (h *house) End(*hook.Connection)   {}

func (h *house) Has(p hook.Phase, _ *hook.Connection) bool {
	_, ok := h.verdicts[p]
	return ok
}

func (h *house) Run(ctx context.Context, in *hook.Input) hook.Verdict {
	h.mu.Lock()
	h.seen = append(h.seen, *in)
	v, ok := h.verdicts[in.Phase]
	h.mu.Unlock()
	if h.slow > 0 && in.Phase == hook.EOD {
		select {
		case <-time.After(h.slow):
		case <-ctx.Done():
		}
	}
	if !ok {
		v = hook.Verdict{Action: hook.Accept}
		v.Reply, _ = smtp.DefaultReply(string(in.Phase), smtp.OnAccept, "mx.test", in.Tx.ID)
	}
	return v
}

func (h *house) Ready() error { return nil }

func (h *house) Accept(_ context.Context, _ *hook.Connection, _ *hook.Transaction, mail message.Source, _ hook.Verdict) error {
	b, err := io.ReadAll(message.Reader(mail))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mails, h.sources = append(h.mails, string(b)), append(h.sources, mail)
	return h.failing
}

func (h *house) phases() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for _, in := range h.seen {
		out = append(out, string(in.Phase))
	}
	return strings.Join(out, " ")
}

func options() *smtpserver.Options {
	return &smtpserver.Options{
		ID: "in", Hostname: "mx.test", HeloRequired: true, TransportID: "mx", MaxSize: 1 << 20,
		IdleTimeout: 10 * time.Second, DataTimeout: 10 * time.Second,
	}
}

type running struct {
	addr  string
	house *house
	srv   *smtpserver.Server
	drain context.CancelFunc
	stop  context.CancelFunc
	done  chan error
}

// serve starts a server on loopback and ends it with the test.
func serve(t testing.TB, h *house, o *smtpserver.Options, implicit bool) *running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, ln, h, o, implicit)
}

func serveOn(t testing.TB, ln net.Listener, h *house, o *smtpserver.Options, implicit bool) *running {
	t.Helper()
	var n atomic.Int64
	r := &running{addr: ln.Addr().String(), house: h, done: make(chan error, 1)}
	o.TempDir = t.TempDir()
	r.srv = &smtpserver.Server{
		Options: func() *smtpserver.Options { return o }, Hooks: h, Enqueuer: h,
		NewID: func() string { return fmt.Sprint("id-", n.Add(1)) }, Logger: slog.New(slog.DiscardHandler),
	}
	var drain, stop context.Context
	drain, r.drain = context.WithCancel(context.Background())
	stop, r.stop = context.WithCancel(context.Background())
	go func() { r.done <- r.srv.Serve(drain, stop, ln, implicit) }()
	t.Cleanup(func() {
		r.drain()
		r.stop()
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
	return r
}

var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.test"}, DNSNames: []string{"mx.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

func serverTLS() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{certificate()}} }
