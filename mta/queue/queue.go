package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/spool"
)

// Store keeps units; *spool.Spool is one.
type Store interface {
	Load(path int, transaction string, queue int) (*spool.Unit, error)
	Update(u *spool.Unit) error
	Remove(u *spool.Unit) error
}

// Options describe a queue.
type Options struct {
	Workers int // attempts at once; 0: 1000
	// MaxAge and HoldMaxAge return the greatest age of a unit in any state and
	// of a held one; 0: none. They are asked when a unit is scheduled.
	MaxAge, HoldMaxAge func() time.Duration
	Logger             *slog.Logger
}

// Queue is the schedule of all units.
type Queue struct {
	o     Options
	store Store
	d     Deliverer
	wake  chan struct{} // the loop has something to look at

	mu     sync.Mutex
	all    map[key]*entry
	times  timeHeap
	ready  [2][]*entry // by priority; high first
	active int
	stats  Stats
	quotas map[string]*Usage
}

// Stats counts units.
type Stats struct {
	Held, Deferred, Ready, Active                 int   // now
	Delivered, Bounced, Deleted, Retried, Dropped int64 // since start
}

// Usage is what a quota holds.
type Usage struct {
	Count int
	Bytes int64
}

// New returns a queue; Run starts it.
func New(store Store, d Deliverer, o Options) *Queue {
	if o.Workers == 0 {
		o.Workers = 1000
	}
	none := func() time.Duration { return 0 }
	if o.MaxAge == nil {
		o.MaxAge = none
	}
	if o.HoldMaxAge == nil {
		o.HoldMaxAge = none
	}
	return &Queue{o: o, store: store, d: d, wake: make(chan struct{}, 1), all: map[key]*entry{}, quotas: map[string]*Usage{}}
}

// Add puts a stored unit into the schedule.
func (q *Queue) Add(u *spool.Unit) {
	e := newEntry(u)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all[e.key] != nil {
		return
	}
	q.all[e.key] = e
	q.count(e, 1)
	q.place(e)
}

// place files an entry by its state and tells the loop.
func (q *Queue) place(e *entry) {
	e.wake = e.due
	max := q.o.MaxAge()
	if e.held {
		e.state = stateHold
		e.wake = time.Time{}
		if h := q.o.HoldMaxAge(); h > 0 && (max == 0 || h < max) {
			max = h
		}
	} else {
		e.state = stateDefer
	}
	if max > 0 {
		e.expires = e.received.Add(max)
		if e.held || e.expires.Before(e.wake) {
			e.wake = e.expires
		}
	} else {
		e.expires = time.Time{}
		if e.held {
			return
		}
	}
	q.times.add(e)
	q.nudge()
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run dispatches units until drain is done, then waits for running attempts,
// whose context ends with stop.
func (q *Queue) Run(drain, stop context.Context) error {
	var running sync.WaitGroup
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for drain.Err() == nil {
		next := q.dispatch(stop, &running)
		timer.Reset(next)
		select {
		case <-drain.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
	running.Wait()
	return nil
}

// idle is how long the loop sleeps when nothing is scheduled.
const idle = time.Hour

// dispatch starts what is due and returns how long nothing else will be.
func (q *Queue) dispatch(stop context.Context, running *sync.WaitGroup) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for len(q.times) > 0 && !q.times[0].wake.After(now) {
		e := q.times.pop()
		e.state = stateReady
		q.ready[1-e.priority] = append(q.ready[1-e.priority], e)
	}
	for q.active < q.o.Workers {
		e := q.next()
		if e == nil {
			break
		}
		e.state = stateActive
		q.active++
		running.Go(func() { q.attempt(stop, e) })
	}
	if len(q.times) == 0 {
		return idle
	}
	return min(idle, q.times[0].wake.Sub(now))
}

// next takes the oldest ready entry of the highest priority.
func (q *Queue) next() *entry {
	for i := range q.ready {
		for len(q.ready[i]) > 0 {
			e := q.ready[i][0]
			q.ready[i][0] = nil
			if q.ready[i] = q.ready[i][1:]; len(q.ready[i]) == 0 {
				q.ready[i] = nil
			}
			if e.state == stateReady && q.all[e.key] == e {
				return e
			}
		}
	}
	return nil
}

// attempt runs one unit and files it again.
func (q *Queue) attempt(ctx context.Context, e *entry) {
	defer func() {
		q.mu.Lock()
		q.active--
		q.mu.Unlock()
		q.nudge()
	}()
	if e.gone {
		q.finish(e, &spool.Unit{Transaction: e.tx, Queue: e.n, Path: e.path}, e.last)
		return
	}
	u, err := q.store.Load(e.path, e.tx, e.n)
	if err != nil {
		q.o.Logger.Error("read unit", "transaction", e.tx, "queueid", e.n, "err", err)
		q.drop(e)
		return
	}
	var out Outcome
	switch {
	case e.cause != nil:
		out = q.d.Discard(ctx, u, *e.cause)
	case !e.expires.IsZero() && !time.Now().Before(e.expires):
		out = q.d.Discard(ctx, u, Expired)
		if !out.Action.Done() { // nothing outlives its greatest age
			out = Outcome{Action: Deleted}
		}
	default:
		out = q.d.Attempt(ctx, u)
	}
	e.cause = nil
	if out.Action.Done() {
		q.finish(e, u, out.Action)
		return
	}
	q.again(e, u, out)
}

// again stores the new state of a unit that stays.
func (q *Queue) again(e *entry, u *spool.Unit, out Outcome) {
	u.Hold, u.Due = out.Action == Hold, out.Due
	if err := q.store.Update(u); err != nil {
		q.o.Logger.Error("store unit", "transaction", e.tx, "queueid", e.n, "err", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Retried++
	e.held, e.due, e.priority = u.Hold, u.Due, clamp(u.Priority)
	q.place(e)
}

// removeAgain is when a removal that failed is tried again.
const removeAgain = time.Minute

// finish removes a unit that is done. It must not be tried again, so a removal
// that fails is repeated without an attempt.
func (q *Queue) finish(e *entry, u *spool.Unit, a Action) {
	err := q.store.Remove(u)
	q.mu.Lock()
	defer q.mu.Unlock()
	if !e.gone {
		switch a {
		case Delivered:
			q.stats.Delivered++
		case Bounced:
			q.stats.Bounced++
		default:
			q.stats.Deleted++
		}
	}
	if err != nil {
		q.o.Logger.Error("remove unit", "transaction", e.tx, "queueid", e.n, "err", err)
		e.gone, e.last, e.held, e.due = true, a, false, time.Now().Add(removeAgain)
		q.place(e)
		return
	}
	q.forget(e)
}

func (q *Queue) drop(e *entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Dropped++
	q.forget(e)
}

func (q *Queue) forget(e *entry) {
	delete(q.all, e.key)
	q.count(e, -1)
}

// count adds a unit to its quotas or takes it off.
func (q *Queue) count(e *entry, by int) {
	for _, name := range e.quotas {
		u := q.quotas[name]
		if u == nil {
			u = &Usage{}
			q.quotas[name] = u
		}
		u.Count += by
		if u.Bytes += int64(by) * e.size; u.Count == 0 {
			delete(q.quotas, name)
		}
	}
}

// Quota returns what the units of a quota amount to.
func (q *Queue) Quota(name string) Usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	if u := q.quotas[name]; u != nil {
		return *u
	}
	return Usage{}
}

// Stats returns the counts.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	for _, e := range q.all {
		switch e.state {
		case stateHold:
			s.Held++
		case stateDefer:
			s.Deferred++
		case stateReady:
			s.Ready++
		default:
			s.Active++
		}
	}
	return s
}
