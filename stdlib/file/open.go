package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// open opens a name: of the virtual store, else of the disk where the host allows it
// (spec stdlib 0.8). It returns nil when there is no such file; errors are those that
// end the run.
func open(t *vm.Thread, name string) (*Handle, error) {
	host := t.Host()
	if host.Files != nil {
		if f, err := host.Files.Open(name); err == nil {
			return handle(t, f, "")
		}
	}
	if host.Disk == nil || strings.HasPrefix(name, "file:") {
		return nil, nil
	}
	f, path := openDisk(host.Disk, name)
	if f == nil {
		return nil, nil
	}
	return handle(t, f, path)
}

// openDisk opens a regular file below a folder. An absolute name is taken if it lies
// there.
func openDisk(root *os.Root, name string) (*os.File, string) {
	dir, err := filepath.Abs(root.Name())
	if err != nil {
		return nil, ""
	}
	if filepath.IsAbs(name) {
		if name, err = filepath.Rel(dir, name); err != nil {
			return nil, ""
		}
	}
	// Without the flag opening a pipe would wait for a writer.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, ""
	}
	return f, filepath.Join(dir, name)
}

// handle makes the handle of an opened file. What cannot seek is read into memory.
func handle(t *vm.Thread, f fs.File, path string) (*Handle, error) {
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, nil
	}
	if s, ok := f.(io.ReadSeekCloser); ok {
		h := NewHandle(s, st.Size())
		h.path = path
		return h, t.Charge(openSize)
	}
	defer f.Close()
	s, err := content(t, f, st.Size())
	if s == nil || err != nil {
		return nil, err
	}
	h := inMemory(*s)
	return h, t.Charge(len(*s))
}

// content reads at most n bytes, nil when that fails; errors are those that end the
// run.
func content(t *vm.Thread, r io.Reader, n int64) (*string, error) {
	if n > int64(t.Room()) {
		// More than any run may hold: the error says so.
		if err := t.Reserve(int(min(n, 1<<62))); err != nil {
			return nil, err
		}
		return nil, value.ErrTooLong
	}
	if err := t.Reserve(int(n)); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(int(n))
	chunk := make([]byte, min(n, 64<<10))
	for n > 0 {
		if err := t.Stopped(nil); err != nil {
			return nil, err
		}
		k, err := r.Read(chunk[:min(n, int64(len(chunk)))])
		b.Write(chunk[:k])
		n -= int64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil
		}
	}
	s := b.String()
	return &s, nil
}
