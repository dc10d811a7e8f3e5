package spool

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/hawser-mta/hawser/mta/message"
)

// ErrMissing tells that the content of a transaction is not there.
var ErrMissing = errors.New("the message is not in the spool")

// content is the original of a transaction, read chunk by chunk. It keeps the
// chunk read last.
type content struct {
	s    *store
	tx   string
	size int64

	mu    sync.Mutex
	chunk int
	data  []byte
}

func (s *store) content(tx string) (message.Source, error) {
	return guard(s.life, func() (message.Source, error) {
		rec, err := s.get(makeKey(keyMessage, tx, 0))
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(string(rec), 10, 64)
		if err != nil {
			return nil, ErrCorrupt
		}
		return &content{s: s, tx: tx, size: size, chunk: -1}, nil
	})
}

// Size implements message.Source.
func (c *content) Size() int64 { return c.size }

// ReadAt implements io.ReaderAt.
func (c *content) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) {
		if off >= c.size {
			return n, io.EOF
		}
		if err := c.load(int(off / chunkSize)); err != nil {
			return n, err
		}
		k := copy(p[n:], c.data[off%chunkSize:])
		if k == 0 {
			return n, fmt.Errorf("content of %s: %w", c.tx, ErrCorrupt)
		}
		n += k
		off += int64(k)
	}
	return n, nil
}

func (c *content) load(i int) error {
	if c.chunk == i {
		return nil
	}
	data, err := guard(c.s.life, func() ([]byte, error) { return c.s.get(makeKey(keyChunk, c.tx, i)) })
	if err != nil {
		return fmt.Errorf("content of %s: %w", c.tx, err)
	}
	want := min(chunkSize, c.size-int64(i)*chunkSize)
	if int64(len(data)) != want {
		return fmt.Errorf("content of %s: %w", c.tx, ErrCorrupt)
	}
	c.chunk, c.data = i, data
	return nil
}
