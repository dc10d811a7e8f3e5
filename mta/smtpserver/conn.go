package smtpserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

const errTooManyFiles = syscall.EMFILE

// writeTimeout bounds how long a client may leave a reply unread.
const writeTimeout = 5 * time.Minute

// wire is the connection of a session: buffered, with a time limit on each read
// and write.
type wire struct {
	nc      net.Conn
	br      *bufio.Reader
	bw      *bufio.Writer
	limit   time.Duration // of the next reads; 0: none
	end     time.Time     // of the session; zero: none
	drain   context.Context
	idle    bool // waiting for a command: drain interrupts it
	in, out int64
}

func newWire(nc net.Conn, drain context.Context, end time.Time) *wire {
	w := &wire{nc: nc, drain: drain, end: end}
	w.br = bufio.NewReaderSize(w, smtp.MaxCommandLine)
	w.bw = bufio.NewWriterSize(writer{w}, 4096)
	return w
}

// Read implements io.Reader for the buffer.
func (w *wire) Read(p []byte) (int, error) {
	deadline := w.end
	if w.limit > 0 {
		if d := time.Now().Add(w.limit); deadline.IsZero() || d.Before(deadline) {
			deadline = d
		}
	}
	if w.idle && w.drain.Err() != nil {
		return 0, errDraining
	}
	w.nc.SetReadDeadline(deadline)
	stop := func() bool { return true }
	if w.idle {
		stop = context.AfterFunc(w.drain, func() { w.nc.SetReadDeadline(time.Unix(1, 0)) })
	}
	n, err := w.nc.Read(p)
	if !stop() && n == 0 && err != nil && w.drain.Err() != nil {
		err = errDraining
	}
	w.in += int64(n)
	return n, err
}

// writer is the other direction.
type writer struct{ w *wire }

func (x writer) Write(p []byte) (int, error) {
	x.w.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := x.w.nc.Write(p)
	x.w.out += int64(n)
	return n, err
}

// line reads a command line. Replies are flushed first, unless the client has
// sent more commands already.
func (w *wire) line(limit time.Duration) ([]byte, error) {
	if w.br.Buffered() == 0 {
		if err := w.bw.Flush(); err != nil {
			return nil, err
		}
	}
	w.limit, w.idle = limit, true
	defer func() { w.idle = false }()
	return smtp.ReadLine(w.br, smtp.MaxCommandLine, 64<<10)
}

// upgrade goes on inside TLS.
func (w *wire) upgrade(ctx context.Context, config *tls.Config, limit time.Duration) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	w.nc.SetDeadline(time.Time{})
	tc := tls.Server(w.nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	w.nc = tc
	w.br.Reset(w)
	w.bw.Reset(writer{w})
	return tc, nil
}

func addrPort(a net.Addr) (netip.Addr, int) {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}, 0
	}
	return ap.Addr().Unmap().WithZone(""), int(ap.Port())
}

// errorKind tells where an error of the connection came from.
func errorKind(err error) string {
	if strings.Contains(err.Error(), "tls:") {
		return "tls"
	}
	return "socket"
}
