package servertest

import (
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/sink"
)

// Hop is a next hop that keeps what it gets.
type Hop struct {
	Port   int                   // on 127.0.0.1
	Refuse func(to string) error // decides about recipients; nil: all are taken

	mu    sync.Mutex
	mails []string
	got   chan struct{}
	open  int        // sessions
	ended *sync.Cond // one of them
}

// NewHop starts one until the test ends. Refuse may be set before mail comes.
func NewHop(t *testing.T) *Hop {
	t.Helper()
	h := &Hop{got: make(chan struct{}, 1)}
	h.ended = sync.NewCond(&h.mu)
	srv := gosmtp.NewServer(h)
	srv.Domain, srv.ErrorLog = "sink.test", log.New(io.Discard, "", 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Port = ln.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return h
}

// NewSession implements the backend of the server.
func (h *Hop) NewSession(*gosmtp.Conn) (gosmtp.Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	return &session{h}, nil
}

// Ended waits until no session is open. A message whose sender is gone may still be on
// its way to Mails before.
func (h *Hop) Ended() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.open > 0 {
		h.ended.Wait()
	}
}

// Mails returns the messages in the order of their coming.
func (h *Hop) Mails() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mails)
}

// With returns the messages that contain a text.
func (h *Hop) With(text string) []string {
	return slices.DeleteFunc(h.Mails(), func(m string) bool { return !strings.Contains(m, text) })
}

// Wait returns the messages when there are n.
func (h *Hop) Wait(t *testing.T, n int) []string {
	t.Helper()
	limit := time.After(bound)
	for {
		mails := h.Mails()
		if len(mails) >= n {
			return mails
		}
		select {
		case <-h.got:
		case <-limit:
			t.Fatalf("the next hop has %d messages, want %d", len(mails), n)
		}
	}
}

type session struct{ h *Hop }

// Logout ends the session.
func (x *session) Logout() error {
	x.h.mu.Lock()
	defer x.h.mu.Unlock()
	x.h.open--
	x.h.ended.Broadcast()
	return nil
}

func (*session) Reset()                                 {}
func (*session) Mail(string, *gosmtp.MailOptions) error { return nil }

func (x *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if x.h.Refuse != nil {
		return x.h.Refuse(to)
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.h.mu.Lock()
	x.h.mails = append(x.h.mails, string(b))
	x.h.mu.Unlock()
	select {
	case x.h.got <- struct{}{}:
	default:
	}
	return nil
}

// Sink starts the sink that counts, until the test ends.
func Sink(t *testing.T, o sink.Options) *sink.Sink {
	t.Helper()
	s, err := sink.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
