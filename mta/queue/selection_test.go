package queue_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestSelection: what memory tells is asked before the spool is read, a brief list
// reads nothing, and limits end the work.
func TestSelection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome { return later(time.Hour) })
		for n := range 100 {
			r.add(n+1, func(u *spool.Unit) {
				u.Due, u.Size, u.TenantID = time.Now().Add(time.Hour), int64(n), "ann"
				u.Recipient.Domain = "example.org"
			})
		}
		early := func(it *queue.Item) bool {
			return it.State == queue.Deferred && it.TenantID == "ann" && it.Recipient.Domain == "example.org" && it.Size >= 90
		}
		var asked, listed atomic.Int64
		count := func(*queue.Item) bool { listed.Add(1); return true }
		r.q.List(queue.Selection{Early: early, Match: func(it *queue.Item) bool { asked.Add(1); return it.Size >= 95 }}, count)
		if asked.Load() != 10 || listed.Load() != 5 {
			t.Errorf("%d units were read and %d listed, want 10 and 5", asked.Load(), listed.Load())
		}
		listed.Store(0)
		r.store.mu.Lock()
		r.store.blind = 1000
		r.store.mu.Unlock()
		if r.q.List(queue.Selection{Early: early, Brief: true}, count); listed.Load() != 10 {
			t.Errorf("a brief list has %d units, want 10", listed.Load())
		}
		r.store.mu.Lock()
		r.store.blind = 0
		r.store.mu.Unlock()
		listed.Store(0)
		if r.q.List(queue.Selection{Limit: 7}, count); listed.Load() != 7 {
			t.Errorf("the list has %d units, want 7", listed.Load())
		}
		if n := r.q.Change(queue.Selection{Limit: 7}, queue.Change{Op: queue.OpHold}); n != 7 {
			t.Errorf("changed %d, want 7", n)
		}
		if n := r.q.Change(queue.Selection{Limit: 20}, queue.Change{Op: queue.OpRelease}); n != 7 {
			t.Errorf("released %d, want 7", n)
		}
		r.end(t)
	})
}
