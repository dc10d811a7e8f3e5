package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hawser-mta/hawser/mta/message"
)

// Path is one directory of the spool.
type Path struct {
	Path   string
	Weight int // share of new messages; 0 counts as 1
}

// Options describe a spool.
type Options struct {
	Paths               []Path
	NoSync              bool          // give up durability (spool.fsync false)
	MinBytes, MinInodes uint64        // free space below which a path takes nothing new
	Corrupt             string        // ignore, unlink or rename; "": ignore
	Readers             int           // of each path at start (spool.loader.threads); 0: 1
	Segment             int64         // bytes of a file of the journal; 0: 32 MiB
	Retry               time.Duration // before a path that failed is opened again the first time; 0: 5 s
	Logger              *slog.Logger

	// FS returns the file system of a path; nil: that of the system. Tests use
	// those of pebble that lose power and inject errors.
	FS func(path string) vfs.FS
	// Free returns the free bytes and inodes of a path; nil: asks the system.
	Free func(path string) (bytes, inodes uint64, err error)
}

// ErrFull tells that no path has room.
var ErrFull = errors.New("no spool path has enough free space")

// Spool is the set of paths.
type Spool struct {
	o       Options
	volumes []*volume

	mu      sync.Mutex
	credit  []int // weighted round robin
	closing chan struct{}
	keepers sync.WaitGroup
}

// Open opens or creates the stores. Of several paths one at least must be well;
// the others are opened later.
func Open(o Options) (*Spool, error) {
	if len(o.Paths) == 0 {
		return nil, errors.New("the spool has no path")
	}
	if o.Free == nil {
		o.Free = remembered()
	}
	if o.Retry == 0 {
		o.Retry = firstWait
	}
	s := &Spool{o: o, credit: make([]int, len(o.Paths)), closing: make(chan struct{})}
	for i, p := range o.Paths {
		v := &volume{Path: p, index: i, o: &s.o, doubt: map[string]bool{}}
		v.state.Store(State(""))
		s.volumes = append(s.volumes, v)
	}
	var errs []error
	for _, v := range s.volumes {
		err := s.open(v)
		if err == nil {
			continue
		}
		errs = append(errs, err)
		if len(errs) == len(s.volumes) || errors.Is(err, errNewer) {
			return nil, errors.Join(append(errs, s.Close())...)
		}
		s.o.Logger.Error("a spool path cannot be opened yet", "event", "spool", "path", v.Path.Path, "err", err)
	}
	for _, v := range s.volumes {
		s.keepers.Go(func() { s.keep(v) })
	}
	return s, nil
}

// open opens a path, whose directory is made when it is missing.
func (s *Spool) open(v *volume) error {
	if s.o.FS == nil {
		if err := os.MkdirAll(v.Path.Path, 0o750); err != nil {
			return fmt.Errorf("create spool: %w", err)
		}
	}
	return v.open()
}

// Ready returns ErrFull when no path would take a message.
func (s *Spool) Ready() error {
	for _, v := range s.volumes {
		if v.room(0) {
			return nil
		}
	}
	return ErrFull
}

// order returns the paths to try: by smooth weighted round robin, then the
// others.
func (s *Spool) order() []*volume {
	if len(s.volumes) == 1 {
		return s.volumes
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	total, best := 0, 0
	for i, v := range s.volumes {
		w := max(v.Weight, 1)
		total += w
		s.credit[i] += w
		if s.credit[i] > s.credit[best] {
			best = i
		}
	}
	s.credit[best] -= total
	out := []*volume{s.volumes[best]}
	for i, v := range s.volumes {
		if i != best {
			out = append(out, v)
		}
	}
	return out
}

// Put stores a message with its units, all of one transaction, which must be new
// to the spool. When it returns nil they are on stable storage; after an error
// nothing of them is there. It sets Path of the units.
func (s *Spool) Put(ctx context.Context, content message.Source, units []*Unit) error {
	err := ErrFull
	for _, v := range s.order() {
		if !v.room(content.Size()) {
			continue
		}
		for _, u := range units {
			u.Path = v.index
		}
		if err = v.put(ctx, content, units); err == nil || ctx.Err() != nil {
			return err
		}
		s.o.Logger.Error("spool write", "event", "spool", "path", v.Path.Path, "transaction", units[0].Transaction, "err", err)
	}
	return err
}

// Content returns the original bytes of the transaction of a unit. They can be
// read until its last unit is removed.
func (s *Spool) Content(u *Unit) (message.Source, error) {
	st, err := s.volumes[u.Path].live()
	if err != nil {
		return nil, err
	}
	return st.content(u.Transaction)
}

// Load returns the record of a unit. The error is ErrMissing when there is none,
// ErrFailed while its path is out of reach.
func (s *Spool) Load(path int, transaction string, queue int) (*Unit, error) {
	st, err := s.volumes[path].live()
	if err != nil {
		return nil, err
	}
	u, err := st.load(transaction, queue)
	if err != nil {
		return nil, fmt.Errorf("unit %s:%d: %w", transaction, queue, err)
	}
	u.Path = path
	return u, nil
}

// Update stores the new state of a unit, on stable storage.
func (s *Spool) Update(u *Unit) error {
	st, err := s.volumes[u.Path].live()
	if err != nil {
		return err
	}
	return st.update(u)
}

// Remove drops a unit for good, on stable storage. It is called once for a unit,
// or again after an error.
func (s *Spool) Remove(u *Unit) error { return s.volumes[u.Path].remove(u.Transaction, u.Queue) }

// Recover calls f, once after Open, with every unit of every path that was there, some
// at a time. They are without parameters, metadata and patch, which Load gives; f must
// keep neither them nor the slice. Readers of all paths call f at the same time. A path
// that is opened later, or again before it was read to its end, is read then; f may get a
// unit twice.
func (s *Spool) Recover(f func([]*Unit) error) error {
	errs := make([]error, len(s.volumes))
	var all sync.WaitGroup
	for i, v := range s.volumes {
		v.mu.Lock()
		v.f = f
		v.mu.Unlock()
		all.Go(func() { errs[i] = v.load(f) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Close closes the stores.
func (s *Spool) Close() error {
	close(s.closing)
	s.keepers.Wait()
	var errs []error
	for _, v := range s.volumes {
		if st := v.store.Load(); st != nil {
			errs = append(errs, st.close())
		}
	}
	return errors.Join(errs...)
}
