package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
)

// discardCmd is `hawserbench discard`.
type discardCmd struct {
	Listen string `arg:"" placeholder:"HOST:PORT" help:"Address to listen on."`
}

// Run takes mail until a signal.
func (c *discardCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return nothing{}, nil }))
	srv.Domain, srv.ErrorLog = "discard.test", log.New(io.Discard, "", 0)
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	fmt.Fprintf(os.Stderr, "listening on %s\n", ln.Addr())
	return srv.Serve(ln)
}

// nothing takes everything and keeps nothing.
type nothing struct{}

func (nothing) Reset()                               {}
func (nothing) Logout() error                        { return nil }
func (nothing) Mail(string, *smtp.MailOptions) error { return nil }
func (nothing) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (nothing) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
