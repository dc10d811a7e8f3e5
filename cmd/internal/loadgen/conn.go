package loadgen

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// conn is one connection that is ready for transactions.
type conn struct {
	nc         net.Conn
	br         *bufio.Reader
	bw         *bufio.Writer
	o          *Options
	t          *tally
	pipelining bool
	sent       int       // transactions
	wrote      time.Time // end of the last write
}

// errRefused ends a set-up whose failure is counted.
var errRefused = errors.New("refused")

// dial opens a connection; nil when it failed, which is counted.
func dial(ctx context.Context, o *Options, t *tally) *conn {
	begin := time.Now()
	nc, err := (&net.Dialer{Timeout: o.Timeout}).DialContext(ctx, "tcp", o.To)
	if err != nil {
		t.failure(Connect + " lost")
		return nil
	}
	t.time(Connect, time.Since(begin))
	t.count(func(r *Result) { r.Connections++ })
	c := &conn{nc: nc, br: bufio.NewReader(nc), bw: bufio.NewWriterSize(nc, 64<<10), o: o, t: t}
	if c.setUp(ctx) != nil {
		_ = nc.Close()
		return nil
	}
	return c
}

// setUp goes from the banner to the last EHLO.
func (c *conn) setUp(ctx context.Context) error {
	c.wrote = time.Now()
	if _, err := c.want(Banner, 220); err != nil {
		return err
	}
	ext, err := c.greet()
	if err != nil {
		return err
	}
	if c.o.StartTLS {
		if !ext.Has(smtp.ExtStartTLS) {
			c.t.failure(StartTLS + " not offered")
			return errRefused
		}
		if ext, err = c.startTLS(ctx); err != nil {
			return err
		}
	}
	c.pipelining = ext.Has(smtp.ExtPipelining) && !c.o.NoPipelining
	return nil
}

func (c *conn) greet() (smtp.Extensions, error) {
	verb := "EHLO"
	if c.o.LMTP {
		verb = "LHLO"
	}
	if err := c.write(Helo, verb+" bench.test"); err != nil {
		return nil, err
	}
	r, err := c.want(Helo, 250)
	if err != nil {
		return nil, err
	}
	return smtp.ParseExtensions(r.Lines[1:]), nil
}

func (c *conn) startTLS(ctx context.Context) (smtp.Extensions, error) {
	begin := time.Now()
	if err := c.write(StartTLS, "STARTTLS"); err != nil {
		return nil, err
	}
	_ = c.nc.SetDeadline(begin.Add(c.o.Timeout))
	if r, err := smtp.ReadReply(c.br, true); err != nil {
		return nil, c.lost(StartTLS)
	} else if r.Code != 220 {
		return nil, c.refused(StartTLS, r.Code)
	}
	// The load is measured, not the certificate.
	secure := tls.Client(c.nc, &tls.Config{InsecureSkipVerify: true})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, c.lost(StartTLS)
	}
	c.t.time(StartTLS, time.Since(begin))
	c.nc = secure
	c.br.Reset(secure)
	c.bw.Reset(secure)
	return c.greet()
}

// write sends lines in one write.
func (c *conn) write(stage string, lines ...string) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.o.Timeout))
	for _, l := range lines {
		_, _ = c.bw.WriteString(l)
		_, _ = c.bw.WriteString("\r\n")
	}
	if err := c.bw.Flush(); err != nil {
		return c.lost(stage)
	}
	c.wrote = time.Now()
	return nil
}

// reply reads the answer of a stage.
func (c *conn) reply(stage string) (smtp.Reply, error) {
	_ = c.nc.SetReadDeadline(time.Now().Add(c.o.Timeout))
	r, err := smtp.ReadReply(c.br, false)
	if err != nil {
		return r, c.lost(stage)
	}
	c.t.time(stage, time.Since(c.wrote))
	return r, nil
}

// want reads an answer that must have a code.
func (c *conn) want(stage string, code int) (smtp.Reply, error) {
	r, err := c.reply(stage)
	if err == nil && r.Code != code {
		err = c.refused(stage, r.Code)
	}
	return r, err
}

func (c *conn) lost(stage string) error {
	c.t.failure(stage + " lost")
	return errRefused
}

func (c *conn) refused(stage string, code int) error {
	c.t.failure(fmt.Sprintf("%s %d", stage, code))
	return errRefused
}

// quitPatience bounds the wait for the answer to QUIT.
const quitPatience = 2 * time.Second

// quit ends the connection in order.
func (c *conn) quit() {
	_, _ = c.bw.WriteString("QUIT\r\n")
	_ = c.nc.SetDeadline(time.Now().Add(quitPatience))
	if c.bw.Flush() == nil {
		_, _ = smtp.ReadReply(c.br, false)
	}
	_ = c.nc.Close()
}
