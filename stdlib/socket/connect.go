package socket

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// backlogDelay is how long to wait for room in the queue of a local server: the kernel
// tells nobody when there is some.
const backlogDelay = 5 * time.Millisecond

// connect connects the socket. sleep waits or fails when the run has ended.
func (s *Socket) connect(ctx context.Context, sleep func(context.Context, time.Duration) error, text string, port int) error {
	sa, err := address(s.family, text, port)
	if err != nil {
		return err
	}
	begun := time.Now()
	for {
		err := s.connectOnce(sa)
		if !errors.Is(err, unix.EAGAIN) {
			return err
		}
		if s.timeout > 0 && time.Since(begun) >= s.timeout {
			return unix.ETIMEDOUT
		}
		if err := sleep(ctx, backlogDelay); err != nil {
			return err
		}
	}
}

func (s *Socket) connectOnce(sa unix.Sockaddr) error {
	started := false
	var result error
	err := s.write(func(fd int) error {
		if !started {
			started = true
			switch err := unix.Connect(fd, sa); err {
			case unix.EINPROGRESS, unix.EINTR:
				return unix.EAGAIN // which waits
			case unix.EAGAIN:
				result = err
				return nil
			default:
				return err
			}
		}
		// The poller may wake for what happened before: only a peer or an error is
		// an end.
		if e, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || e != 0 {
			return errors.Join(err, errnoOrNil(e))
		}
		if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
			return unix.EAGAIN
		}
		// The kernel answers one more call with success; only then with EISCONN.
		_ = unix.Connect(fd, sa)
		return nil
	})
	if err != nil {
		return err
	}
	return result
}

func errnoOrNil(e int) error {
	if e == 0 {
		return nil
	}
	return unix.Errno(e)
}
