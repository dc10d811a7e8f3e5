package socket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"syscall"

	"github.com/hawser-mta/hawser/runtime/pki"
	"golang.org/x/sys/unix"
)

// Error codes of OpenSSL 3 (its err.h and sslerr.h).
const (
	libSSL = 20 << 23 // errors of TLS; the reason is added
	system = 1 << 31  // errors of the system; errno is added

	reasonVerifyFailed  = 134
	reasonNoCertificate = 177
	reasonHandshake     = 229
	reasonWrongVersion  = 267
	reasonBadRecord     = 281
	reasonDataAfter     = 291
	reasonUnexpectedEnd = 294
	reasonAlert         = 1000 // and the number of the alert
)

var errDataAfterClose = errors.New("data after close notify")

// codeOf returns the number of an error.
func (s *session) codeOf(err error) int {
	var unverified *unverifiedError
	var unusable *pki.UnusableError
	var header tls.RecordHeaderError
	var op *net.OpError
	var errno syscall.Errno
	switch {
	case errors.As(err, &unverified):
		return libSSL + reasonVerifyFailed
	case errors.As(err, &unusable):
		return libSSL + reasonNoCertificate
	case errors.As(err, &header):
		return libSSL + reasonWrongVersion
	case errors.Is(err, errDataAfterClose):
		return libSSL + reasonDataAfter
	case errors.As(err, &op):
		// The number has a type of its own that crypto/tls does not export.
		if n := reflect.ValueOf(op.Err); op.Op == "remote error" && n.Kind() == reflect.Uint8 {
			return libSSL + reasonAlert + int(n.Uint())
		}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return libSSL + reasonUnexpectedEnd
	case errors.As(err, &errno), errnoOf(err) != unix.EIO:
		return system + int(errnoOf(err))
	}
	if !s.tls.ConnectionState().HandshakeComplete {
		return libSSL + reasonHandshake
	}
	return libSSL + reasonBadRecord
}
