package spool

import (
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// openJournal brings into the index what it had not kept, and begins a new segment.
func (s *store) openJournal() error {
	if err := s.MkdirAll(s.journalPath(), 0o750); err != nil {
		return fmt.Errorf("make the journal: %w", err)
	}
	if err := s.syncDir(s.path); err != nil {
		return err
	}
	start, err := s.getStart()
	if err != nil {
		return err
	}
	names, err := s.List(s.journalPath())
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	var numbers []uint32
	var readers []*scanner
	defer func() {
		for _, r := range readers {
			r.close()
		}
	}()
	for _, name := range names {
		if n, ok := segmentNumber(name); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	next := max(start, 1)
	for _, n := range numbers {
		g := &segment{number: n}
		info, err := s.Stat(s.segmentName(n))
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		g.size.Store(info.Size())
		g.prepared = info.Size() >= s.segmentSize
		s.segments[n] = g
		next = max(next, n+1)
	}
	after := false // a later segment was begun: this one was synced to its end
	for i := len(numbers) - 1; i >= 0 && numbers[i] >= start; i-- {
		r, err := s.scan(numbers[i], true)
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if readers = append(readers, r); after {
			r.sure = r.size
		}
		_, err = r.read(0)
		after = after || err == nil
	}
	var unused *segment // was prepared
	for _, r := range slices.Backward(readers) {
		found, err := s.replay(r)
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if g := s.segments[r.number]; found == 0 && g.prepared {
			unused = g
		}
	}
	// What was cut off must not be read another time, when a later segment makes it
	// look like damage: the next start begins here.
	if err := s.setStart(next); err != nil {
		return err
	}
	if err := s.apart(s.db.Flush); err != nil {
		return err
	}
	s.indexed.Store(next)
	first, err := s.newSegment(next, unused, 0)
	if err != nil {
		return err
	}
	s.journal = newJournal(s, first)
	return nil
}

// replay brings the entries of a segment into the index, and returns how many there are.
func (s *store) replay(r *scanner) (found int, err error) {
	b := s.db.NewBatch()
	defer func() { b.Close() }()
	for ; r.next(); found++ {
		if err := r.e.index(b, r.number, r.offset); err != nil {
			return 0, err
		}
		if b.Len() < 1<<20 {
			continue
		}
		if err := b.Commit(pebble.NoSync); err != nil {
			return 0, err
		}
		b.Close()
		b = s.db.NewBatch()
	}
	if r.err != nil {
		return 0, r.err
	}
	return found, b.Commit(pebble.NoSync)
}
