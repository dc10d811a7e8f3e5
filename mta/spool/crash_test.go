package spool_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// model is what one writer has in the spool: by unit, how often it was tried.
type model map[string]int

// writer stores, changes and removes transactions of its own. At any time the
// spool holds what it was told is done, or that and the whole of what runs.
type writer struct {
	name          string
	rng           *rand.Rand
	acked, asking model
	bodies        map[string]string // by transaction
	live          map[string]*spool.Unit
}

func newWriter(name string, seed uint64) *writer {
	return &writer{name: name, rng: rand.New(rand.NewPCG(seed, 7)), acked: model{}, asking: model{}, bodies: map[string]string{}, live: map[string]*spool.Unit{}}
}

// step does one thing; mu guards the model.
func (w *writer) step(t *testing.T, s *spool.Spool, n int, mu *sync.Mutex) error {
	next := maps.Clone(w.acked)
	var do func() error
	var done func()
	var some *spool.Unit
	for _, u := range w.live { // any
		some = u
		break
	}
	switch r := w.rng.IntN(10); {
	case r < 4 || some == nil:
		tx := fmt.Sprintf("%s-%d", w.name, n)
		size := []int{10, 5000, 300 << 10}[w.rng.IntN(3)]
		if n == 3 { // parts of it go ahead
			size = 1100 << 10
		}
		body := strings.Repeat(tx+"\r\n", 1+size/len(tx))
		var units []*spool.Unit
		for i := range 1 + w.rng.IntN(3) {
			units = append(units, unit(tx, i+1))
			next[units[i].ID()] = 0
		}
		do = func() error { return s.Put(t.Context(), message.Bytes([]byte(body)), units) }
		done = func() {
			for _, u := range units {
				w.live[u.ID()] = u
			}
		}
		mu.Lock()
		w.bodies[tx] = body
		mu.Unlock()
	case r < 7:
		u := *some
		u.Retry++
		next[u.ID()] = u.Retry
		do = func() error { return s.Update(&u) }
		done = func() { w.live[u.ID()] = &u }
	default:
		delete(next, some.ID())
		do = func() error { return s.Remove(some) }
		done = func() { delete(w.live, some.ID()) }
	}
	mu.Lock()
	w.asking = next
	mu.Unlock()
	err := do()
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		w.asking = w.acked
		return err
	}
	w.acked = next
	done()
	return nil
}

// stored is what a spool holds of a writer, all of it readable.
func (w *writer) stored(t *testing.T, s *spool.Spool, units map[string]*spool.Unit) model {
	t.Helper()
	out := model{}
	for id, u := range units {
		if !strings.HasPrefix(id, w.name+"-") {
			continue
		}
		out[id] = u.Retry
		if got := text(t, s, u); got != w.bodies[u.Transaction] {
			t.Errorf("content of %s is broken: %d bytes", id, len(got))
		}
	}
	return out
}

// cut is the disk after a power cut, and what the writers were told before.
type cut struct {
	disk          *vfs.MemFS
	at            string
	acked, asking []model
}

// TestPowerCutAtEverySync: a disk that loses power before any of its syncs holds
// exactly what was acknowledged, and of what ran all or nothing.
func TestPowerCutAtEverySync(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	var mu sync.Mutex
	var cuts []cut
	writers := []*writer{newWriter("a", 1), newWriter("b", 2), newWriter("c", 3)}
	rng := rand.New(rand.NewPCG(3, 4))
	snap := errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		default:
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		c := cut{at: fmt.Sprintf("sync %d, of %s", len(cuts), op.Path)}
		c.disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100}[len(cuts)%3], RNG: rng})
		for _, w := range writers {
			c.acked, c.asking = append(c.acked, w.acked), append(c.asking, w.asking)
		}
		cuts = append(cuts, c)
		return nil
	})
	s := open(t, options(errorfs.Wrap(disk, snap)))
	var all sync.WaitGroup
	for _, w := range writers {
		all.Go(func() {
			for i := range 10 {
				if err := w.step(t, s, i, &mu); err != nil {
					t.Error(err)
				}
				if i%5 == 4 && w.name == "a" {
					if err := spool.Flush(s); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	closed(t, s)
	if len(cuts) < 30 {
		t.Fatalf("only %d syncs", len(cuts))
	}
	for i, c := range cuts {
		s := open(t, options(c.disk))
		units := recovered(t, s)
		for i, w := range writers {
			got := w.stored(t, s, units)
			if cmp.Equal(c.acked[i], got) || cmp.Equal(c.asking[i], got) {
				continue
			}
			t.Errorf("%s, writer %s: neither what was acknowledged (-want +got)\n%snor what was asked (-want +got)\n%s",
				c.at, w.name, cmp.Diff(c.acked[i], got), cmp.Diff(c.asking[i], got))
		}
		if left := spool.Content(s); len(left) > 0 {
			for _, u := range units {
				delete(left, u.Transaction)
			}
			if len(left) > 0 {
				t.Errorf("%s: content without units: %v", c.at, left)
			}
		}
		if i%4 == 0 {
			cutAgain(t, s, c.disk, units)
		}
		closed(t, s)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d power cuts", len(cuts))
}

// cutAgain lets the power fail a second time, soon after the start: what the first time
// cut off does not come back, what was accepted since is there.
func cutAgain(t *testing.T, s *spool.Spool, disk *vfs.MemFS, units map[string]*spool.Unit) {
	t.Helper()
	want := maps.Clone(units)
	u := put(t, s, "again", body("again"))
	want[u.ID()] = u
	s = open(t, options(disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(8, 9))})))
	defer closed(t, s)
	if d := cmp.Diff(want, recovered(t, s)); d != "" {
		t.Errorf("after a second power cut (-want +got)\n%s", d)
	}
	if text(t, s, u) != body("again") {
		t.Error("content that was accepted after a power cut is broken")
	}
}
