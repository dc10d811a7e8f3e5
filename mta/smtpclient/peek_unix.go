//go:build unix

package smtpclient

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// peek tells what there is to read, without waiting and without taking it.
func peek(c syscall.Conn) int {
	raw, err := c.SyscallConn()
	if err != nil {
		return closed
	}
	found := closed
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			found = silent
		case err == nil && n > 0:
			found = spoken
		}
	})
	if err != nil {
		return closed
	}
	return found
}
