package spool

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"
)

// Keys of stores before format 4, which kept content in the index: m had its size as a
// decimal number, c its chunks, and a was the mark of chunks without units.
const (
	keyChunk = 'c'
	keyAhead = 'a'
)

// migrate brings the content of an older store into the journal. When it does not come to
// its end, the next start goes on with what is left.
func (s *store) migrate() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{keyMessage}, UpperBound: []byte{keyMessage + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	var all errgroup.Group
	all.SetLimit(movers)
	for ok := it.First(); ok; ok = it.Next() {
		tx, _, _ := splitKey(it.Key())
		v, err := it.ValueAndErr()
		if err != nil {
			return errors.Join(err, all.Wait())
		}
		size, version, err := open(v)
		if err != nil || version >= 4 {
			continue
		}
		n, err := strconv.ParseInt(string(size), 10, 64)
		if err != nil {
			continue
		}
		all.Go(func() error {
			e := &entry{kind: entryMove, transaction: tx}
			err := s.do(func() error { return s.write(context.Background(), e, chunks{s, tx, n}) })
			if errors.Is(err, ErrCorrupt) { // its units will tell of it
				return nil
			}
			return err
		})
	}
	if err := errors.Join(it.Error(), all.Wait()); err != nil {
		return fmt.Errorf("bring the spool into format %d: %w", formatVersion, err)
	}
	b := s.db.NewBatch()
	for _, key := range []byte{keyChunk, keyAhead} {
		if err := b.DeleteRange([]byte{key}, []byte{key + 1}, nil); err != nil {
			return err
		}
	}
	if err := b.Set([]byte{keyFormat}, []byte{formatVersion}, nil); err != nil {
		return err
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return err
	}
	return s.apart(s.db.Flush)
}

// chunks is the content of a message of an older store.
type chunks struct {
	s    *store
	tx   string
	size int64
}

// Size implements message.Source.
func (c chunks) Size() int64 { return c.size }

// ReadAt implements io.ReaderAt for one chunk, as encode reads.
func (c chunks) ReadAt(p []byte, off int64) (int, error) {
	v, closer, err := c.s.db.Get(makeKey(keyChunk, c.tx, int(off/chunkSize)))
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, ErrCorrupt
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	data, _, err := open(v)
	if err == nil && len(data) != len(p) {
		err = ErrCorrupt
	}
	if err != nil {
		return 0, err
	}
	return copy(p, data), nil
}
