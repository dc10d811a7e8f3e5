//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"errors"
	"io"
	"os"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/message"
	"golang.org/x/sys/unix"
)

// small is how long a message may be that is lent in memory.
const small = 1 << 20

// stream returns a file with a message, at its beginning. The caller closes it.
func stream(src message.Source) (*C.FILE, error) {
	f, err := nameless(src.Size())
	if err != nil {
		return nil, errors.New("no temporary file can be made")
	}
	defer f.Close()
	if _, err := io.Copy(f, message.Reader(src)); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0) // which C closes
	if err != nil {
		return nil, err
	}
	mode := C.CString("r+")
	defer C.free(unsafe.Pointer(mode))
	out := C.fdopen(C.int(fd), mode)
	if out == nil {
		_ = unix.Close(fd)
		return nil, errors.New("no stream can be made")
	}
	return out, nil
}

// nameless makes a file without a name for so many bytes.
func nameless(size int64) (*os.File, error) {
	if size <= small {
		if fd, err := unix.MemfdCreate("message", unix.MFD_CLOEXEC); err == nil {
			return os.NewFile(uintptr(fd), "message"), nil
		}
	}
	f, err := os.CreateTemp("", "hawserd-message-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}
