package spool

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// What happens to records that fail their check (spool.corrupt).
const (
	CorruptIgnore = "ignore"
	CorruptUnlink = "unlink"
	CorruptRename = "rename"
)

// recover reads every unit that was in the store when it was opened, and removes
// content that no unit refers to. Messages may be put meanwhile.
func (s *store) recover(corrupt string, f func(*Unit) error) error {
	return s.do(func() error {
		defer func() {
			s.start.Close()
			s.start = nil
		}()
		known := map[string]bool{}
		if err := s.each(keyUnit, func(key, val []byte) error {
			tx, _, _ := splitKey(key)
			known[tx] = true
			u, err := decodeUnit(val)
			if err != nil {
				return s.broken(corrupt, key, val)
			}
			u.Path = s.index
			return f(u)
		}); err != nil {
			return err
		}
		return s.sweep(known)
	})
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
func (s *store) broken(corrupt string, key, val []byte) error {
	tx, n, _ := splitKey(key)
	s.log.Error("corrupt spool record", "path", s.path, "transaction", tx, "queueid", n, "action", corrupt)
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
	return s.db.Delete(bytes.Clone(key), s.sync)
}

// sweep removes content without units: what a crash left in the middle of a
// large Put.
func (s *store) sweep(known map[string]bool) error {
	b := s.db.NewBatch()
	defer b.Close()
	last := ""
	for _, kind := range []byte{keyMessage, keyChunk} {
		it, err := s.start.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
		if err != nil {
			return err
		}
		for ok := it.First(); ok; {
			tx, _, good := splitKey(it.Key())
			if good && !known[tx] && tx != last {
				last = tx
				if err := dropContent(b, tx); err != nil {
					it.Close()
					return err
				}
			}
			ok = it.SeekGE(prefixEnd(kind, tx))
		}
		if err := it.Close(); err != nil {
			return err
		}
	}
	if b.Empty() {
		return nil
	}
	return b.Commit(s.sync)
}
