package spool_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestCompany: a group waits for half of those that wrote at once of late, and who
// writes alone waits for nobody, soon after others have left.
func TestCompany(t *testing.T) {
	t.Parallel()
	var c spool.Company
	if n := c.Least(); n != 1 {
		t.Errorf("without anybody a group waits for %d", n)
	}
	for range 20 {
		c.Come()
	}
	if n := c.Least(); n != 10 {
		t.Errorf("among 20 a group waits for %d, want 10", n)
	}
	c.Gone(20)
	held := 0
	for c.Come(); c.Least() > 1 && held <= 8; held++ {
		c.Alone()
	}
	if c.Gone(1); held == 0 || held > 8 {
		t.Errorf("%d groups were held back for nothing", held)
	}
	for range 20 {
		c.Come()
	}
	c.Gone(20)
	for range 2 * 64 { // nothing is held back, but the count begins anew
		c.Come()
		c.Gone(1)
	}
	if n := c.Least(); n != 1 {
		t.Errorf("long after the others a group waits for %d", n)
	}
}

// TestHeldBack: who writes when a crowd has left is held back, but not for good, and those
// of a crowd share syncs.
func TestHeldBack(t *testing.T) {
	t.Parallel()
	var gate atomic.Pointer[chan struct{}] // syncs of the journal wait for it
	var syncs atomic.Int64
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData {
			syncs.Add(1)
			if g := gate.Load(); g != nil {
				<-*g
			}
		}
		return nil
	}))
	s := open(t, options(fs))
	defer closed(t, s)
	shut := make(chan struct{})
	gate.Store(&shut)
	const crowd = 32
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			if err := s.Put(t.Context(), message.Bytes([]byte("text")), []*spool.Unit{unit(fmt.Sprint("crowd", i), 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "the crowd to wait", func() bool { return spool.Waiting(s) == crowd })
	before := syncs.Load()
	gate.Store(nil)
	close(shut)
	if all.Wait(); syncs.Load() > before+crowd/4 { // a segment is prepared meanwhile
		t.Errorf("%d syncs for those who waited", syncs.Load()-before)
	}
	for i := range 12 {
		put(t, s, fmt.Sprint("alone", i), "text")
	}
	until(t, "the journal to count all as written", func() bool { return spool.Waiting(s) == 0 })
}

// TestHold: how long who comes alone waits for a crowd that has left, and how often.
func TestHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		s := open(t, options(errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpFileSyncData && slow.Load() {
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		}))))
		defer closed(t, s)
		slow.Store(true)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := s.Put(t.Context(), message.Bytes([]byte("text")), []*spool.Unit{unit(fmt.Sprint("crowd", i), 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		slow.Store(false)
		var held []time.Duration
		for i := range 12 {
			begin := time.Now()
			put(t, s, fmt.Sprint("alone", i), "text")
			held = append(held, time.Since(begin))
		}
		for i, d := range held {
			if d != 0 && (d < spool.Hold || d > 2*spool.Hold) {
				t.Errorf("number %d waited %v, want %v to %v or not at all", i, d, spool.Hold, 2*spool.Hold)
			}
		}
		if held[0] == 0 || held[len(held)-1] != 0 {
			t.Errorf("waited %v, want the first to wait and the last not to", held)
		}
	})
}
