package queue

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
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

	mu      sync.Mutex
	all     map[key]*entry
	times   timeHeap
	ready   [2]ready // by priority; high first
	inState [states]int
	stats   Stats // since start
	quotas  map[string]*quota
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
	return &Queue{o: o, store: store, d: d, wake: make(chan struct{}, 1), all: map[key]*entry{}, quotas: map[string]*quota{}}
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
	q.inState[e.state]++
	q.charge(e, u.Quotas)
	q.place(e)
}

// set changes the state of an entry.
func (q *Queue) set(e *entry, s state) {
	q.inState[e.state]--
	q.inState[s]++
	e.state = s
}

// place files an entry by its state and tells the loop.
func (q *Queue) place(e *entry) {
	e.wake = e.due
	limit := q.o.MaxAge()
	if e.held {
		q.set(e, stateHold)
		e.wake = time.Time{}
		if h := q.o.HoldMaxAge(); h > 0 && (limit == 0 || h < limit) {
			limit = h
		}
	} else {
		q.set(e, stateDefer)
	}
	if limit > 0 {
		e.expires = e.received.Add(limit)
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
		q.set(e, stateReady)
		q.ready[1-e.priority].add(e)
	}
	for q.inState[stateActive] < q.o.Workers {
		e := q.next()
		if e == nil {
			break
		}
		q.set(e, stateActive)
		running.Go(func() { q.attempt(stop, e) })
	}
	if len(q.times) == 0 {
		return idle
	}
	return min(idle, q.times[0].wake.Sub(now))
}

// next takes the unit whose turn it is in the highest priority.
func (q *Queue) next() *entry {
	for i := range q.ready {
		for e := q.ready[i].take(); e != nil; e = q.ready[i].take() {
			// A manual change leaves a unit in its line, where it counts no more.
			if e.state == stateReady && q.all[e.key] == e {
				return e
			}
		}
	}
	return nil
}

// attempt runs one unit and files it again.
func (q *Queue) attempt(ctx context.Context, e *entry) {
	defer q.nudge() // a worker is free
	if e.gone {
		q.finish(e, &spool.Unit{Transaction: e.tx, Queue: e.n, Path: e.path}, e.last)
		return
	}
	u, err := q.store.Load(e.path, e.tx, e.n)
	if err != nil {
		q.o.Logger.Error("read unit", "transaction", e.tx, "queueid", e.n, "err", err)
		q.unreadable(e, err)
		return
	}
	out, ok := q.deliver(ctx, e, u)
	switch {
	case out.Action.Done():
		q.finish(e, u, out.Action)
	case ok:
		e.cause = nil
		q.again(e, u, out)
	default:
		q.postpone(e)
	}
}

// deliver hands a unit to the deliverer. After a panic ok is false: the unit is
// in no known state, but its record is as it was.
func (q *Queue) deliver(ctx context.Context, e *entry, u *spool.Unit) (out Outcome, ok bool) {
	expired := !e.expires.IsZero() && !time.Now().Before(e.expires)
	defer func() {
		if r := recover(); r != nil {
			q.o.Logger.Error("panic in an attempt", "transaction", e.tx, "queueid", e.n, "err", r, "stack", string(debug.Stack()))
			q.mu.Lock()
			q.stats.Panics++
			q.mu.Unlock()
		}
		// Nothing outlives its greatest age, unless it is a stop that cuts it short.
		if expired && !out.Action.Done() && ctx.Err() == nil {
			out = Outcome{Action: Deleted}
		}
	}()
	switch {
	case e.cause != nil:
		out = q.d.Discard(ctx, u, *e.cause)
	case expired:
		out = q.d.Discard(ctx, u, Expired)
	default:
		out = q.d.Attempt(ctx, u)
	}
	return out, true
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
	e.stored++
	e.held, e.due, e.priority, e.lane = u.Hold, u.Due, clamp(u.Priority), laneOf(u)
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

// tryAgain is when a unit is tried again that could not be read, or whose attempt
// broke down.
const tryAgain = time.Minute

// unreadable forgets a unit that is not there; one that cannot be read for now
// stays.
func (q *Queue) unreadable(e *entry, err error) {
	if !errors.Is(err, spool.ErrMissing) {
		q.postpone(e)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Dropped++
	q.forget(e)
}

// postpone leaves a unit as it is stored.
func (q *Queue) postpone(e *entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.due = time.Now().Add(tryAgain)
	q.place(e)
}

func (q *Queue) forget(e *entry) {
	delete(q.all, e.key)
	q.inState[e.state]--
	q.discharge(e)
}
