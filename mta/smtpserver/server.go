package smtpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
)

// Hooks run the scripts of a connection.
type Hooks interface {
	// Begin pins the configuration that the connection keeps; End frees it.
	Begin(c *hook.Connection)
	End(c *hook.Connection)
	// Has reports whether a script is configured for a phase.
	Has(p hook.Phase, c *hook.Connection) bool
	// Run decides about a step. Its Reply is complete, also without a script. The input
	// is the caller's again when it returns.
	Run(ctx context.Context, in *hook.Input) hook.Verdict
}

// Enqueuer takes responsibility for accepted mail.
type Enqueuer interface {
	// Ready returns an error when no mail can be taken for now.
	Ready() error
	// Accept stores what the verdict queued; nil means it is durable.
	Accept(ctx context.Context, c *hook.Connection, tx *hook.Transaction, mail message.Source, v hook.Verdict) error
}

// Resolver looks up the name of a client; ok is false when the look-ups gave no
// confirmed name.
type Resolver interface {
	ClientName(ctx context.Context, ip netip.Addr) (name string, ok bool, result *hook.PTRResult)
}

// Options are the settings that a connection keeps from its start.
type Options struct {
	ID       string // serverid
	Hostname string
	LMTP     bool
	Verbose  bool // log the dialogue

	TLS         *tls.Config // nil: no STARTTLS
	TLSRequired bool
	Extensions  []string // built-in ones to announce; nil: all

	ClientNames    bool // look up the name of clients
	HeloRequired   bool
	AuthMechanisms []string
	AuthPlaintext  bool
	AuthRequired   bool
	TransportID    string // of recipients

	MaxSize       int64 // bytes; 0: none
	MaxHops       int   // Received fields; 0: none
	MaxMessages   int   // per connection; 0: none
	MaxRecipients int   // per message; 0: none
	MaxTotal      int   // connections; 0: none
	MaxPerIP      int

	IdleTimeout    time.Duration // waiting for a command
	DataTimeout    time.Duration // between pieces of content
	SessionTimeout time.Duration // whole connection; 0: none

	TempDir string // for large messages while they arrive
}

// Server serves the listeners of one configured server.
type Server struct {
	Options  func() *Options // asked at each connect, so that changes reach the next one
	Hooks    Hooks
	Enqueuer Enqueuer
	Resolver Resolver // nil: no names
	NewID    func() string
	Logger   *slog.Logger

	mu    sync.Mutex
	total int
	perIP map[netip.Addr]int
}

// Serve accepts connections until drain is done, then closes the listener and
// waits for the sessions: they end after their current command. What is left
// when stop is done is cut. implicit tells that TLS begins with the first byte.
func (s *Server) Serve(drain, stop context.Context, ln net.Listener, implicit bool) error {
	var sessions sync.WaitGroup
	defer sessions.Wait()
	closing := context.AfterFunc(drain, func() { ln.Close() })
	defer closing()
	for {
		nc, err := ln.Accept()
		if err != nil {
			if drain.Err() != nil {
				return nil
			}
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() || errors.Is(err, errTooManyFiles) {
				s.Logger.Error("accept", "err", err)
				select {
				case <-drain.Done():
				case <-time.After(100 * time.Millisecond):
				}
				continue
			}
			ln.Close()
			return err
		}
		sessions.Go(func() { s.serveConn(drain, stop, nc, implicit) })
	}
}

// enter counts a connection; ok is false when it is one too many.
func (s *Server) enter(ip netip.Addr, o *Options) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.MaxTotal > 0 && s.total >= o.MaxTotal || o.MaxPerIP > 0 && s.perIP[ip] >= o.MaxPerIP {
		return nil, false
	}
	if s.perIP == nil {
		s.perIP = map[netip.Addr]int{}
	}
	s.total++
	s.perIP[ip]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.perIP[ip]--; s.perIP[ip] == 0 {
			delete(s.perIP, ip)
		}
	}, true
}

// Connections returns the number of open connections, of all clients or of one.
func (s *Server) Connections(match func(netip.Addr) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if match == nil {
		return s.total
	}
	n := 0
	for ip, c := range s.perIP {
		if match(ip) {
			n += c
		}
	}
	return n
}
