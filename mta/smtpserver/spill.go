package smtpserver

import (
	"bytes"
	"os"

	"github.com/hawser-mta/hawser/mta/message"
)

// memoryLimit is how much of a message is kept in memory while it arrives.
const memoryLimit = 256 << 10

// spill keeps a message in memory, or in a temporary file without a name when it
// is large.
type spill struct {
	dir string
	buf bytes.Buffer
	f   *os.File
	n   int64
}

func newSpill(dir string) *spill { return &spill{dir: dir} }

// Write implements io.Writer.
func (s *spill) Write(p []byte) (int, error) {
	if s.f == nil && s.buf.Len()+len(p) <= memoryLimit {
		s.n += int64(len(p))
		return s.buf.Write(p)
	}
	if s.f == nil {
		f, err := os.CreateTemp(s.dir, "incoming-*")
		if err != nil {
			return 0, err
		}
		os.Remove(f.Name()) // it lives as long as it is open
		s.f = f
		if _, err := f.Write(s.buf.Bytes()); err != nil {
			return 0, err
		}
		s.buf = bytes.Buffer{}
	}
	n, err := s.f.Write(p)
	s.n += int64(n)
	return n, err
}

// Source returns what was written.
func (s *spill) Source() (message.Source, error) {
	if s.f == nil {
		return message.Bytes(s.buf.Bytes()), nil
	}
	return fileSource{s.f, s.n}, nil
}

type fileSource struct {
	*os.File
	size int64
}

// Size implements message.Source.
func (f fileSource) Size() int64 { return f.size }

// Close frees the file.
func (s *spill) Close() {
	if s.f != nil {
		s.f.Close()
		s.f = nil
	}
}
