package workspace

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// tree is a folder with further files that it does not have itself. The folder
// can be opened again, when a link to it was moved; the tree stays the same one.
type tree struct {
	mu     sync.RWMutex
	disk   *os.Root // nil: only the further files
	hidden ignore
	inline map[string][]byte
}

// reopen opens the folder at path; a missing one has no files.
func (t *tree) reopen(path string) error {
	r, err := os.OpenRoot(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var hidden ignore
	if r != nil {
		src, err := r.ReadFile(ignoreFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, r.Close())
		}
		if hidden, err = parseIgnore(string(src)); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// The old folder may be read right now; it is closed when nobody holds it.
	t.disk, t.hidden = r, hidden
	return nil
}

func (t *tree) setInline(files map[string][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inline = files
}

// onDisk reports whether the folder itself has a file.
func (t *tree) onDisk(name string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.disk == nil || t.hidden.match(name) {
		return false
	}
	_, err := t.disk.Stat(name)
	return err == nil
}

func (t *tree) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.disk != nil {
		t.disk.Close()
		t.disk = nil
	}
}

// Open implements fs.FS.
func (t *tree) Open(name string) (fs.File, error) {
	t.mu.RLock()
	disk, hidden, data, inline := t.disk, t.hidden, t.inline[name], t.inline[name] != nil
	t.mu.RUnlock()
	if disk != nil && !hidden.match(name) {
		f, err := disk.FS().Open(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	if inline {
		return &inlineFile{Reader: bytes.NewReader(data), name: path.Base(name)}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// inlineFile is a file in memory and its own description.
type inlineFile struct {
	*bytes.Reader
	name string
}

var _ io.Reader = (*inlineFile)(nil)

// Stat implements fs.File.
func (f *inlineFile) Stat() (fs.FileInfo, error) { return inlineInfo{f}, nil }

// Close implements fs.File.
func (f *inlineFile) Close() error { return nil }

type inlineInfo struct{ f *inlineFile }

func (i inlineInfo) Name() string       { return i.f.name }
func (i inlineInfo) Size() int64        { return i.f.Reader.Size() }
func (i inlineInfo) Mode() fs.FileMode  { return 0o444 }
func (i inlineInfo) ModTime() time.Time { return time.Time{} }
func (i inlineInfo) IsDir() bool        { return false }
func (i inlineInfo) Sys() any           { return nil }
