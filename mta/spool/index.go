package spool

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// place is what the index knows of the content of a transaction.
type place struct {
	size   int64
	units  int // it was put with
	chunks []extent
}

func (c *codec) place(p *place) {
	c.int64(&p.size)
	c.int(&p.units)
	c.extents(&p.chunks)
}

func encodePlace(p *place) []byte {
	c := codec{buf: make([]byte, sealSize, 64), version: formatVersion}
	c.place(p)
	return sealed(c.buf)
}

// place returns where the content of a transaction lies.
func (s *store) place(tx string) (*place, error) {
	v, closer, err := s.db.Get(makeKey(keyMessage, tx, 0))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return decodePlace(v)
}

func decodePlace(b []byte) (*place, error) {
	payload, version, err := open(b)
	if err != nil {
		return nil, err
	}
	p, c := &place{}, codec{in: string(payload), reading: true, version: version}
	if c.place(p); c.bad || len(c.in) > 0 || p.size < 0 || version < 4 {
		return nil, ErrCorrupt
	}
	return p, nil
}

// index writes what an entry changes. What is there already does not count: entries
// are read again after a crash, whatever of them the index has kept.
func (e *entry) index(b *pebble.Batch, segment uint32, off int64) error {
	var room [64]byte // for a key that the batch copies
	if e.kind == entryPut || e.kind == entryMove {
		p := &place{size: e.size, units: e.count, chunks: e.places(segment, off)}
		if err := b.Set(appendKey(room[:0], keyMessage, e.transaction, 0), encodePlace(p), nil); err != nil {
			return err
		}
	}
	for _, u := range e.units {
		if err := b.Set(appendKey(room[:0], keyUnit, e.transaction, u.queue), u.record, nil); err != nil {
			return err
		}
	}
	switch e.kind {
	case entryRemove:
		if err := b.Delete(makeKey(keyUnit, e.transaction, e.queue), nil); err != nil || !e.last {
			return err
		}
		return b.Delete(makeKey(keyMessage, e.transaction, 0), nil)
	case entryDrop:
		if err := b.DeleteRange(makeKey(keyUnit, e.transaction, 0), prefixEnd(keyUnit, e.transaction), nil); err != nil {
			return err
		}
		return b.Delete(makeKey(keyMessage, e.transaction, 0), nil)
	}
	return nil
}

// apply brings a group into the index, and counts what its content takes.
func (s *store) apply(g *group) error {
	b := s.db.NewBatch()
	defer b.Close()
	for i, e := range g.entries {
		if err := e.index(b, g.segment.number, g.offsets[i]); err != nil {
			return err
		}
	}
	if b.Count() > 0 {
		if err := b.Commit(pebble.NoSync); err != nil {
			return err
		}
	}
	for _, e := range g.entries {
		g.segment.live.Add(e.length)
		s.free(e.freed)
	}
	return nil
}

// free takes content from what lives in segments.
func (s *store) free(chunks []extent) {
	for _, x := range chunks {
		if g, ok := s.segment(x.segment); ok && g.live.Add(-x.length) <= 0 {
			s.kick()
		}
	}
}

// turn notes that a segment has ended: once what the index holds of it is on the disk,
// a start begins to read at the next one.
func (s *store) turn(old, next *segment) error {
	if err := old.file.Close(); err != nil {
		return err
	}
	if err := s.setStart(next.number); err != nil {
		return err
	}
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	s.tenders.Go(func() {
		select {
		case <-flushed:
			s.indexed.Store(next.number)
			s.kick()
		case <-s.down:
		case <-s.closing:
		}
	})
	s.kick()
	return nil
}

// setStart sets the segment that a start begins to read at.
func (s *store) setStart(number uint32) error {
	return s.db.Set([]byte{keyJournal}, binary.BigEndian.AppendUint32(nil, number), pebble.NoSync)
}

// getStart returns it; 0 in a new store.
func (s *store) getStart() (uint32, error) {
	v, closer, err := s.db.Get([]byte{keyJournal})
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(v) != 4 {
		return 0, fmt.Errorf("read where the journal begins: %w", ErrCorrupt)
	}
	return binary.BigEndian.Uint32(v), nil
}
