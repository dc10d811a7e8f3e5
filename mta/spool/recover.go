package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"
)

// What happens to records that fail their check (spool.corrupt).
const (
	CorruptIgnore = "ignore"
	CorruptUnlink = "unlink"
	CorruptRename = "rename"
)

// record is a stored pair.
type record struct{ key, val []byte }

// recover reads every unit that was in the store when it was opened, and removes
// content that no unit refers to. Messages may be put meanwhile. Readers decode
// in parallel; f is called by one at a time.
func (s *store) recover(readers int, corrupt string, f func(*Unit) error) error {
	defer func() {
		s.start.Close()
		s.start = nil
	}()
	records := make(chan record, 256)
	g, ctx := errgroup.WithContext(context.Background())
	g.Go(func() error {
		defer close(records)
		return s.do(func() error {
			return s.each(keyUnit, func(key, val []byte) error {
				select {
				case records <- record{bytes.Clone(key), bytes.Clone(val)}:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	})
	for range max(readers, 1) {
		g.Go(func() error {
			return s.do(func() error {
				for r := range records {
					if err := s.recovered(r, corrupt, f); err != nil {
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
	return s.do(s.sweep)
}

func (s *store) recovered(r record, corrupt string, f func(*Unit) error) error {
	u, err := decodeUnit(r.val)
	if err != nil {
		return s.broken(corrupt, r)
	}
	u.Path = s.index
	return f(u)
}

func (s *store) each(kind byte, f func(key, val []byte) error) error {
	it, err := s.start.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
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
func (s *store) broken(corrupt string, r record) error {
	tx, n, _ := splitKey(r.key)
	s.log.Error("corrupt spool record", "path", s.path, "transaction", tx, "queueid", n, "action", corrupt)
	switch corrupt {
	case CorruptRename:
		dir := filepath.Join(s.path, "corrupt")
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("keep corrupt record: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d", filepath.Base(tx), n)), r.val, 0o640); err != nil {
			return fmt.Errorf("keep corrupt record: %w", err)
		}
	case CorruptUnlink:
	default:
		return nil
	}
	return s.db.Delete(r.key, s.sync)
}

// sweep removes content without units: what a crash left in the middle of a
// large Put. Units and content are ordered alike, so one pass over both will do.
func (s *store) sweep() error {
	b := s.db.NewBatch()
	defer b.Close()
	for _, kind := range []byte{keyMessage, keyChunk} {
		units, err := s.start.NewIter(&pebble.IterOptions{LowerBound: []byte{keyUnit}, UpperBound: []byte{keyUnit + 1}})
		if err != nil {
			return err
		}
		err = s.orphans(kind, units, func(tx string) error { return dropContent(b, tx) })
		if err = errors.Join(err, units.Close()); err != nil {
			return err
		}
	}
	if b.Empty() {
		return nil
	}
	return b.Commit(s.sync)
}

// orphans calls f with each transaction that has keys of a kind and no unit.
func (s *store) orphans(kind byte, units *pebble.Iterator, f func(tx string) error) error {
	it, err := s.start.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	more := units.First()
	for ok := it.First(); ok; {
		tx, _, good := splitKey(it.Key())
		if !good {
			ok = it.Next()
			continue
		}
		for first := makeKey(keyUnit, tx, 0); more && bytes.Compare(units.Key(), first) < 0; {
			more = units.Next()
		}
		if !more || bytes.Compare(units.Key(), prefixEnd(keyUnit, tx)) >= 0 {
			if err := f(tx); err != nil {
				return err
			}
		}
		ok = it.SeekGE(prefixEnd(kind, tx))
	}
	return errors.Join(it.Error(), units.Error())
}
