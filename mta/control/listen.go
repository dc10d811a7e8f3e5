package control

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Address is where a control socket is.
type Address struct {
	Path  string      // of a Unix socket, when Port is 0
	Group string      // of Path; "": that of the process
	Mode  fs.FileMode // of Path

	Host string // with Port; "": all
	Port int
	TLS  *tls.Config // with Port; nil: none
}

// Listen opens a control socket. The file of a server that is gone is replaced.
func Listen(ctx context.Context, a Address) (net.Listener, error) {
	if a.Port == 0 {
		return listenUnix(ctx, &a)
	}
	at := net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("control socket: cannot listen on %s: %w", at, cause(err))
	}
	if a.TLS != nil {
		ln = tls.NewListener(ln, a.TLS)
	}
	return ln, nil
}

// maxPath is the longest path of a Unix socket in bytes.
const maxPath = 107

// listenUnix makes the socket in a folder that nobody else can enter and moves it to
// its place when group and mode are set.
func listenUnix(ctx context.Context, a *Address) (net.Listener, error) {
	fail := func(err error) error { return fmt.Errorf("control socket %s: %w", a.Path, cause(err)) }
	dir := filepath.Dir(a.Path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fail(err)
	}
	if err := vacant(ctx, a.Path); err != nil {
		return nil, fail(err)
	}
	tmp, err := os.MkdirTemp(dir, ".")
	if err != nil {
		return nil, fail(err)
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "s")
	if n := max(len(path), len(a.Path)); n > maxPath {
		return nil, fail(fmt.Errorf("the path has %d bytes, a Unix socket takes %d; set environment.controlsocket.path to a shorter one", n, maxPath))
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fail(err)
	}
	ln.SetUnlinkOnClose(false)
	err = own(path, a)
	if err == nil {
		err = os.Rename(path, a.Path)
	}
	if err != nil {
		return nil, errors.Join(fail(err), ln.Close())
	}
	info, err := os.Lstat(a.Path)
	if err != nil {
		return nil, errors.Join(fail(err), ln.Close())
	}
	return &unixListener{ln, a.Path, info}, nil
}

// vacant makes room for a socket.
func vacant(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return errors.New("there is another file, want none or a socket")
	}
	d := net.Dialer{Timeout: 5 * time.Second}
	nc, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		nc.Close()
		return errors.New("another server answers there")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// own sets group and mode of a socket.
func own(path string, a *Address) error {
	if a.Group != "" {
		g, err := user.LookupGroup(a.Group)
		if err != nil {
			return fmt.Errorf("there is no group '%s'", a.Group)
		}
		gid, err := strconv.Atoi(g.Gid)
		if err != nil {
			return fmt.Errorf("group '%s' has the id '%s', want a number", a.Group, g.Gid)
		}
		if err := os.Chown(path, -1, gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, a.Mode)
}

// unixListener removes its file when it closes, unless another one is in its place.
type unixListener struct {
	*net.UnixListener
	path string
	info fs.FileInfo
}

// Close implements net.Listener.
func (l *unixListener) Close() error {
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.info) {
		_ = os.Remove(l.path)
	}
	return l.UnixListener.Close()
}

// cause returns the reason in an error of the system.
func cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	var se *os.SyscallError
	var oe *net.OpError
	switch {
	case errors.As(err, &se):
		return se.Err
	case errors.As(err, &oe):
		return oe.Err
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}
