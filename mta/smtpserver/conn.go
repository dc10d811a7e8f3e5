package smtpserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"sync"
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
	br      *bufio.Reader // what is read from: small, or a wide one before it
	small   *bufio.Reader
	bw      *bufio.Writer
	limit   time.Duration // of the next reads; 0: none
	end     time.Time     // of the session; zero: none
	idle    bool          // waiting for a command: drain interrupts it
	in, out int64

	writeBy time.Time // the deadline as it is set

	mu      sync.Mutex // of what drain touches: it, readBy and nc
	drained bool
	waits   bool // a read that drain interrupts is under way
	readBy  time.Time
	stop    func() bool // to wait for drain
}

func newWire(nc net.Conn, drain context.Context, end time.Time) *wire {
	w := &wire{nc: nc, end: end}
	w.small = bufio.NewReaderSize(w, smtp.MaxCommandLine)
	w.br = w.small
	w.bw = bufio.NewWriterSize(writer{w}, 4096)
	w.stop = context.AfterFunc(drain, w.interrupt)
	return w
}

// interrupt ends the wait for a command.
func (w *wire) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.drained = true; w.waits {
		w.readBy = time.Unix(1, 0)
		w.nc.SetReadDeadline(w.readBy)
	}
}

// slack is by which part a time limit may be exceeded: setting a deadline moves a timer of
// the runtime, so that one which is nearly right stays.
const slack = 64

// deadline returns the one for a limit from now on, and whether it is the one that is set.
func deadline(set time.Time, limit time.Duration) (time.Time, bool) {
	least := time.Now().Add(limit)
	if over := set.Sub(least); over >= 0 && over <= limit/slack {
		return set, true
	}
	return least.Add(limit / slack), false
}

// begin prepares a read and reports whether there shall be one.
func (w *wire) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle && w.drained {
		return false
	}
	w.waits = w.idle
	by := w.end
	if w.limit > 0 {
		d, same := deadline(w.readBy, w.limit)
		if same {
			return true
		}
		if by.IsZero() || d.Before(by) {
			by = d
		}
	}
	if w.readBy != by {
		w.readBy = by
		w.nc.SetReadDeadline(by)
	}
	return true
}

// Read implements io.Reader for the buffer.
func (w *wire) Read(p []byte) (int, error) {
	if !w.begin() {
		return 0, errDraining
	}
	n, err := w.nc.Read(p)
	w.mu.Lock()
	if w.waits && w.drained && n == 0 && err != nil {
		err = errDraining
	}
	w.waits = false
	w.mu.Unlock()
	w.in += int64(n)
	return n, err
}

// writer is the other direction.
type writer struct{ w *wire }

func (x writer) Write(p []byte) (int, error) {
	if by, same := deadline(x.w.writeBy, writeTimeout); !same {
		x.w.writeBy = by
		x.w.nc.SetWriteDeadline(by)
	}
	n, err := x.w.nc.Write(p)
	x.w.out += int64(n)
	return n, err
}

// line reads a command line. Replies are flushed first, unless the client has
// sent more commands already.
func (w *wire) line(limit time.Duration) ([]byte, error) {
	w.narrow()
	if !w.pending() {
		if err := w.bw.Flush(); err != nil {
			return nil, err
		}
	}
	w.limit, w.idle = limit, true
	defer func() { w.idle = false }()
	return smtp.ReadLine(w.br, smtp.MaxCommandLine, 64<<10)
}

// wide are readers for content, which comes in larger pieces than commands. A connection
// that waits for a command has none.
var wide = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 32<<10) }}

// widen reads through a wide buffer.
func (w *wire) widen() {
	if w.br == w.small {
		w.br = wide.Get().(*bufio.Reader)
		w.br.Reset(w.small)
	}
}

// narrow gives the wide buffer back unless there are commands in it.
func (w *wire) narrow() {
	if w.br != w.small && w.br.Buffered() == 0 {
		w.br.Reset(nil)
		wide.Put(w.br)
		w.br = w.small
	}
}

// pending reports whether the client has sent more than was read.
func (w *wire) pending() bool { return w.br.Buffered() > 0 || w.small.Buffered() > 0 }

// upgrade goes on inside TLS.
func (w *wire) upgrade(ctx context.Context, config *tls.Config, limit time.Duration) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	w.nc.SetDeadline(time.Time{})
	tc := tls.Server(w.nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.nc, w.readBy, w.writeBy = tc, time.Time{}, time.Time{}
	w.mu.Unlock()
	w.narrow()
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
