package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// store is one opened pebble store.
type store struct {
	*life
	path  string
	db    *pebble.DB
	start *pebble.Snapshot // what was there when the store was opened; nil after recover
	sync  bool
	log   *slog.Logger
	locks [64]sync.Mutex // by transaction: removal looks for other units

	readers, unread atomic.Int64 // of recover: at work, and ranges that none has begun
}

// Memory of a store, in bytes. Pebble takes what its tables in memory need, up to
// memTables of them, out of the cache of what it reads: a small cache holds nothing.
const (
	memTableSize = 32 << 20
	memTables    = 4
	cacheSize    = memTables * memTableSize
)

// openStore opens a directory.
func openStore(path string, o *Options) (*store, error) {
	fs := vfs.FS(vfs.Default)
	if o.FS != nil {
		fs = o.FS(path)
	}
	s := &store{life: newLife(fs), path: path, sync: !o.NoSync, log: o.Logger}
	po := &pebble.Options{
		FS: s.life, Logger: pebbleLog{s}, FormatMajorVersion: pebble.FormatNewest, CacheSize: cacheSize,
		MemTableSize: memTableSize, MemTableStopWritesThreshold: memTables,
		L0CompactionThreshold: 4, L0StopWritesThreshold: 24,
		EventListener: &pebble.EventListener{
			BackgroundError: s.broke,
			DiskSlow: func(i pebble.DiskSlowInfo) {
				s.log.Warn("the disk is slow", "event", "spool", "path", path, "duration", i.Duration.String())
			},
		},
	}
	for i := range po.Levels {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	po.EnsureDefaults()
	err := s.do(func() (err error) {
		s.db, err = pebble.Open(path, po)
		return err
	})
	if err == nil {
		if err = s.do(s.checkFormat); err == nil {
			s.opened.Store(true)
			return s, nil
		}
		err = errors.Join(err, s.close())
	}
	if s.failed() != nil {
		err = errors.Join(err, s.release())
	}
	return nil, fmt.Errorf("open spool %s: %w", path, err)
}

// errNewer tells that a store was written by a newer version.
var errNewer = errors.New("the spool is newer than this program")

// checkFormat refuses a store of a newer version.
func (s *store) checkFormat() error {
	v, closer, err := s.db.Get([]byte{keyFormat})
	if errors.Is(err, pebble.ErrNotFound) {
		return s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.Sync)
	}
	if err != nil {
		return fmt.Errorf("read the version: %w", err)
	}
	defer closer.Close()
	if len(v) != 1 {
		return fmt.Errorf("read the version: %w", ErrCorrupt)
	}
	if v[0] > formatVersion {
		return fmt.Errorf("%w: it has format %d, this version knows up to %d", errNewer, v[0], formatVersion)
	}
	if v[0] < formatVersion { // from now on it may hold newer records
		return s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.Sync)
	}
	return nil
}

// pebbleLog keeps pebble from ending the process: what is fatal to it ends the
// store only.
type pebbleLog struct{ s *store }

func (pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.s.log.Error("spool", "event", "spool", "path", l.s.path, "err", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) { l.s.broke(fmt.Errorf(format, args...)) }

// get returns a copy of the payload of a record.
func (s *store) get(key []byte) ([]byte, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	payload, _, err := open(v)
	return append([]byte(nil), payload...), err
}

// load reads the record of a unit.
func (s *store) load(tx string, queue int) (*Unit, error) {
	return guard(s.life, func() (*Unit, error) {
		v, closer, err := s.db.Get(makeKey(keyUnit, tx, queue))
		if errors.Is(err, pebble.ErrNotFound) {
			return nil, ErrMissing
		}
		if err != nil {
			return nil, err
		}
		defer closer.Close()
		return decodeUnit(v)
	})
}

func (s *store) close() error {
	if s.failed() != nil {
		return s.release() // a failed store has nothing left to flush
	}
	err := s.apart(func() error {
		if s.start != nil {
			s.start.Close()
			s.start = nil
		}
		return s.db.Close()
	})
	return errors.Join(err, s.release())
}
