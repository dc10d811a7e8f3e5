package smtpserver

import (
	"os"
	"sync"

	"github.com/hawser-mta/hawser/mta/message"
)

// memoryLimit is how much of a message is kept in memory while it arrives.
const memoryLimit = 256 << 10

// spill keeps a message in memory, or in a temporary file without a name when it
// is large.
type spill struct {
	dir string
	buf *[]byte // from buffers; nil when there is a file
	mem *message.Buffer
	f   *os.File
	n   int64
}

// buffers are those of messages that have ended. Most messages are small, and a connection
// that only waits has none.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 8<<10)
	return &b
}}

// reusable is how large a buffer may have grown that waits for the next message.
const reusable = 64 << 10

// newSpill returns one that begins with what head appends, which is little.
func newSpill(dir string, head func([]byte) []byte) *spill {
	s := &spill{dir: dir, buf: buffers.Get().(*[]byte)}
	*s.buf = head(*s.buf)
	s.n = int64(len(*s.buf))
	return s
}

// Write implements io.Writer.
func (s *spill) Write(p []byte) (int, error) {
	if s.f == nil && len(*s.buf)+len(p) <= memoryLimit {
		s.n += int64(len(p))
		*s.buf = append(*s.buf, p...)
		return len(p), nil
	}
	if s.f == nil {
		f, err := os.CreateTemp(s.dir, "incoming-*")
		if err != nil {
			return 0, err
		}
		os.Remove(f.Name()) // it lives as long as it is open
		s.f = f
		if _, err := f.Write(*s.buf); err != nil {
			return 0, err
		}
		s.buf = nil
	}
	n, err := s.f.Write(p)
	s.n += int64(n)
	return n, err
}

// Source returns what was written.
func (s *spill) Source() (message.Source, error) {
	if s.f == nil {
		s.mem = message.Bytes(*s.buf)
		return s.mem, nil
	}
	return fileSource{s.f, s.n}, nil
}

type fileSource struct {
	*os.File
	size int64
}

// Size implements message.Source.
func (f fileSource) Size() int64 { return f.size }

// Close frees the file. The next message gets the memory, unless a script may have kept
// the source.
func (s *spill) Close(kept bool) {
	if s.f != nil {
		s.f.Close()
		s.f = nil
	}
	if s.buf == nil || kept {
		return
	}
	if s.mem != nil {
		s.mem.Take()
	}
	if cap(*s.buf) <= reusable {
		*s.buf = (*s.buf)[:0]
		buffers.Put(s.buf)
	}
	s.buf = nil
}
