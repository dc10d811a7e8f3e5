package keep

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
)

// Keeper keeps the dynamic suspensions of an engine. The fields are set before Restore.
type Keeper struct {
	Engine *policy.Engine
	Dirs   []string // of the spool, in the order of the configuration
	Logger *slog.Logger

	mu     sync.Mutex
	serial uint64 // of the last file
	saved  uint64 // revision of the engine that is on disk
	took   time.Duration
	failed error // of the last Save
}

// Pauses from a change to its file: all changes meanwhile are one. A file that takes long
// to write is written less often, so that the disk is free for mail, and one that cannot
// be written is tried again later.
const (
	pause      = time.Second
	pauseTimes = 20
	tryAgain   = 10 * time.Second
)

// Restore puts in force the suspensions that an earlier process has left, as far as they
// have not ended meanwhile. What cannot be is reported.
func (k *Keeper) Restore() {
	var newest []suspension
	for _, dir := range k.Dirs {
		list, serial, err := read(dir)
		if err != nil {
			k.Logger.Error("suspensions of the last run cannot be read", "event", "suspend", "path", dir, "err", err)
		}
		if serial > k.serial {
			newest, k.serial = list, serial
		}
	}
	now, n := time.Now(), 0
	for i := range newest {
		x := &newest[i]
		left := x.left(now)
		if left < 0 {
			continue
		}
		if err := k.Engine.RestoreSuspension(x.suspension(), left); err != nil {
			k.Logger.Warn("a suspension of the last run is dropped", "event", "suspend", "id", x.ID, "err", err)
			continue
		}
		n++
	}
	if n > 0 {
		k.Logger.Info("suspensions of the last run are in force", "event", "suspend", "suspensions", n)
	}
}

// Run saves after changes until ctx ends. What was changed last may be for Save to do.
func (k *Keeper) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.Engine.Edits():
		}
		for wait := max(pause, k.last()*pauseTimes); ; wait = tryAgain {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
			if k.Save() == nil {
				break
			}
		}
	}
}

func (k *Keeper) last() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.took
}

// Err returns why the last Save has failed, nil when it has not.
func (k *Keeper) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// Save returns when every suspension that is in force is on stable storage. Of several that
// call it at once, one may do it for all.
func (k *Keeper) Save() error {
	want := k.Engine.Revision()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.saved >= want {
		return nil
	}
	begin := time.Now()
	a := k.Engine.Added()
	b, err := encode(a.Suspensions, k.serial+1, begin)
	if err == nil {
		err = k.put(b)
	}
	if k.took = time.Since(begin); err == nil {
		k.serial, k.saved = k.serial+1, a.Revision
	} else if k.failed == nil || k.failed.Error() != err.Error() {
		k.Logger.Error("suspensions cannot be kept, they end with the process", "event", "suspend", "err", err)
	}
	k.failed = err
	return err
}

// put writes the file in the first directory that takes it.
func (k *Keeper) put(b []byte) error {
	var errs []error
	for _, dir := range k.Dirs {
		err := write(dir, b)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
