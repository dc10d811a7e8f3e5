package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/cmd/internal/loadgen"
)

// sendCmd is `hawserbench send`.
type sendCmd struct {
	To       string `required:"" placeholder:"HOST:PORT" help:"Server to send to."`
	Clients  int    `default:"20" placeholder:"N" help:"Connections at once (20)."`
	Messages int    `xor:"amount" placeholder:"N" help:"Messages to send (10000)."`
	Seconds  int    `xor:"amount" placeholder:"S" help:"Send for so long instead."`

	Size       size    `default:"4KiB" placeholder:"SIZE" help:"Size of a message, in bytes or with KiB, MiB (4KiB)."`
	Recipients int     `name:"recipients-per-message" default:"1" placeholder:"N" help:"Recipients of each message (1)."`
	PerConn    int     `name:"messages-per-connection" default:"0" placeholder:"N" help:"Messages on one connection; 0: as many as there are (0)."`
	Domains    int     `default:"1" placeholder:"N" help:"Recipient domains; the n-th gets n^-1.1 of the first (1)."`
	Recipient  string  `default:"user{n}.{r}@d{d}.test" placeholder:"ADDR" help:"Recipients; {n}, {r}, {d} are the numbers of message, recipient and domain (user{n}.{r}@d{d}.test)."`
	Sender     string  `default:"sender@bench.test" placeholder:"ADDR" help:"Envelope sender (sender@bench.test)."`
	Pipelining bool    `default:"true" negatable:"" help:"Send MAIL, RCPT and DATA in one write when PIPELINING is offered (on)."`
	StartTLS   bool    `name:"starttls" help:"Encrypt; the certificate is not checked."`
	LMTP       bool    `name:"lmtp" help:"Speak LMTP."`
	Rate       float64 `default:"0" placeholder:"N" help:"Messages per second over all clients; 0: no limit (0)."`
	Timeout    int     `default:"60" placeholder:"SECONDS" help:"Longest wait for an answer (60)."`
	Seed       uint64  `default:"1" placeholder:"N" help:"Seed of the choice of domains (1)."`

	AllowFailures bool `help:"Exit 0 also when messages were not accepted."`
	JSON          bool `name:"json" help:"Print the result as JSON."`
}

// Run sends.
func (c *sendCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if c.Seconds == 0 && c.Messages == 0 {
		c.Messages = 10_000
	}
	if c.Clients < 1 || c.Recipients < 1 || c.Domains < 1 || c.Timeout < 1 || c.Size == 0 {
		return cli.Fail(cli.Usage, "clients, recipients, domains, size and timeout are 1 at least")
	}
	r, err := loadgen.Run(ctx, loadgen.Options{
		To: c.To, Clients: c.Clients, Messages: c.Messages, Duration: time.Duration(c.Seconds) * time.Second,
		Size: int(c.Size), Recipients: c.Recipients, PerConn: c.PerConn, Domains: c.Domains, Recipient: c.Recipient, Sender: c.Sender,
		NoPipelining: !c.Pipelining, StartTLS: c.StartTLS, LMTP: c.LMTP, Rate: c.Rate, Timeout: time.Duration(c.Timeout) * time.Second, Seed: c.Seed,
	})
	if err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	if c.JSON {
		err = printJSON(os.Stdout, r)
	} else {
		err = r.Text(os.Stdout)
	}
	if err != nil {
		return err
	}
	if !r.OK() && !c.AllowFailures {
		return cli.Fail(cli.Failed, "%d messages failed, %d recipients were refused", r.Failed, r.Refused)
	}
	return nil
}
