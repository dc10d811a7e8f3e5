package sink

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Options say how a sink behaves. The zero value takes everything, at once, on a
// free port of 127.0.0.1.
type Options struct {
	Listen []string // HOST:PORT; none: 127.0.0.1:0
	Name   string   // host name of the banner; "": sink.test
	LMTP   bool     // LMTP (RFC 2033): one answer per recipient after the content
	TLS    bool     // offer STARTTLS with a certificate made at start

	Failures Failures
	Delays   Delays
	Jitter   Share // a delay varies by this share up and down
	Limits   Limits
	Greylist time.Duration // 451 to a new client, sender, recipient until it is this old
	Off      []string      // keywords not offered: see Extensions
	MaxSize  int64         // bytes of a message; 0: no limit
	Timeout  time.Duration // of one read or write; 0: 5 minutes

	Count int      // Done is closed after so many messages; 0: never
	Save  string   // directory for the messages accepted; "": none
	Track []string // header fields whose values a recipient should see once; none: Message-ID
	Seed  uint64   // of chance
	Log   int      // events kept; 0: 100,000
}

// Limits are the limits of a receiver; 0 means none.
type Limits struct {
	Total    int // connections at once; more get 421
	Client   int // connections at once from one address
	Messages int // messages on one connection; MAIL gets 421 then
}

// Extensions are the keywords that Options.Off may name.
var Extensions = []string{"PIPELINING", "CHUNKING", "8BITMIME", "DSN", "SMTPUTF8", "REQUIRETLS"}

const (
	defaultLog     = 100_000
	defaultTimeout = 5 * time.Minute
)

// check completes the options, or tells what is wrong with them.
func (o *Options) check() error {
	if len(o.Listen) == 0 {
		o.Listen = []string{"127.0.0.1:0"}
	}
	if o.Name == "" {
		o.Name = "sink.test"
	}
	if len(o.Track) == 0 {
		o.Track = []string{"Message-ID"}
	}
	if o.Log == 0 {
		o.Log = defaultLog
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	for _, n := range []int{o.Limits.Total, o.Limits.Client, o.Limits.Messages, o.Count, o.Log} {
		if n < 0 {
			return fmt.Errorf("got %d, want a limit of 0 or more", n)
		}
	}
	if o.MaxSize < 0 || o.Greylist < 0 || o.Timeout < 0 {
		return errors.New("sizes and times are not negative")
	}
	for _, k := range o.Off {
		if err := CheckExtension(k); err != nil {
			return err
		}
	}
	return o.Failures.check()
}

// CheckExtension returns an error when a keyword, in any case, is not one of
// Extensions.
func CheckExtension(keyword string) error {
	if slices.ContainsFunc(Extensions, func(k string) bool { return strings.EqualFold(k, keyword) }) {
		return nil
	}
	return fmt.Errorf("got extension '%s', want one of %s", keyword, list(Extensions))
}

// clientOf is the address of a peer without its port.
func clientOf(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
