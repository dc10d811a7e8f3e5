package spool

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hawser-mta/hawser/mta/message"
)

// put stores a message and its units. What of the content does not fit into the
// last batch goes ahead in batches of its own, under a mark that the last one
// takes away; content with a mark is garbage, which is dropped at once or, after
// a crash, by recover.
func (s *store) put(ctx context.Context, content message.Source, units []*Unit) error {
	return s.do(func() error {
		w := &writer{s: s, tx: units[0].Transaction, b: s.db.NewBatch()}
		err := w.content(ctx, content)
		if err == nil {
			err = w.units(units)
		}
		if err == nil {
			return s.begin(w.b, s.sync).wait()
		}
		if w.b != nil {
			w.b.Close()
		}
		if w.ahead {
			// The error that counts is the first; recover looks again.
			_ = s.dropAhead(w.tx)
		}
		return err
	})
}

// dropAhead removes content that was written ahead, and its mark.
func (s *store) dropAhead(tx string) error {
	b := s.db.NewBatch()
	if err := dropContent(b, tx, unknown); err != nil {
		return err
	}
	if err := b.Delete(makeKey(keyAhead, tx, 0), nil); err != nil {
		return err
	}
	return s.begin(b, s.sync).wait()
}

// dropAll removes everything of a transaction.
func (s *store) dropAll(tx string) error {
	b := s.db.NewBatch()
	if err := b.DeleteRange(makeKey(keyUnit, tx, 0), prefixEnd(keyUnit, tx), nil); err != nil {
		return err
	}
	if err := s.begin(b, s.sync).wait(); err != nil {
		return err
	}
	return s.dropAhead(tx)
}

// writer fills the batches of one message.
type writer struct {
	s     *store
	tx    string
	b     *pebble.Batch
	ahead bool // a batch was committed before the last
}

// batchSize is how much content one batch holds, in bytes: more would be in
// memory as a whole.
const batchSize = 4 * chunkSize

func (w *writer) content(ctx context.Context, content message.Source) error {
	size := content.Size()
	buf := make([]byte, sealSize+min(chunkSize, size))
	for i := 0; int64(i)*chunkSize < size; i++ {
		n := int(min(chunkSize, size-int64(i)*chunkSize))
		rec := buf[:sealSize+n]
		if k, err := content.ReadAt(rec[sealSize:], int64(i)*chunkSize); k < n {
			return fmt.Errorf("read content: %w", err)
		}
		sealed(rec)
		if err := w.b.Set(makeKey(keyChunk, w.tx, i), rec, nil); err != nil {
			return err
		}
		if w.b.Len() < batchSize {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.goAhead(); err != nil {
			return err
		}
	}
	if w.ahead {
		if err := w.b.Delete(makeKey(keyAhead, w.tx, 0), nil); err != nil {
			return err
		}
	}
	return w.b.Set(makeKey(keyMessage, w.tx, 0), seal(strconv.AppendInt(nil, size, 10)), nil)
}

// goAhead commits what there is. The log is one file: the synced batch behind
// makes this one durable.
func (w *writer) goAhead() error {
	if !w.ahead {
		w.ahead = true
		if err := w.b.Set(makeKey(keyAhead, w.tx, 0), nil, nil); err != nil {
			return err
		}
	}
	b := w.b
	w.b = nil
	if err := w.s.begin(b, false).wait(); err != nil {
		return err
	}
	w.b = w.s.db.NewBatch()
	return nil
}

func (w *writer) units(units []*Unit) error {
	for _, u := range units {
		if err := w.b.Set(makeKey(keyUnit, w.tx, u.Queue), encodeUnit(u), nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) update(u *Unit) error {
	return s.do(func() error {
		b := s.db.NewBatch()
		if err := b.Set(makeKey(keyUnit, u.Transaction, u.Queue), encodeUnit(u), nil); err != nil {
			return err
		}
		return s.begin(b, s.sync).wait()
	})
}

func (s *store) lock(tx string) *sync.Mutex {
	h := uint32(2166136261)
	for i := 0; i < len(tx); i++ {
		h = (h ^ uint32(tx[i])) * 16777619
	}
	return &s.locks[h%uint32(len(s.locks))]
}

// remove drops a unit, and the content when it was the last one. The lock of the
// transaction is held until others see that it is gone, not until the disk has it:
// removals share fsyncs.
func (s *store) remove(tx string, queue int) error {
	return s.do(func() error {
		mu := s.lock(tx)
		mu.Lock()
		c, err := func() (c *commit, err error) {
			defer mu.Unlock()
			if c, err = s.beginRemove(tx, queue); err == nil {
				c.seen()
			}
			return c, err
		}()
		if err != nil {
			return err
		}
		return c.wait()
	})
}

func (s *store) beginRemove(tx string, queue int) (*commit, error) {
	last, err := s.last(tx, queue)
	if err != nil {
		return nil, err
	}
	b := s.db.NewBatch()
	if err := b.Delete(makeKey(keyUnit, tx, queue), nil); err != nil {
		return nil, err
	}
	if last {
		size := int64(unknown)
		if rec, err := s.get(makeKey(keyMessage, tx, 0)); err == nil {
			if n, err := strconv.ParseInt(string(rec), 10, 64); err == nil {
				size = n
			}
		}
		if err := dropContent(b, tx, size); err != nil {
			return nil, err
		}
	}
	return s.begin(b, s.sync), nil
}

// unknown is the size of content that nobody knows.
const unknown = -1

// dropContent removes content of a size. Of few chunks each is removed for
// itself: pebble sorts all range deletions of a table in memory anew for the
// first reader after each, which costs milliseconds once there are thousands.
func dropContent(b *pebble.Batch, tx string, size int64) error {
	if err := b.Delete(makeKey(keyMessage, tx, 0), nil); err != nil {
		return err
	}
	const few = 64
	if size == unknown || size > few*chunkSize {
		return b.DeleteRange(makeKey(keyChunk, tx, 0), prefixEnd(keyChunk, tx), nil)
	}
	for i := 0; int64(i)*chunkSize < size; i++ {
		n := uint32(sealSize + min(chunkSize, size-int64(i)*chunkSize))
		if err := b.DeleteSized(makeKey(keyChunk, tx, i), n, nil); err != nil {
			return err
		}
	}
	return nil
}

// last reports whether a transaction has no unit but the given one.
func (s *store) last(tx string, queue int) (bool, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: makeKey(keyUnit, tx, 0), UpperBound: prefixEnd(keyUnit, tx)})
	if err != nil {
		return false, err
	}
	defer it.Close()
	// Recipients are mostly done in their order: what follows is looked at first,
	// because to find the first unit pebble goes over all that were removed.
	if it.SeekGE(makeKey(keyUnit, tx, queue+1)) {
		return false, nil
	}
	last := !it.First() || bytes.Equal(it.Key(), makeKey(keyUnit, tx, queue))
	return last, it.Error()
}
