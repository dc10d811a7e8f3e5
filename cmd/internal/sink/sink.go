package sink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// Sink is a receiver of mail. Make one with New.
type Sink struct {
	o      Options
	srv    *smtp.Server
	book   *book
	chance chance
	grey   greylist
	tls    *tls.Config
	cert   *x509.Certificate

	listeners []net.Listener
	ctx       context.Context // ends with the sink: no delay outlives it
	stop      context.CancelFunc
	done      chan struct{}
	full      sync.Once
	saved     atomic.Int64 // files of Options.Save
	closing   atomic.Bool  // new messages get 421
	mu        sync.Mutex
	fronts    map[*front]struct{} // nil after Close
	serving   sync.WaitGroup
	ending    sync.Mutex // go-smtp panics when it is closed twice at the same time
}

// New returns a sink that does not listen yet, or an error about the options.
func New(o Options) (*Sink, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Sink{o: o, book: newBook(o.Log), chance: chance{seed: o.Seed}, done: make(chan struct{}), fronts: map[*front]struct{}{}}
	s.grey.wait = o.Greylist
	if o.TLS {
		var err error
		if s.tls, s.cert, err = certificate(o.Name); err != nil {
			return nil, err
		}
	}
	s.srv = smtp.NewServer(smtp.BackendFunc(s.session))
	s.srv.Domain, s.srv.LMTP = o.Name, o.LMTP
	s.srv.MaxMessageBytes = o.MaxSize
	s.srv.ReadTimeout, s.srv.WriteTimeout = o.Timeout, o.Timeout
	s.srv.ErrorLog = log.New(io.Discard, "", 0)
	s.srv.EnableDSN, s.srv.EnableSMTPUTF8, s.srv.EnableREQUIRETLS = !s.off("DSN"), !s.off("SMTPUTF8"), !s.off("REQUIRETLS")
	return s, nil
}

// Start listens and serves until ctx ends or Close is called.
func (s *Sink) Start(ctx context.Context) error {
	if s.o.Save != "" {
		if err := os.MkdirAll(s.o.Save, 0o755); err != nil {
			return err
		}
	}
	for _, addr := range s.o.Listen {
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err != nil {
			for _, l := range s.listeners {
				_ = l.Close()
			}
			return err
		}
		s.listeners = append(s.listeners, ln)
	}
	s.ctx, s.stop = context.WithCancel(ctx)
	for _, ln := range s.listeners {
		s.serving.Go(func() { _ = s.srv.Serve(&listener{ln, s}) })
	}
	context.AfterFunc(s.ctx, func() { s.Close() })
	return nil
}

// Addr is the first address listened on, HOST:PORT.
func (s *Sink) Addr() string { return s.listeners[0].Addr().String() }

// Addrs are all addresses listened on, in the order of the options.
func (s *Sink) Addrs() []string {
	out := make([]string, len(s.listeners))
	for i, l := range s.listeners {
		out[i] = l.Addr().String()
	}
	return out
}

// Certificate is what the sink shows in STARTTLS, nil without TLS. It is its own
// authority, for the name of the options, localhost and the loopback addresses.
func (s *Sink) Certificate() *x509.Certificate { return s.cert }

// Counts returns the totals so far.
func (s *Sink) Counts() Counts { return s.book.counts() }

// Events returns what is kept of what happened, oldest first, and how many older
// events were dropped.
func (s *Sink) Events() (list []Event, lost int) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	return s.book.log.all(), s.book.log.lost
}

// Done is closed when the messages of Options.Count have been accepted.
func (s *Sink) Done() <-chan struct{} { return s.done }

// Wait returns when n messages have been accepted, or with the error of ctx.
func (s *Sink) Wait(ctx context.Context, n int) error {
	for {
		s.book.mu.Lock()
		got, changed := s.book.c.Messages, s.book.changed
		s.book.mu.Unlock()
		if got >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// patience is how long Shutdown lets sessions end by themselves.
const patience = 2 * time.Second

// Shutdown stops listening, answers further messages with 421, gives open sessions
// two seconds to end, and closes.
func (s *Sink) Shutdown() {
	s.closing.Store(true)
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	s.ending.Lock()
	_ = s.srv.Shutdown(ctx)
	s.ending.Unlock()
	s.Close()
}

// Close ends the sink and its connections. It can be called again.
func (s *Sink) Close() {
	if s.stop == nil {
		return // not started
	}
	s.stop() // also ends a Shutdown under way
	s.ending.Lock()
	_ = s.srv.Close()
	s.ending.Unlock()
	s.mu.Lock()
	open := s.fronts
	s.fronts = nil
	s.mu.Unlock()
	for f := range open {
		_ = f.Close()
	}
	s.serving.Wait()
}

// wait lets a stage take its time.
func (s *Sink) wait(at Stage) {
	d := s.o.Delays[at]
	if d == 0 {
		return
	}
	if s.o.Jitter > 0 {
		d += time.Duration(float64(d) * float64(s.o.Jitter) * (2*s.chance.draw(at, true) - 1))
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}

// fails draws whether a stage refuses, and returns the code or 0.
func (s *Sink) fails(at Stage) int {
	if len(s.o.Failures) == 0 {
		return 0
	}
	return s.o.Failures.code(at, s.chance.draw(at, false))
}

// listener hands go-smtp connections with their front.
type listener struct {
	net.Listener
	s *Sink
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		f := l.s.newFront(nc)
		l.s.mu.Lock()
		if l.s.fronts == nil {
			l.s.mu.Unlock()
			_ = nc.Close()
			return nil, errors.New("closed")
		}
		l.s.fronts[f] = struct{}{}
		l.s.mu.Unlock()
		return f, nil
	}
}
