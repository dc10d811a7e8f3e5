package spool

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hawser-mta/hawser/mta/message"
)

// batchSize is how much content one entry holds, in bytes: more would be in memory as
// a whole.
const batchSize = 4 * chunkSize

// put stores a message and its units.
func (s *store) put(ctx context.Context, content message.Source, units []*Unit) error {
	return s.do(func() error {
		e := &entry{kind: entryPut, transaction: units[0].Transaction, count: len(units), units: make([]stored, len(units))}
		buf, _ := records.Get().(*[]byte)
		if buf == nil {
			buf = new(make([]byte, 0, 1<<10))
		}
		b := (*buf)[:0]
		for i, u := range units {
			at := len(b)
			b = appendUnit(b, u)
			e.units[i] = stored{u.Queue, b[at:len(b):len(b)]}
		}
		err := s.write(ctx, e, content)
		if *buf = b; err == nil && cap(b) <= batchSize {
			records.Put(buf) // the entry is in the index, and nobody reads it any more
		}
		return err
	})
}

var records sync.Pool // of *[]byte: the units of a put

// write writes an entry with content.
func (s *store) write(ctx context.Context, e *entry, content message.Source) error {
	g, err := s.beginAll(ctx, e, content)
	if err != nil {
		s.free(e.before)
		return err
	}
	return s.await(g)
}

// beginAll adds an entry with content to the journal. What does not fit into it goes
// ahead in parts, which count for nothing unless the entry follows.
func (s *store) beginAll(ctx context.Context, e *entry, content message.Source) (*group, error) {
	e.size = content.Size()
	off := int64(0)
	for ; e.size-off > batchSize; off += batchSize {
		part := &entry{kind: entryPart, transaction: e.transaction}
		g, at, err := s.begin(part, content, off, batchSize)
		if err != nil {
			return nil, err
		}
		e.before = append(e.before, part.places(g.segment.number, at)...)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	g, _, err := s.begin(e, content, off, e.size-off)
	return g, err
}

// begin adds an entry with a part of content to the journal.
func (s *store) begin(e *entry, content message.Source, off, length int64) (*group, int64, error) {
	buf, _ := buffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	b, err := e.encode(*buf, content, off, length)
	if *buf = b[:0]; cap(b) <= 2*batchSize {
		defer buffers.Put(buf)
	}
	if err != nil {
		return nil, 0, err
	}
	return s.journal.add(e, b)
}

var buffers sync.Pool // of *[]byte: entries as they are written

// commit writes an entry without content.
func (s *store) commit(e *entry) error {
	g, _, err := s.begin(e, nil, 0, 0)
	if err != nil {
		return err
	}
	return s.await(g)
}

// dropAll removes everything of a transaction.
func (s *store) dropAll(tx string) error {
	e := &entry{kind: entryDrop, transaction: tx}
	if p, err := s.place(tx); err == nil {
		e.freed = p.chunks
	}
	return s.commit(e)
}

func (s *store) update(u *Unit) error {
	return s.do(func() error {
		return s.commit(&entry{kind: entryUpdate, transaction: u.Transaction, units: []stored{{u.Queue, encodeUnit(u)}}})
	})
}

// stripe is a lock of some transactions: who removes units looks for others.
type stripe struct {
	sync.Mutex
	leaving map[string][]int // units on their way out, by transaction
}

func (s *store) lock(tx string) *stripe {
	h := uint32(2166136261)
	for i := 0; i < len(tx); i++ {
		h = (h ^ uint32(tx[i])) * 16777619
	}
	return &s.stripes[h%uint32(len(s.stripes))]
}

// remove drops a unit, and the content when it was the last one. The lock of the
// transaction is not held until the disk has it: removals share fsyncs.
func (s *store) remove(tx string, queue int) error {
	return s.do(func() error {
		l := s.lock(tx)
		g, err := s.beginRemove(l, tx, queue)
		if err != nil {
			return err
		}
		if err := s.await(g); err != nil {
			return err
		}
		l.left(tx, queue)
		return nil
	})
}

func (s *store) beginRemove(l *stripe, tx string, queue int) (*group, error) {
	l.Lock()
	defer l.Unlock()
	e := &entry{kind: entryRemove, transaction: tx, queue: queue}
	p, err := s.place(tx)
	switch {
	case err == nil && p.units == 1:
		e.last = true
	case err == nil || errors.Is(err, ErrMissing) || errors.Is(err, ErrCorrupt):
		if e.last, err = s.last(l, tx, queue); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	if e.last && p != nil {
		e.freed = p.chunks
	}
	g, _, err := s.begin(e, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	if l.leaving == nil {
		l.leaving = map[string][]int{}
	}
	l.leaving[tx] = append(l.leaving[tx], queue)
	return g, nil
}

// left notes that the index knows of a removal.
func (l *stripe) left(tx string, queue int) {
	l.Lock()
	defer l.Unlock()
	rest := l.leaving[tx]
	if i := slices.Index(rest, queue); i >= 0 {
		rest = slices.Delete(rest, i, i+1)
	}
	if l.leaving[tx] = rest; len(rest) == 0 {
		delete(l.leaving, tx)
	}
}

// last reports whether a transaction has no unit but the given one and those that are
// on their way out.
func (s *store) last(l *stripe, tx string, queue int) (bool, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: makeKey(keyUnit, tx, 0), UpperBound: prefixEnd(keyUnit, tx)})
	if err != nil {
		return false, err
	}
	defer it.Close()
	stays := func() bool {
		_, n, ok := splitKey(it.Key())
		return ok && n != queue && !slices.Contains(l.leaving[tx], n)
	}
	// Recipients are mostly done in their order: what follows is looked at first,
	// because to find the first unit pebble goes over all that were removed.
	for ok := it.SeekGE(makeKey(keyUnit, tx, queue+1)); ok; ok = it.Next() {
		if stays() {
			return false, nil
		}
	}
	for ok := it.First(); ok; ok = it.Next() {
		if stays() {
			return false, nil
		}
	}
	return true, it.Error()
}
