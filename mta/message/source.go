package message

import (
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// Source is the immutable original of a message: random access to its bytes,
// wherever they lie (memory, a temporary file, the spool).
type Source interface {
	io.ReaderAt
	Size() int64
}

// Bytes returns a Source over b, which must not change afterwards.
func Bytes(b []byte) *Buffer { return &Buffer{b: b, size: int64(len(b))} }

// Buffer is a Source over bytes in memory, which can be looked at without a copy.
type Buffer struct {
	size int64

	mu sync.RWMutex // a request that a script made may still be reading when b is taken
	b  []byte       // nil when taken
}

// Size implements Source.
func (m *Buffer) Size() int64 { return m.size }

// ReadAt implements io.ReaderAt.
func (m *Buffer) ReadAt(p []byte, off int64) (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	switch {
	case m.taken():
		return 0, fs.ErrClosed
	case off < 0:
		return 0, fmt.Errorf("read at %d: %w", off, fs.ErrInvalid)
	case off >= m.size:
		return 0, io.EOF
	}
	n := copy(p, m.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Take gives the bytes back to their owner, who may use them for something else. Whoever
// still has the source reads nothing from then on, as from a file that is closed.
func (m *Buffer) Take() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.b
	m.b = nil
	return b
}

func (m *Buffer) taken() bool { return m.b == nil && m.size > 0 }

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
	case *Buffer:
		return len(s.b)
	case *patched:
		return s.held + Memory(s.src)
	}
	return 0
}
