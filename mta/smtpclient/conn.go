package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// Conn is one outbound connection, ready for transactions. It is used by one
// goroutine at a time.
type Conn struct {
	nc   net.Conn
	br   *bufio.Reader
	bw   *bufio.Writer
	o    *Options
	info Info

	dirty  bool // a transaction is open at the peer
	broken bool // no further command makes sense
	out    []byte
}

const (
	readBuffer  = smtp.MaxReplyLine
	writeBuffer = 32 << 10 // also the data block of the time limits
)

// Dial connects to addr and makes the session ready for mail: banner,
// greeting, STARTTLS and AUTH as o says. In the optional TLS modes a failed
// handshake leads to a second connection in clear.
//
// The Info is not nil once a TCP connection existed, whatever came of it. The
// error is a *ReplyError or an *Error.
func Dial(ctx context.Context, addr netip.AddrPort, o *Options) (*Conn, *Info, error) {
	c, info, err := dialOnce(ctx, addr, o)
	var fail *Error
	if err == nil || !errors.As(err, &fail) || !retryInClear(o, fail) || ctx.Err() != nil {
		return c, info, err
	}
	plain := *o
	plain.TLS.Mode = TLSDisabled
	tried := info.TLS
	c, info, err = dialOnce(ctx, addr, &plain)
	if info == nil {
		return nil, nil, err
	}
	info.TLS = tried
	return c, info, err
}

// retryInClear reports whether a failed attempt is followed by one without
// TLS (mta.md 6.4).
func retryInClear(o *Options, fail *Error) bool {
	if fail.State != smtp.StateStartTLS || fail.Type == ErrDANE || o.TLS.Implicit {
		return false
	}
	switch o.TLS.Mode {
	case TLSOptional:
		return true
	case TLSOptionalVerify:
		return !o.TLS.StrictOptional
	}
	return false
}

func dialOnce(ctx context.Context, addr netip.AddrPort, o *Options) (*Conn, *Info, error) {
	wait := o.ConnectTimeout
	if wait <= 0 {
		wait = 30 * time.Second
	}
	dctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	d := o.Dialer
	if d == nil {
		var err error
		if d, err = o.NetDialer(addr.Addr()); err != nil {
			return nil, nil, err
		}
	}
	nc, err := d.DialContext(dctx, "tcp", addr.String())
	if err != nil {
		return nil, nil, networkError("", "connect to "+addr.String(), dctx, err)
	}
	return New(ctx, nc, o)
}

// NetDialer returns the dialer that is used for an address when Dialer is nil: bound to
// Local. The error is an *Error when that cannot reach the address.
func (o *Options) NetDialer(to netip.Addr) (*net.Dialer, error) {
	d := &net.Dialer{}
	if o.FreeBind {
		d.Control = freeBind
	}
	if !o.Local.IsValid() {
		return d, nil
	}
	if o.Local.Unmap().Is4() != to.Unmap().Is4() {
		return nil, &Error{Type: ErrConfig, Temporary: true,
			Message: fmt.Sprintf("source address %s cannot reach %s: other family", o.Local, to)}
	}
	d.LocalAddr = &net.TCPAddr{IP: o.Local.AsSlice(), Zone: o.Local.Zone()}
	return d, nil
}

// DialError words the failure of a connection to addr as Dial does.
func DialError(ctx context.Context, addr netip.AddrPort, err error) error {
	return networkError("", "connect to "+addr.String(), ctx, err)
}

// New makes a session on a connection that is already open, and owns it from
// then on: it is closed when New fails, with QUIT when the peer can still hear
// it (RFC 5321 section 4.1.1.10). Unlike Dial it cannot fall back to a second
// connection.
func New(ctx context.Context, nc net.Conn, o *Options) (*Conn, *Info, error) {
	c := &Conn{nc: nc, o: o, br: bufio.NewReaderSize(nc, readBuffer), bw: bufio.NewWriterSize(nc, writeBuffer)}
	c.info.LocalIP, _ = addrOf(nc.LocalAddr())
	c.info.RemoteIP, c.info.RemotePort = addrOf(nc.RemoteAddr())
	defer c.watch(ctx)()
	if err := c.setUp(ctx); err != nil {
		_ = c.Close() // nothing depends on how the peer says good-bye
		return nil, &c.info, err
	}
	return c, &c.info, nil
}

func addrOf(a net.Addr) (netip.Addr, int) {
	if t, ok := a.(*net.TCPAddr); ok {
		ap := t.AddrPort()
		return ap.Addr().Unmap(), int(ap.Port())
	}
	return netip.Addr{}, 0
}

// Info returns the facts of the connection; the pointer stays valid and its
// target changes with each transaction.
func (c *Conn) Info() *Info { return &c.info }

// Usable reports whether another transaction can be tried.
func (c *Conn) Usable() bool { return !c.broken }

// Idle reports whether a pooled connection is still silent and open: a peer
// that spoke or closed since the last answer makes it unusable. It does not wait.
func (c *Conn) Idle() bool {
	if c.broken || c.br.Buffered() > 0 {
		return false
	}
	raw := c.nc
	t, encrypted := raw.(*tls.Conn)
	if encrypted {
		raw = t.NetConn()
	}
	if sc, ok := raw.(syscall.Conn); ok {
		switch peek(sc) {
		case silent:
			return true
		case closed:
			c.fail()
			return false
		}
		if !encrypted {
			c.fail()
			return false
		}
	}
	// Under TLS what has come may be a new ticket, not a word of the peer.
	_ = c.nc.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.br.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.fail()
		return false
	}
	return true
}

// What there is to read from a socket.
const (
	silent = iota
	spoken
	closed
)

// Close ends the session: QUIT, five seconds for the answer, and the socket.
// On a broken connection it only closes the socket.
func (c *Conn) Close() error {
	if !c.broken {
		_ = c.nc.SetDeadline(time.Now().Add(quitPatience))
		if c.send("QUIT") == nil && c.bw.Flush() == nil {
			if r, err := smtp.ReadReply(c.br, true); err == nil {
				c.traceReply(r)
			}
		}
	}
	c.broken = true
	return c.nc.Close()
}

// Abort closes the socket without a word.
func (c *Conn) Abort() { c.fail() }

func (c *Conn) fail() {
	c.broken = true
	_ = c.nc.Close()
}

// watch closes the connection when ctx ends; the returned function stops it.
func (c *Conn) watch(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { _ = c.nc.Close() })
	return func() { stop() }
}

// send puts one command into the output buffer.
func (c *Conn) send(line string) error { return c.sendTraced(line, line) }

func (c *Conn) sendTraced(line, shown string) error {
	if c.o.Trace != nil {
		c.o.Trace(true, shown)
	}
	c.out = append(append(c.out[:0], line...), '\r', '\n')
	_, err := c.bw.Write(c.out)
	return err
}

// flush writes the output buffer within the limit of state.
func (c *Conn) flush(ctx context.Context, state string) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.o.timeout(state)))
	if err := c.bw.Flush(); err != nil {
		return c.lost(ctx, state, "send", err)
	}
	return nil
}

// reply reads the answer of a state within its limit.
func (c *Conn) reply(ctx context.Context, state string) (smtp.Reply, error) {
	_ = c.nc.SetReadDeadline(time.Now().Add(c.o.timeout(state)))
	enhanced := state != smtp.StateBanner && state != smtp.StateEhlo && state != smtp.StateHelo && state != smtp.StateLhlo
	r, err := smtp.ReadReply(c.br, enhanced)
	if err != nil {
		return smtp.Reply{}, c.lost(ctx, state, "read the answer", err)
	}
	c.traceReply(r)
	if r.Code == 421 {
		c.dirty, c.broken = false, true // the peer closes (RFC 5321 3.8)
	}
	return r, nil
}

// exchange sends one command and reads its answer.
func (c *Conn) exchange(ctx context.Context, state, line string) (smtp.Reply, error) {
	return c.exchangeTraced(ctx, state, line, line)
}

func (c *Conn) exchangeTraced(ctx context.Context, state, line, shown string) (smtp.Reply, error) {
	if err := c.sendTraced(line, shown); err != nil {
		return smtp.Reply{}, c.lost(ctx, state, "send", err)
	}
	if err := c.flush(ctx, state); err != nil {
		return smtp.Reply{}, err
	}
	return c.reply(ctx, state)
}

func (c *Conn) traceReply(r smtp.Reply) {
	if c.o.Trace == nil {
		return
	}
	text := strings.TrimSuffix(string(smtp.AppendReply(nil, r)), "\r\n")
	for line := range strings.SplitSeq(text, "\r\n") {
		c.o.Trace(false, line)
	}
}

// lost closes the connection and types its error.
func (c *Conn) lost(ctx context.Context, state, what string, err error) *Error {
	c.fail()
	if errors.Is(err, smtp.ErrBadReply) {
		return &Error{Type: ErrProtocol, Temporary: true, State: state, Message: err.Error(), Err: err}
	}
	return networkError(state, what, ctx, err)
}

// networkError words an error of the transport.
func networkError(state, what string, ctx context.Context, err error) *Error {
	e := &Error{Type: ErrNetwork, Temporary: true, State: state, Err: err}
	var timeout net.Error
	var alert tls.AlertError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Message, e.Err = what+": cancelled", context.Canceled
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(), ctx.Err() != nil:
		e.Message = what + ": time-out"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = what + ": connection closed by the peer"
	case errors.As(err, &alert):
		e.Message = what + ": " + alert.Error()
	default:
		e.Message = what + ": " + cause(err)
	}
	return e
}

// cause returns the innermost text of a net.OpError, which names no addresses
// twice.
func cause(err error) string {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
