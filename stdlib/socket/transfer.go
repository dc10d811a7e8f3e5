package socket

import (
	"context"
	"sync"
	"unsafe"

	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/sys/unix"
)

// flags are those of recv.
var flags = map[string]int{"MSG_PEEK": unix.MSG_PEEK, "MSG_WAITALL": unix.MSG_WAITALL, "MSG_DONTWAIT": unix.MSG_DONTWAIT}

// Sizes of what is received, or sent, at once, in bytes. Local datagrams may be longer than
// those of a network.
const (
	piece   = 64 << 10
	longest = 1 << 20
)

var pieces = sync.Pool{New: func() any { return new([piece]byte) }}

// recv receives up to n bytes with flags. Data is nil only with an error.
func (s *Socket) recv(t *vm.Thread, n, flags int) (data []byte, err, fatal error) {
	all := flags&unix.MSG_WAITALL != 0 && s.typ == unix.SOCK_STREAM
	peek, wait := flags&unix.MSG_PEEK, flags&unix.MSG_DONTWAIT == 0
	switch {
	case n == 0:
		return []byte{}, nil, nil
	case all && peek != 0:
		n = min(n, longest)
		if err := t.Reserve(n); err != nil {
			return nil, nil, err
		}
		data, err = s.peekAll(n, wait)
		return data, err, nil
	case !all:
		data, err = s.some(n, peek, wait)
		return data, err, nil
	}
	grown := t.Growth()
	for len(data) < n {
		part, err := s.some(n-len(data), 0, wait)
		if err != nil && len(data) > 0 {
			return data, nil, nil // the next call meets the error
		}
		if err != nil {
			return nil, err, nil
		}
		if len(part) == 0 {
			break
		}
		if err := grown.Add(len(part)); err != nil {
			return nil, nil, err
		}
		data = append(data, part...)
		if t.Context().Err() != nil {
			break
		}
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil, nil
}

// some receives what is there, once there is something. It takes a buffer only for
// that moment: thousands of waiting scripts need none.
func (s *Socket) some(n, flags int, wait bool) (data []byte, err error) {
	most := piece
	if s.family == unix.AF_UNIX && s.typ == unix.SOCK_DGRAM {
		most = longest
	}
	n = min(n, most)
	call := func(fd int) error {
		var b []byte
		if n <= piece {
			p := pieces.Get().(*[piece]byte)
			defer pieces.Put(p)
			b = p[:n]
		} else {
			b = make([]byte, n)
		}
		got, _, err := unix.Recvfrom(fd, b, flags)
		if err == nil {
			data = append([]byte{}, b[:got]...)
		}
		return err
	}
	if wait {
		err = s.read(call)
	} else {
		err = s.control(call)
	}
	return data, err
}

// peekAll looks at n bytes once they or the end are there. When the time is over it
// returns what there is.
func (s *Socket) peekAll(n int, wait bool) ([]byte, error) {
	b := make([]byte, n)
	got := 0
	call := func(fd int) error {
		k, _, err := unix.Recvfrom(fd, b, unix.MSG_PEEK)
		if err != nil {
			return err
		}
		if got = k; got < n && wait && !ended(fd) {
			return unix.EAGAIN
		}
		return nil
	}
	var err error
	if wait {
		err = s.read(call)
	} else {
		err = s.control(call)
	}
	if got > 0 {
		err = nil
	}
	return b[:got], err
}

// ended reports whether nothing more will come.
func ended(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, _ := unix.Poll(p, 0)
	return n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}

// send sends data, all of it on streams, and returns how much was sent before an
// error.
func (s *Socket) send(ctx context.Context, data string) (sent int, err error) {
	p := unsafe.Slice(unsafe.StringData(data), len(data)) // only read
	err = s.write(func(fd int) error {
		for {
			part := p[sent:]
			if s.typ == unix.SOCK_STREAM {
				part = part[:min(len(part), longest)] // to see the end of the run
			}
			n, err := unix.SendmsgN(fd, part, nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				return err
			}
			if sent += n; sent == len(p) || s.typ == unix.SOCK_DGRAM || ctx.Err() != nil {
				return nil
			}
		}
	})
	return sent, err
}
