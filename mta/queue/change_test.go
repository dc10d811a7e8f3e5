package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/mta/spool"
)

var every = queue.Selection{}

// TestChangeAgainstAttempt: a change that read a unit before an attempt must not
// write over what the attempt stored.
func TestChangeAgainstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome { return later(time.Hour) })
		r.add(1, func(u *spool.Unit) { u.Due = time.Now().Add(30 * time.Second) })
		r.store.slowLoad = time.Minute
		if n := r.q.Change(every, queue.Change{Op: queue.OpHold}); n != 0 {
			t.Errorf("changed %d", n)
		}
		if u := r.store.units["t:1"]; u.Retry != 1 || u.Hold {
			t.Errorf("retry %d, hold %v: the attempt is lost", u.Retry, u.Hold)
		}
		r.end(t)
	})
}

// TestChangeIsNotInTheWay: while a change waits for the spool, the unit is frozen
// and everything else goes on.
func TestChangeIsNotInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome {
			return queue.Outcome{Action: queue.Delivered}
		})
		r.add(1, func(u *spool.Unit) { u.Due = time.Now().Add(30 * time.Second) })
		r.store.slowUpdate = time.Minute
		go r.q.Change(every, queue.Change{Op: queue.OpHold})
		time.Sleep(time.Second)
		begin := time.Now()
		r.add(2, nil)
		if d := time.Since(begin); d != 0 {
			t.Errorf("accepting waited %s", d)
		}
		time.Sleep(40 * time.Second)
		if s := r.q.Stats(); s.Updating != 1 || s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
		if s := r.q.Stats(); s.Held != 1 || s.Updating != 0 {
			t.Errorf("%+v", s)
		}
		r.end(t)
	})
}

func TestDiscardByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, nil)
		for n := range 100 {
			r.add(n+1, func(u *spool.Unit) { u.Due = time.Now().Add(time.Hour) })
		}
		if n := r.q.Change(queue.Selection{Match: func(u *queue.Item) bool { return u.Queue > 40 }}, queue.Change{Op: queue.OpDelete}); n != 60 {
			t.Errorf("changed %d", n)
		}
		time.Sleep(time.Second)
		r.end(t)
		if s := r.q.Stats(); s.Deferred != 40 || len(r.s.log) != 60 || len(r.store.units) != 40 {
			t.Errorf("%+v, %d discarded", s, len(r.s.log))
		}
	})
}

// TestThreads: reads for predelivery and changes are as many at once as the options say.
func TestThreads(t *testing.T) {
	for _, c := range []struct{ loading, changers, loads, updates int }{{3, 2, 3, 2}, {0, 0, 100, 32}} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, queue.Options{Connections: most(1), Loading: slots.New(c.loading), Changers: c.changers}, func(context.Context, *spool.Unit) queue.Outcome {
				return queue.Outcome{Action: queue.Delivered}
			})
			for n := range 100 {
				r.add(n+1, func(u *spool.Unit) { u.Due = time.Now().Add(time.Hour) })
			}
			r.store.slow(0, time.Second)
			if n := r.q.Change(every, queue.Change{Op: queue.OpUpdate, Set: queue.Set{JobID: new("j")}}); n != 100 {
				t.Errorf("changed %d", n)
			}
			r.store.slow(time.Second, 0)
			time.Sleep(2 * time.Hour)
			loads, updates := r.store.most()
			if loads < c.loads || c.loading > 0 && loads > c.loads+1 { // an attempt reads too
				t.Errorf("%d reads at once, want %d", loads, c.loads)
			}
			if updates != c.updates {
				t.Errorf("%d changes at once, want %d", updates, c.updates)
			}
			r.end(t)
		})
	}
}
