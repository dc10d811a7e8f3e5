package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"
)

// What happens to records that fail their check (spool.corrupt).
const (
	CorruptIgnore = "ignore"
	CorruptUnlink = "unlink"
	CorruptRename = "rename"
)

// batch is how many units a reader hands over at once: it may have to wait for others.
const batch = 256

// recover calls f with every unit that was in the store when it was opened. Messages may be put meanwhile. So many
// readers take ranges of keys in turn, each with an iterator of its own.
func (s *store) recover(readers int, corrupt string, f func([]*Unit) error) error {
	var g errgroup.Group
	var next atomic.Int64
	s.unread.Store(ranges)
	defer s.unread.Store(0)
	for range max(readers, 1) {
		g.Go(func() error {
			s.readers.Add(1)
			defer s.readers.Add(-1)
			return s.do(func() error {
				var b units
				for i := next.Add(1) - 1; i < ranges; i = next.Add(1) - 1 {
					s.unread.Add(-1)
					if err := s.units(int(i), &b, corrupt, f); err != nil {
						next.Store(ranges)
						return err
					}
				}
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.apart(func() error {
		s.start.Close()
		s.start = nil
		return nil
	})
}

// ranges is into how many ranges the keys of units are parted: by the first byte
// of the transaction, of which identifiers that are UUIDs use sixteen.
const ranges = 256

// units is a batch of units, which serve for the next one: a start with millions would
// spend much of its time on memory for what nobody keeps.
type units struct {
	all []*Unit
	n   int // that are in use
}

// next returns an empty unit; it is in use when n has grown.
func (b *units) next() *Unit {
	if b.n == len(b.all) {
		b.all = append(b.all, &Unit{})
	}
	u := b.all[b.n]
	*u = Unit{}
	return u
}

// flush hands over the units in use.
func (b *units) flush(f func([]*Unit) error) error {
	n := b.n
	if b.n = 0; n == 0 {
		return nil
	}
	return f(b.all[:n])
}

// units reads the units of one range.
func (s *store) units(n int, b *units, corrupt string, f func([]*Unit) error) error {
	end := []byte{keyUnit, byte(n + 1)}
	if n == ranges-1 {
		end = []byte{keyUnit + 1}
	}
	err := s.each([]byte{keyUnit, byte(n)}, end, func(key, val []byte) error {
		u := b.next()
		if u.decode(val, true) != nil {
			return s.broken(corrupt, key, val)
		}
		// It is kept for long, and must not keep the record.
		u.Transaction = strings.Clone(u.Transaction)
		if b.n++; b.n < batch {
			return nil
		}
		return b.flush(f)
	})
	if err != nil {
		return err
	}
	return b.flush(f)
}

// each calls f with the pairs between two keys that were there at the start.
func (s *store) each(from, to []byte, f func(key, val []byte) error) error {
	it, err := s.start.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := f(it.Key(), val); err != nil {
			return err
		}
	}
	return it.Error()
}

// broken handles a record that fails its check.
func (s *store) broken(corrupt string, key, val []byte) error {
	tx, n, _ := splitKey(key)
	s.log.Error("corrupt spool record", "event", "spool", "path", s.path, "transaction", tx, "queueid", n, "action", corrupt)
	switch corrupt {
	case CorruptRename:
		dir := filepath.Join(s.path, "corrupt")
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("keep corrupt record: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d", filepath.Base(tx), n)), val, 0o640); err != nil {
			return fmt.Errorf("keep corrupt record: %w", err)
		}
	case CorruptUnlink:
	default:
		return nil
	}
	return s.remove(tx, n)
}
