package loadgen

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// Options say what is sent. To and one of Messages and Duration are needed.
type Options struct {
	To       string        // HOST:PORT
	Clients  int           // connections at once; 0: 20
	Messages int           // how many; 0: until Duration is over
	Duration time.Duration // how long; 0: until Messages are sent

	Size       int    // bytes of a message, header and body; 0: 4096
	Recipients int    // of one message; 0: 1
	PerConn    int    // messages on one connection; 0: as many as there are
	Domains    int    // recipient domains, the n-th about n times rarer than the first; 0: 1
	Sender     string // "": sender@bench.test
	Recipient  string // {n}: number of the message, {r}: of the recipient in it, {d}: of the domain; "": DefaultRecipient

	NoPipelining bool    // one command at a time also when PIPELINING is offered
	StartTLS     bool    // TLS without a look at the certificate; not offered: the connection fails
	LMTP         bool    // LHLO, and an answer per recipient
	Rate         float64 // messages per second over all clients; 0: no limit
	Timeout      time.Duration
	Seed         uint64 // of the choice of domains
}

// DefaultRecipient is the pattern of recipients.
const DefaultRecipient = "user{n}.{r}@d{d}.test"

// Bounds of the options.
const (
	MaxClients    = 10_000
	MaxMessages   = 1_000_000_000
	MaxDuration   = 24 * time.Hour
	MaxSize       = 1 << 30
	MaxRecipients = 10_000
	minSize       = 300 // holds the header
)

// check completes the options, or tells what is wrong with them.
func (o *Options) check() error {
	for _, d := range []struct {
		field   *int
		missing int
	}{{&o.Clients, 20}, {&o.Size, 4096}, {&o.Recipients, 1}, {&o.Domains, 1}} {
		if *d.field == 0 {
			*d.field = d.missing
		}
	}
	if o.Sender == "" {
		o.Sender = "sender@bench.test"
	}
	if o.Recipient == "" {
		o.Recipient = DefaultRecipient
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if _, _, err := net.SplitHostPort(o.To); err != nil {
		return fmt.Errorf("got address '%s', want HOST:PORT", o.To)
	}
	if (o.Messages == 0) == (o.Duration == 0) {
		return errors.New("want a number of messages or a time, one of both")
	}
	for _, b := range []struct {
		what           string
		got, low, high int
	}{
		{"clients", o.Clients, 1, MaxClients}, {"messages", o.Messages, 0, MaxMessages},
		{"seconds", int(o.Duration / time.Second), 0, int(MaxDuration / time.Second)}, {"bytes of a message", o.Size, minSize, MaxSize},
		{"recipients of a message", o.Recipients, 1, MaxRecipients}, {"messages on a connection", o.PerConn, 0, MaxMessages},
		{"domains", o.Domains, 1, MaxMessages},
	} {
		if b.got < b.low || b.got > b.high {
			return fmt.Errorf("got %d %s, want %d to %d", b.got, b.what, b.low, b.high)
		}
	}
	if o.Rate < 0 || o.Rate > 1e9 {
		return fmt.Errorf("got a rate of %g per second, want 0 to 1e9", o.Rate)
	}
	for _, path := range []string{o.Sender, o.Recipient} {
		if strings.ContainsAny(path, "\r\n <>") || len(path) > smtp.MaxReplyLine {
			return fmt.Errorf("got '%s', want an address without brackets", path)
		}
	}
	return nil
}
