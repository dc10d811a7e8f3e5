package spool

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"
)

// spares is how many segments are kept for later.
const spares = 2

// movers is how many messages are moved at once.
const movers = 16

// kick tells tend that there may be something to do.
func (s *store) kick() {
	select {
	case s.kicked <- struct{}{}:
	default:
	}
}

// tend looks after the segments: the next one, those that nobody needs, and those that
// hold little that is needed.
func (s *store) tend() {
	again := time.NewTicker(time.Minute) // removals leave more and more room in segments
	defer again.Stop()
	for {
		select {
		case <-s.kicked:
		case <-again.C:
		case <-s.down:
			return
		case <-s.closing:
			return
		}
		if err := s.do(s.tidy); err != nil && s.failed() == nil {
			s.log.Error("spool", "event", "spool", "path", s.path, "err", err)
		}
	}
}

func (s *store) tidy() error {
	if err := s.prepare(); err != nil {
		return err
	}
	kept := 0
	for _, g := range s.unneeded() {
		if g.prepared && kept < spares {
			kept++
			continue
		}
		s.forget(g)
		if err := s.Remove(s.segmentName(g.number)); err != nil {
			return err
		}
	}
	for g := s.sparse(); g != nil; g = s.sparse() {
		if err := s.empty(g); err != nil {
			return err
		}
		if g.live.Load() > 0 { // it cannot be read, or is on its way out
			break
		}
		if err := s.prepare(); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the segment that follows the one that is written.
func (s *store) prepare() error {
	j := s.journal
	j.mu.Lock()
	number, there := j.group.segment.number+1, j.next != nil
	j.mu.Unlock()
	if there {
		return nil
	}
	var old *segment
	all := s.unneeded()
	if i := slices.IndexFunc(all, func(g *segment) bool { return g.prepared }); i >= 0 {
		old = all[i]
	} else if free, _, err := s.o.Free(s.path); err != nil || free < s.o.MinBytes+2*uint64(s.segmentSize) {
		return nil // the one that is written grows
	}
	g, err := s.newSegment(number, old, s.segmentSize)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next = g
	return nil
}

// ended returns the segments that a start does not read.
func (s *store) ended() (out []*segment) {
	if !s.counted.Load() {
		return nil
	}
	s.segmu.RLock()
	defer s.segmu.RUnlock()
	for _, g := range s.segments {
		if g.number < s.indexed.Load() {
			out = append(out, g)
		}
	}
	return out
}

// unneeded returns the segments without content that a message has.
func (s *store) unneeded() (out []*segment) {
	for _, g := range s.ended() {
		if g.live.Load() <= 0 {
			out = append(out, g)
		}
	}
	return out
}

// sparse returns the segment that holds least of what messages have, for its size, when
// segments take more than twice of that, and some.
func (s *store) sparse() (least *segment) {
	var size, live int64
	for _, g := range s.ended() {
		n := g.live.Load()
		if n <= 0 || g.stuck {
			continue
		}
		size += g.size.Load()
		live += n
		if least == nil || float64(n)/float64(g.size.Load()) < float64(least.live.Load())/float64(least.size.Load()) {
			least = g
		}
	}
	if size <= 2*live+4*s.segmentSize {
		return nil
	}
	return least
}

// empty moves the content of a segment to the end of the journal.
func (s *store) empty(g *segment) error {
	r, err := s.scan(g.number, false)
	if err != nil {
		return err
	}
	defer r.close()
	r.sure = r.size
	var all errgroup.Group
	all.SetLimit(movers)
	seen := map[string]bool{}
	for r.next() {
		tx := r.e.transaction
		if r.e.length == 0 || seen[tx] {
			continue
		}
		seen[tx] = true
		all.Go(func() error { return s.do(func() error { return s.move(tx, g.number) }) })
	}
	err = errors.Join(r.err, all.Wait())
	if err == nil || s.failed() != nil {
		return s.failed()
	}
	g.stuck = true
	s.log.Error("spool content cannot be moved", "event", "spool", "path", s.path, "segment", g.number, "err", err)
	return nil
}

// move writes the content of a transaction anew if part of it lies in a segment. A
// removal waits meanwhile: it has to know what it gives free.
func (s *store) move(tx string, number uint32) error {
	l := s.lock(tx)
	l.Lock()
	defer l.Unlock()
	if len(l.leaving[tx]) > 0 {
		return nil // behind its removal it would come back
	}
	p, err := s.place(tx)
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, x := range p.chunks {
		if x.segment == number {
			e := &entry{kind: entryMove, transaction: tx, count: p.units, freed: p.chunks}
			return s.write(context.Background(), e, &content{s: s, tx: tx, place: p, chunk: -1})
		}
	}
	return nil
}

// survey counts what messages have in segments, as the index was at the start; what
// changed since has been added and taken away already.
func (s *store) survey(start *pebble.Snapshot) {
	err := s.do(func() error {
		defer start.Close()
		return s.countLive(start)
	})
	if err != nil && s.failed() == nil {
		s.log.Error("spool", "event", "spool", "path", s.path, "err", err)
	}
}

func (s *store) countLive(start *pebble.Snapshot) error {
	it, err := start.NewIter(&pebble.IterOptions{LowerBound: []byte{keyMessage}, UpperBound: []byte{keyMessage + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		select {
		case <-s.closing:
			return nil
		default:
		}
		v, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		p, err := decodePlace(v)
		if err != nil {
			continue // its units cannot be sent either, which tells of it
		}
		for _, x := range p.chunks {
			if g, ok := s.segment(x.segment); ok {
				g.live.Add(x.length)
			}
		}
	}
	if err := it.Error(); err != nil {
		return err
	}
	s.counted.Store(true)
	s.kick()
	return nil
}
