package smtpclient

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// freeBind lets a socket use a source address that the host does not own
// (ip(7), IP_FREEBIND).
func freeBind(network, _ string, c syscall.RawConn) error {
	var err error
	fail := c.Control(func(fd uintptr) {
		if network == "tcp6" {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_FREEBIND, 1)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1)
		}
	})
	if fail != nil {
		return fail
	}
	return err
}
