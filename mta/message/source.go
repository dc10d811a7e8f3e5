package message

import (
	"bytes"
	"io"
)

// Source is the immutable original of a message: random access to its bytes,
// wherever they lie (memory, a temporary file, the spool).
type Source interface {
	io.ReaderAt
	Size() int64
}

// Bytes returns a Source over b, which must not change afterwards.
func Bytes(b []byte) Source { return memory{bytes.NewReader(b), b} }

// memory shows what it reads, so that it can be looked at without a copy.
type memory struct {
	*bytes.Reader
	all []byte
}

// Reader returns a reader over all of src.
func Reader(src Source) *io.SectionReader { return io.NewSectionReader(src, 0, src.Size()) }

// ReadRange returns the bytes [from, to) of src.
func ReadRange(src Source, from, to int64) ([]byte, error) {
	if to <= from {
		return nil, nil
	}
	b := make([]byte, to-from)
	n, err := src.ReadAt(b, from)
	if n == len(b) {
		err = nil
	}
	return b[:n], err
}

// Memory returns how many bytes a source holds in memory: none of those that lie
// in a file.
func Memory(src Source) int {
	switch s := src.(type) {
	case memory:
		return len(s.all)
	case *patched:
		return s.held + Memory(s.src)
	}
	return 0
}
