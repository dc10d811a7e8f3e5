package spool

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// store is one opened directory: a journal and the index of what is in it.
type store struct {
	*life
	path  string
	o     *Options
	db    *pebble.DB       // the index
	start *pebble.Snapshot // what was there when the store was opened; nil after recover
	sync  bool
	log   *slog.Logger

	journal     *journal
	segmentSize int64
	segmu       sync.RWMutex
	segments    map[uint32]*segment
	indexed     atomic.Uint32 // segments before are in the index, on the disk
	reading     atomic.Int64  // segments that are open for it
	counted     atomic.Bool   // segments know what content of them is needed
	stripes     [64]stripe    // by transaction

	kicked  chan struct{} // there may be something to tend
	closing chan struct{}
	tenders sync.WaitGroup

	readers, unread atomic.Int64 // of recover: at work, and ranges that none has begun
}

// Memory of a store, in bytes. Pebble takes what its tables in memory need, up to
// memTables of them, out of the cache of what it reads: a small cache holds nothing.
const (
	memTableSize = 32 << 20
	memTables    = 4
	cacheSize    = memTables * memTableSize
	segmentSize  = 32 << 20 // on disk: of one file of the journal
)

// openStore opens a directory.
func openStore(path string, o *Options) (*store, error) {
	fs := vfs.FS(vfs.Default)
	if o.FS != nil {
		fs = o.FS(path)
	}
	s := &store{
		life: newLife(fs), path: path, o: o, sync: !o.NoSync, log: o.Logger,
		segmentSize: cmp.Or(o.Segment, segmentSize), segments: map[uint32]*segment{},
		kicked: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	po := &pebble.Options{
		FS: s.life, Logger: pebbleLog{s}, FormatMajorVersion: pebble.FormatNewest, DisableWAL: true, CacheSize: cacheSize,
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
		if err = s.do(s.setUp); err == nil {
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

// setUp makes an opened index one that knows all of the journal.
func (s *store) setUp() error {
	format, err := s.format()
	if err != nil {
		return err
	}
	if err := s.openJournal(); err != nil {
		return err
	}
	there := s.db.NewSnapshot() // before anything is counted as it comes
	if format < formatVersion {
		if err := s.migrate(); err != nil {
			return errors.Join(err, there.Close())
		}
	}
	s.opened.Store(true)
	s.tenders.Go(func() { s.survey(there) })
	s.tenders.Go(s.tend)
	s.kick()
	return nil
}

// format returns the version of a store, a new one's being that of today, and refuses a
// newer one.
func (s *store) format() (byte, error) {
	v, closer, err := s.db.Get([]byte{keyFormat})
	if errors.Is(err, pebble.ErrNotFound) {
		return formatVersion, s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.NoSync)
	}
	if err != nil {
		return 0, fmt.Errorf("read the version: %w", err)
	}
	defer closer.Close()
	if len(v) != 1 {
		return 0, fmt.Errorf("read the version: %w", ErrCorrupt)
	}
	if v[0] > formatVersion {
		return 0, fmt.Errorf("%w: it has format %d, this version knows up to %d", errNewer, v[0], formatVersion)
	}
	return v[0], nil
}

// pebbleLog keeps pebble from ending the process: what is fatal to it ends the
// store only.
type pebbleLog struct{ s *store }

func (pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.s.log.Error("spool", "event", "spool", "path", l.s.path, "err", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) { l.s.broke(fmt.Errorf(format, args...)) }

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
		close(s.closing)
		s.tenders.Wait()
		if s.start != nil {
			s.start.Close()
			s.start = nil
		}
		var err error
		if s.journal != nil {
			err = s.journal.close()
		}
		return errors.Join(err, s.db.Close())
	})
	return errors.Join(err, s.release())
}
