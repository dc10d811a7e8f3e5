package socket

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/sys/unix"
)

// Resource is the name of the resource type; its state is a *Socket.
const Resource = "SocketResource"

// Families and types by their names.
var (
	families = map[string]int{"AF_INET": unix.AF_INET, "AF_INET6": unix.AF_INET6, "AF_UNIX": unix.AF_UNIX}
	types    = map[string]int{"SOCK_STREAM": unix.SOCK_STREAM, "SOCK_DGRAM": unix.SOCK_DGRAM}
)

// Socket is the state of Socket objects and of a SocketResource.
type Socket struct {
	family, typ int
	file        *os.File // nil when closed; closes itself when unreachable
	raw         syscall.RawConn
	timeout     time.Duration // of a call, 0: none
	errno       syscall.Errno // of the last call that failed
}

// size is what a socket counts as, in bytes: about what the kernel keeps for it.
const size = 64 << 10

// Size implements value.Sized.
func (s *Socket) Size() int { return size }

// New returns a socket of a family and type of unix. One that cannot be made is closed
// and has an errno.
func New(family, typ int) *Socket {
	s := &Socket{family: family, typ: typ}
	fd, err := unix.Socket(family, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		s.file = os.NewFile(uintptr(fd), "")
		s.raw, err = s.file.SyscallConn()
	}
	if err != nil {
		s.errno = errnoOf(err)
	}
	return s
}

// Resource returns the socket as a value.
func (s *Socket) Resource() value.Value {
	return value.FromResource(&value.Resource{Type: Resource, Native: s})
}

// Close closes the socket; an error tells that it is closed already.
func (s *Socket) Close() error {
	if s.file == nil {
		return unix.EBADF
	}
	err := s.file.Close()
	s.file, s.raw = nil, nil
	return err
}

// during runs f, whose waits end with the timeout and with the run. It reports whether
// f did well; the error is the one that ends the run.
func (s *Socket) during(t *vm.Thread, f func() error) (bool, error) {
	err := s.attempt(t.Context(), f)
	if stopped := t.Stopped(nil); stopped != nil {
		return false, stopped
	}
	if err != nil {
		s.errno = errnoOf(err)
	}
	return err == nil, nil
}

// attempt is during without its judgement.
func (s *Socket) attempt(ctx context.Context, f func() error) error {
	if s.file == nil {
		return unix.EBADF
	}
	var deadline time.Time
	if s.timeout > 0 {
		deadline = time.Now().Add(s.timeout)
	}
	if err := s.file.SetDeadline(deadline); err != nil {
		return err
	}
	file := s.file
	stop := context.AfterFunc(ctx, func() { _ = file.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	return f()
}

// control runs a system call that never waits.
func (s *Socket) control(f func(fd int) error) error {
	if s.file == nil {
		return unix.EBADF
	}
	var err error
	if e := s.raw.Control(func(fd uintptr) { err = f(int(fd)) }); e != nil {
		return e
	}
	return err
}

// read runs a system call until it does not have to wait for data.
func (s *Socket) read(f func(fd int) error) error { return retry(s.raw.Read, f) }

// write runs a system call until it does not have to wait for room.
func (s *Socket) write(f func(fd int) error) error { return retry(s.raw.Write, f) }

func retry(wait func(func(uintptr) bool) error, f func(fd int) error) error {
	var err error
	if e := wait(func(fd uintptr) bool {
		for err = f(int(fd)); err == unix.EINTR; err = f(int(fd)) {
		}
		return err != unix.EAGAIN
	}); e != nil {
		return e
	}
	return err
}

// errnoOf returns the number of the system for an error.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.Is(err, os.ErrDeadlineExceeded):
		return unix.ETIMEDOUT
	case errors.Is(err, os.ErrClosed):
		return unix.EBADF
	case errors.As(err, &errno):
		return errno
	}
	return unix.EIO
}
