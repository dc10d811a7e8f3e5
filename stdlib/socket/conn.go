package socket

import (
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// conn is the socket as crypto/tls takes it. Deadlines are set by Socket.during.
type conn struct {
	*Socket
	ended bool // the peer has closed the stream
}

// Read implements io.Reader.
func (c *conn) Read(p []byte) (n int, err error) {
	if c.file == nil {
		return 0, unix.EBADF
	}
	err = c.read(func(fd int) error {
		var err error
		n, _, err = unix.Recvfrom(fd, p, 0)
		return err
	})
	if err != nil {
		return 0, err
	}
	if n == 0 && len(p) > 0 {
		c.ended = true
		return 0, io.EOF
	}
	return n, nil
}

// Write implements io.Writer.
func (c *conn) Write(p []byte) (sent int, err error) {
	if c.file == nil {
		return 0, unix.EBADF
	}
	err = c.write(func(fd int) error {
		for sent < len(p) {
			n, err := unix.SendmsgN(fd, p[sent:], nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				return err
			}
			sent += n
		}
		return nil
	})
	return sent, err
}

// What else net.Conn has is not used.

func (c *conn) LocalAddr() net.Addr              { return nil }
func (c *conn) RemoteAddr() net.Addr             { return nil }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
