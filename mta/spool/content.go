package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/hawser-mta/hawser/mta/message"
)

// ErrMissing tells that the content of a transaction is not there.
var ErrMissing = errors.New("the message is not in the spool")

// content is the original of a transaction, read chunk by chunk. It keeps the
// chunk read last.
type content struct {
	s     *store
	tx    string
	place *place

	mu    sync.Mutex
	chunk int
	data  []byte
}

func (s *store) content(tx string) (message.Source, error) {
	return guard(s.life, func() (message.Source, error) {
		p, err := s.place(tx)
		if err != nil {
			return nil, err
		}
		return &content{s: s, tx: tx, place: p, chunk: -1}, nil
	})
}

// Size implements message.Source.
func (c *content) Size() int64 { return c.place.size }

// ReadAt implements io.ReaderAt.
func (c *content) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) {
		if off >= c.place.size {
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
	data, err := guard(c.s.life, func() ([]byte, error) { return c.read(i) })
	if err != nil {
		return fmt.Errorf("content of %s: %w", c.tx, err)
	}
	c.chunk, c.data = i, data
	return nil
}

// read reads a chunk. Content that moves meanwhile is found at its new place.
func (c *content) read(i int) ([]byte, error) {
	for {
		if i >= len(c.place.chunks) {
			return nil, ErrCorrupt
		}
		x := c.place.chunks[i]
		data := make([]byte, min(chunkSize, c.place.size-int64(i)*chunkSize))
		err := ErrCorrupt
		if x.length == int64(len(data)) {
			err = c.s.readAt(x.segment, data, x.offset)
		}
		if err == nil && crc32.Checksum(data, table) == x.sum {
			return data, nil
		}
		p, again := c.s.place(c.tx)
		if again != nil {
			return nil, again
		}
		if i < len(p.chunks) && p.chunks[i] == x {
			return nil, errors.Join(ErrCorrupt, err)
		}
		c.place = p
	}
}
