package spool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
)

// volume is one path of the spool, over the lives of its stores.
type volume struct {
	Path
	index int
	o     *Options
	units atomic.Int64          // in it, as far as they are loaded
	store atomic.Pointer[store] // nil before it could be opened for the first time
	state atomic.Value          // State, as it was reported

	mu    sync.Mutex
	doubt map[string]bool     // transactions whose Put failed with the store
	f     func([]*Unit) error // of Recover

	// Of the keeper.
	since time.Time     // when the store was opened
	wait  time.Duration // before a failed store is opened again

	loading sync.Mutex
	loaded  bool
}

// errUnopened is what a path answers that could not be opened at the start.
var errUnopened = fmt.Errorf("%w: it could not be opened", ErrFailed)

// live returns the store of a path.
func (v *volume) live() (*store, error) {
	if s := v.store.Load(); s != nil {
		return s, nil
	}
	return nil, errUnopened
}

// put stores a message. After an error nothing of it is there, or will be when a
// store that failed meanwhile is opened again.
func (v *volume) put(ctx context.Context, content message.Source, units []*Unit) error {
	s, err := v.live()
	if err != nil {
		return err
	}
	if err = s.put(ctx, content, units); err == nil {
		v.units.Add(int64(len(units)))
		return nil
	}
	if errors.Is(err, ErrFailed) {
		v.mu.Lock()
		v.doubt[units[0].Transaction] = true
		v.mu.Unlock()
	}
	return err
}

func (v *volume) remove(tx string, queue int) error {
	s, err := v.live()
	if err != nil {
		return err
	}
	if err = s.remove(tx, queue); err == nil {
		v.units.Add(-1)
	}
	return err
}

// open opens the directory, for the first time or again. What was put when the
// last store failed is removed before anybody sees it.
func (v *volume) open() error {
	v.loading.Lock()
	defer v.loading.Unlock()
	if old := v.store.Load(); old != nil {
		if err := old.release(); err != nil {
			return fmt.Errorf("open spool %s: %w", v.Path.Path, err)
		}
	}
	s, err := openStore(v.Path.Path, v.o)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	err = s.apart(func() error {
		for tx := range v.doubt {
			if err := s.dropAll(tx); err != nil {
				return err
			}
		}
		if !v.loaded {
			s.start = s.db.NewSnapshot()
			v.units.Store(0)
		}
		return nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("open spool %s: %w", v.Path.Path, err), s.close())
	}
	clear(v.doubt)
	v.since = time.Now()
	v.store.Store(s)
	return nil
}

// load calls f with the units of the path. When its store fails meanwhile, it is
// loaded from the beginning once it has been opened again.
func (v *volume) load(f func([]*Unit) error) error {
	v.loading.Lock()
	defer v.loading.Unlock()
	s := v.store.Load()
	if s == nil || s.failed() != nil || v.loaded {
		return nil
	}
	err := s.recover(v.o.Readers, v.o.Corrupt, func(units []*Unit) error {
		for _, u := range units {
			u.Path = v.index
		}
		v.units.Add(int64(len(units)))
		return f(units)
	})
	if err != nil {
		return fmt.Errorf("read spool %s: %w", v.Path.Path, err)
	}
	v.loaded = true
	return nil
}
