package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/cmd/internal/sink"
)

// sinkCmd is `hawserbench sink`.
type sinkCmd struct {
	Listen []string `default:"127.0.0.1:2600" placeholder:"HOST:PORT" help:"Address to listen on; can be repeated (127.0.0.1:2600)."`
	LMTP   bool     `name:"lmtp" help:"Speak LMTP."`

	Fail   sink.Failures `placeholder:"STAGE=SHARE%:CODE,…" help:"Refuse a share at connect, helo, mail, rcpt, data or eod: rcpt=5%:550,mail=2%:451."`
	Delay  sink.Delays   `placeholder:"STAGE=TIME,…" help:"Answer late at a stage: rcpt=20ms,eod=1s."`
	Jitter sink.Share    `default:"0%" placeholder:"SHARE%" help:"Vary delays by this share up and down."`

	MaxConnections   int  `default:"0" placeholder:"N" help:"Connections at once; more get 421; 0: no limit."`
	MaxPerClient     int  `default:"0" placeholder:"N" help:"Connections at once from one address; 0: no limit."`
	MaxPerConnection int  `default:"0" placeholder:"N" help:"Messages on one connection, then 421; 0: no limit."`
	MaxSize          size `default:"0" placeholder:"SIZE" help:"Largest message, in bytes or with KiB, MiB; 0: no limit."`
	Greylist         int  `default:"0" placeholder:"SECONDS" help:"451 to a new client, sender and recipient until it is this old."`

	StartTLS   bool     `name:"starttls" help:"Offer STARTTLS with a certificate made at start."`
	Extensions []string `placeholder:"NAME=on|off,…" help:"Switch pipelining, chunking, 8bitmime, dsn, smtputf8 or requiretls (all on)."`
	Save       string   `placeholder:"DIR" help:"Keep accepted messages as files in DIR."`
	Track      []string `default:"Message-ID" placeholder:"FIELD" help:"Header fields whose values a recipient should see once (Message-ID)."`
	Count      int      `xor:"end" placeholder:"N" help:"End after N accepted messages."`
	Seconds    int      `xor:"end" placeholder:"S" help:"End after S seconds."`
	Seed       uint64   `default:"1" placeholder:"N" help:"Seed of all chance (1)."`
	JSON       bool     `name:"json" help:"Print the counts as JSON."`
}

// Run takes mail until the end that was asked for, or a signal, and prints the
// counts.
func (c *sinkCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	off, err := switchedOff(c.Extensions)
	if err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	if c.Seconds < 0 || c.Count < 0 {
		return cli.Fail(cli.Usage, "count and seconds are 0 at least")
	}
	s, err := sink.New(sink.Options{
		Listen: c.Listen, LMTP: c.LMTP, TLS: c.StartTLS, Failures: c.Fail, Delays: c.Delay, Jitter: c.Jitter,
		Limits:   sink.Limits{Total: c.MaxConnections, Client: c.MaxPerClient, Messages: c.MaxPerConnection},
		Greylist: time.Duration(c.Greylist) * time.Second, Off: off, MaxSize: int64(c.MaxSize),
		Count: c.Count, Save: c.Save, Track: c.Track, Seed: c.Seed, Log: 1,
	})
	if err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	if err := s.Start(context.Background()); err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	for _, a := range s.Addrs() {
		fmt.Fprintf(os.Stderr, "listening on %s\n", a)
	}
	var over <-chan time.Time
	if c.Seconds > 0 {
		over = time.After(time.Duration(c.Seconds) * time.Second)
	}
	select {
	case <-s.Done():
	case <-over:
	case <-ctx.Done():
	}
	s.Shutdown()
	if c.JSON {
		return printJSON(os.Stdout, s.Counts())
	}
	return s.Counts().Text(os.Stdout)
}

// switchedOff reads NAME=on and NAME=off.
func switchedOff(switches []string) (off []string, err error) {
	for _, s := range switches {
		name, value, _ := strings.Cut(s, "=")
		switch value {
		case "on":
			if err := sink.CheckExtension(name); err != nil {
				return nil, err
			}
		case "off":
			off = append(off, name)
		default:
			return nil, fmt.Errorf("got extension '%s', want NAME=on or NAME=off", s)
		}
	}
	return off, nil
}
