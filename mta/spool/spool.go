package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hawser-mta/hawser/mta/message"
	"golang.org/x/sys/unix"
)

// Path is one directory of the spool.
type Path struct {
	Path   string
	Weight int // share of new messages; 0 counts as 1
}

// Options describe a spool.
type Options struct {
	Paths               []Path
	NoSync              bool   // give up durability (spool.fsync false)
	MinBytes, MinInodes uint64 // free space below which a path takes nothing new
	Corrupt             string // ignore, unlink or rename; "": ignore
	Readers             int    // that decode units at start (spool.loader.threads); 0: 1
	Logger              *slog.Logger

	// FS returns the file system of a path; nil: that of the system. Tests use
	// those of pebble that lose power and inject errors.
	FS func(path string) vfs.FS
	// Free returns the free bytes and inodes of a path; nil: asks the system.
	Free func(path string) (bytes, inodes uint64, err error)
}

// ErrFull tells that no path has room.
var ErrFull = errors.New("no spool path has enough free space")

// Spool is the set of stores.
type Spool struct {
	o      Options
	stores []*store

	mu     sync.Mutex
	credit []int // weighted round robin

	once   sync.Once
	failed chan struct{}
}

// Open opens or creates the stores.
func Open(o Options) (*Spool, error) {
	if len(o.Paths) == 0 {
		return nil, errors.New("the spool has no path")
	}
	if o.Free == nil {
		o.Free = free
	}
	s := &Spool{o: o, credit: make([]int, len(o.Paths)), failed: make(chan struct{})}
	for i, p := range o.Paths {
		if o.FS == nil {
			if err := os.MkdirAll(p.Path, 0o750); err != nil {
				return nil, errors.Join(fmt.Errorf("create spool: %w", err), s.Close())
			}
		}
		st, err := openStore(p.Path, i, &o)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.stores = append(s.stores, st)
	}
	for _, st := range s.stores {
		f := s.storeFailed
		st.onFail.Store(&f)
	}
	return s, nil
}

func free(path string) (bytes, inodes uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, 0, fmt.Errorf("look at spool %s: %w", path, err)
	}
	if st.Files == 0 { // file systems that count no inodes
		st.Ffree = ^uint64(0)
	}
	return st.Bavail * uint64(st.Bsize), st.Ffree, nil
}

// amplification is how much of its size a message may need on disk while the
// store writes its log, its tables and merges them.
const amplification = 3

// room reports whether a store takes a new message of so many bytes.
func (s *Spool) room(st *store, size int64) bool {
	if st.failed.Load() != nil {
		return false
	}
	bytes, inodes, err := s.o.Free(st.path)
	return err == nil && bytes >= s.o.MinBytes+amplification*uint64(size) && inodes >= s.o.MinInodes
}

// Ready returns ErrFull when no path would take a message.
func (s *Spool) Ready() error {
	for _, st := range s.stores {
		if s.room(st, 0) {
			return nil
		}
	}
	return ErrFull
}

// Failed is closed when the last store has failed: nothing can be stored or
// delivered then, and only a new start can go on with what is on disk.
func (s *Spool) Failed() <-chan struct{} { return s.failed }

// storeFailed notes that a store gave up.
func (s *Spool) storeFailed() {
	for _, st := range s.stores {
		if st.failed.Load() == nil {
			return
		}
	}
	s.once.Do(func() { close(s.failed) })
}

// order returns the stores to try: by smooth weighted round robin, then the
// others.
func (s *Spool) order() []*store {
	if len(s.stores) == 1 {
		return s.stores
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	total, best := 0, 0
	for i, p := range s.o.Paths {
		w := max(p.Weight, 1)
		total += w
		s.credit[i] += w
		if s.credit[i] > s.credit[best] {
			best = i
		}
	}
	s.credit[best] -= total
	out := []*store{s.stores[best]}
	for i, st := range s.stores {
		if i != best {
			out = append(out, st)
		}
	}
	return out
}

// Put stores a message with its units, all of one transaction. When it returns
// nil they are on stable storage; after an error nothing of them is there. It
// sets Path of the units.
func (s *Spool) Put(ctx context.Context, content message.Source, units []*Unit) error {
	err := ErrFull
	for _, st := range s.order() {
		if !s.room(st, content.Size()) {
			continue
		}
		if err = st.put(ctx, content, units); err == nil || ctx.Err() != nil {
			return err
		}
		s.o.Logger.Error("spool write", "path", st.path, "transaction", units[0].Transaction, "err", err)
	}
	return err
}

// Content returns the original bytes of the transaction of a unit.
func (s *Spool) Content(u *Unit) (message.Source, error) {
	return s.stores[u.Path].content(u.Transaction)
}

// Load returns the record of a unit.
func (s *Spool) Load(path int, transaction string, queue int) (*Unit, error) {
	st := s.stores[path]
	u, err := guard(st, func() (*Unit, error) {
		v, closer, err := st.db.Get(makeKey(keyUnit, transaction, queue))
		if err != nil {
			return nil, fmt.Errorf("unit %s:%d: %w", transaction, queue, ErrMissing)
		}
		defer closer.Close()
		return decodeUnit(v)
	})
	if err == nil {
		u.Path = path
	}
	return u, err
}

// Update stores the new state of a unit.
func (s *Spool) Update(u *Unit) error { return s.stores[u.Path].update(u) }

// Remove drops a unit for good.
func (s *Spool) Remove(u *Unit) error { return s.stores[u.Path].remove(u.Transaction, u.Queue) }

// Recover calls f, once after Open, with every unit of every path that was there.
// The paths are read at the same time; f is called by one reader at a time.
func (s *Spool) Recover(f func(*Unit) error) error {
	var mu sync.Mutex
	one := func(u *Unit) error {
		mu.Lock()
		defer mu.Unlock()
		return f(u)
	}
	errs := make([]error, len(s.stores))
	var all sync.WaitGroup
	for i, st := range s.stores {
		all.Go(func() {
			if err := st.recover(s.o.Readers, s.o.Corrupt, one); err != nil {
				errs[i] = fmt.Errorf("read spool %s: %w", st.path, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// Close closes the stores.
func (s *Spool) Close() error {
	var errs []error
	for _, st := range s.stores {
		errs = append(errs, st.close())
	}
	return errors.Join(errs...)
}
