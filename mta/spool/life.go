package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// life is that of one opened store, and the file system it runs on. It ends with
// the first write that fails: from then on every call of the spool returns an
// error, and the files are out of reach of what pebble still has running, so that
// the directory can be opened again.
//
// A write of an open store that fails never returns to pebble, which would end the
// process in places where no panic can be caught (it holds the lock of another when
// it begins a new log), or try again without a pause. The goroutine is left behind.
type life struct {
	vfs.FS               // of the path
	down   chan struct{} // closed when the store has failed
	err    error         // set before
	once   sync.Once
	opened atomic.Bool
	lock   atomic.Pointer[io.Closer] // of the directory
}

func newLife(fs vfs.FS) *life { return &life{FS: fs, down: make(chan struct{})} }

func (l *life) failed() error {
	select {
	case <-l.down:
		return l.err
	default:
		return nil
	}
}

// fail ends the life.
func (l *life) fail(err error) {
	l.once.Do(func() {
		if !errors.Is(err, ErrFailed) {
			err = fmt.Errorf("%w: %w", ErrFailed, err)
		}
		l.err = err
		close(l.down)
	})
}

// park never returns.
func (l *life) park() { select {} }

// write does what changes files.
func (l *life) write(f func() error) error {
	if err := l.failed(); err != nil {
		if l.opened.Load() {
			l.park()
		}
		return err
	}
	err := f()
	if err == nil || !l.opened.Load() || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	l.fail(err)
	l.park()
	return err
}

// file does what gives a file to write to.
func (l *life) file(f func() (vfs.File, error)) (file vfs.File, err error) {
	err = l.write(func() (err error) {
		file, err = f()
		return err
	})
	if err != nil {
		return nil, err
	}
	return written{file, l}, nil
}

// Create implements vfs.FS.
func (l *life) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return l.file(func() (vfs.File, error) { return l.FS.Create(name, c) })
}

// ReuseForWrite implements vfs.FS.
func (l *life) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return l.file(func() (vfs.File, error) { return l.FS.ReuseForWrite(old, name, c) })
}

// OpenReadWrite implements vfs.FS.
func (l *life) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return l.file(func() (vfs.File, error) { return l.FS.OpenReadWrite(name, c, o...) })
}

// OpenDir implements vfs.FS: directories are synced.
func (l *life) OpenDir(name string) (vfs.File, error) {
	return l.file(func() (vfs.File, error) { return l.FS.OpenDir(name) })
}

// Link implements vfs.FS.
func (l *life) Link(old, name string) error {
	return l.write(func() error { return l.FS.Link(old, name) })
}

// Rename implements vfs.FS.
func (l *life) Rename(old, name string) error {
	return l.write(func() error { return l.FS.Rename(old, name) })
}

// Remove implements vfs.FS. What cannot be removed is removed at the next start.
func (l *life) Remove(name string) error {
	if err := l.failed(); err != nil {
		return err
	}
	return l.FS.Remove(name)
}

// Lock implements vfs.FS. The lock can be given free by pebble or by release.
func (l *life) Lock(name string) (io.Closer, error) {
	c, err := l.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	l.lock.Store(&c)
	return lock{l}, nil
}

type lock struct{ l *life }

// Close implements io.Closer.
func (x lock) Close() error { return x.l.release() }

// release gives the directory free after a failure: pebble will not.
func (l *life) release() error {
	if c := l.lock.Swap(nil); c != nil {
		return (*c).Close()
	}
	return nil
}

// written is a file that is written to.
type written struct {
	vfs.File
	l *life
}

// Write implements vfs.File.
func (w written) Write(p []byte) (n int, err error) {
	err = w.l.write(func() (err error) {
		n, err = w.File.Write(p)
		return err
	})
	return n, err
}

// WriteAt implements vfs.File.
func (w written) WriteAt(p []byte, off int64) (n int, err error) {
	err = w.l.write(func() (err error) {
		n, err = w.File.WriteAt(p, off)
		return err
	})
	return n, err
}

// Preallocate implements vfs.File.
func (w written) Preallocate(off, n int64) error {
	return w.l.write(func() error { return w.File.Preallocate(off, n) })
}

// Sync implements vfs.File.
func (w written) Sync() error { return w.l.write(w.File.Sync) }

// SyncData implements vfs.File.
func (w written) SyncData() error { return w.l.write(w.File.SyncData) }

// SyncTo implements vfs.File.
func (w written) SyncTo(n int64) (full bool, err error) {
	err = w.l.write(func() (err error) {
		full, err = w.File.SyncTo(n)
		return err
	})
	return full, err
}

// Close implements vfs.File.
func (w written) Close() error { return w.l.write(w.File.Close) }
