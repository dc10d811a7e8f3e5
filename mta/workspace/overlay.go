package workspace

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// overlay is a folder with further files that it does not have itself.
type overlay struct {
	disk   fs.FS // nil: only the further files
	inline map[string][]byte
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if o.disk != nil {
		f, err := o.disk.Open(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	if data, ok := o.inline[name]; ok {
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
