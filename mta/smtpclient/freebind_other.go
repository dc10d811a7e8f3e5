//go:build !linux

package smtpclient

import (
	"errors"
	"syscall"
)

func freeBind(_, _ string, _ syscall.RawConn) error {
	return errors.New("addresses that the host does not own cannot be used on this system")
}
