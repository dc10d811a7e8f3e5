package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/slots"
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
	Workers  int          // units prepared at once; 0: 1000
	Loading  *slots.Slots // reads of units for it (queues.threads.loader); nil: no bound
	Changers int          // units changed at once (queues.threads.update); 0: 32
	// MaxAge and HoldMaxAge return the greatest age of a unit in any state and
	// of a held one; 0: none. They are asked when a unit is scheduled.
	MaxAge, HoldMaxAge func() time.Duration
	Connections        func() int     // most open connections (queues.connections.max); nil: 10000
	Pooling            func() int     // most idle ones of them (queues.pooling.size); nil: 1000
	Policies           *policy.Engine // nil: one without policies
	Logger             *slog.Logger
}

func (o *Options) defaults() {
	if o.Workers == 0 {
		o.Workers = 1000
	}
	if o.Changers == 0 {
		o.Changers = changers
	}
	none := func() time.Duration { return 0 }
	if o.MaxAge == nil {
		o.MaxAge = none
	}
	if o.HoldMaxAge == nil {
		o.HoldMaxAge = none
	}
	if o.Connections == nil {
		o.Connections = func() int { return 10000 }
	}
	if o.Pooling == nil {
		o.Pooling = func() int { return 1000 }
	}
	if o.Policies == nil {
		o.Policies = policy.New()
	}
}

// Queue is the schedule of all units.
type Queue struct {
	o     Options
	store Store
	d     Deliverer
	pool  *pool
	wake  chan struct{} // the loop has something to look at

	mu       sync.Mutex
	all      map[key]*entry
	times    timeHeap
	lanes    [2]lanes           // by priority; high first
	turns    [2]fifo[*subQueue] // likewise
	subs     map[subKey]*subQueue
	byWaiter map[*policy.Waiter]*subQueue
	inState  [states]int
	busy     int   // attempts with a connection, or about to have one
	stats    Stats // since start
	quotas   map[string]*quota
}

// New returns a queue; Run starts it.
func New(store Store, d Deliverer, o Options) *Queue {
	o.defaults()
	q := &Queue{
		o: o, store: store, d: d, wake: make(chan struct{}, 1), all: map[key]*entry{},
		quotas: map[string]*quota{}, subs: map[subKey]*subQueue{}, byWaiter: map[*policy.Waiter]*subQueue{},
	}
	q.pool = newPool(o.Policies, o.Pooling, q.nudge)
	return q
}

// Policies returns the engine that the queue obeys.
func (q *Queue) Policies() *policy.Engine { return q.o.Policies }

// Add puts stored units into the schedule. It does not keep the slice.
func (q *Queue) Add(units ...*spool.Unit) {
	entries := make([]*entry, len(units))
	for i, u := range units {
		entries[i] = newEntry(u)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, e := range entries {
		if q.all[e.key] != nil {
			continue
		}
		q.all[e.key] = e
		q.inState[e.state]++
		q.charge(e, units[i].Quotas)
		q.place(e)
	}
}

// set changes the state of an entry.
func (q *Queue) set(e *entry, s State) {
	if e.sub != nil && e.state == Active {
		e.sub.live--
	}
	q.inState[e.state]--
	q.inState[s]++
	if e.state = s; s == Active {
		e.sub.live++
	}
}

// leave takes an entry out of its sub-queue.
func (q *Queue) leave(e *entry) {
	if s := e.sub; s != nil {
		e.sub, e.plan = nil, nil
		q.retire(s)
	}
}

// place files an entry by its state and tells the loop.
func (q *Queue) place(e *entry) {
	e.wake = e.due
	limit := q.o.MaxAge()
	if q.leave(e); e.held {
		q.set(e, Held)
		e.wake = time.Time{}
		if h := q.o.HoldMaxAge(); h > 0 && (limit == 0 || h < limit) {
			limit = h
		}
	} else {
		q.set(e, Deferred)
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

// Run dispatches units until drain is done, then waits for what runs, whose context
// ends with stop.
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
		case <-q.o.Policies.Signal():
		case <-timer.C:
		}
	}
	q.pool.shut()
	running.Wait()
	q.pool.closing.Wait()
	return nil
}

// idle is how long the loop sleeps when nothing is scheduled.
const idle = time.Hour

// dispatch starts what can go and returns how long nothing else will.
func (q *Queue) dispatch(stop context.Context, running *sync.WaitGroup) time.Duration {
	now := time.Now()
	tick := q.o.Policies.Tick(now)
	woken := q.o.Policies.Woken()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.times) > 0 && !q.times[0].wake.After(now) {
		q.arise(q.times.pop())
	}
	for q.inState[Working] < q.o.Workers {
		e := q.next()
		if e == nil {
			break
		}
		q.set(e, Working)
		running.Go(func() { q.work(stop, e) })
	}
	for _, w := range woken {
		if s := q.byWaiter[w]; s != nil {
			s.parked = false
			q.takeTurn(s)
		}
	}
	for most := q.o.Connections(); q.inState[Sending] < most && q.pick(stop, running, most); {
	}
	wait := min(idle, max(tick.Sub(now), 0))
	if len(q.times) > 0 {
		wait = min(wait, q.times[0].wake.Sub(now))
	}
	return wait
}

// arise puts an entry whose time has come into its lane. One that stands in a
// sub-queue has waited too long there.
func (q *Queue) arise(e *entry) {
	if e.state == Active {
		e.cause = new(Cause) // Expired
	}
	q.set(e, Due)
	q.leave(e)
	q.lanes[1-e.priority].add(e)
}

// next takes the unit that is to be prepared, of the highest priority first.
func (q *Queue) next() *entry {
	for i := range q.lanes {
		for e := q.lanes[i].take(); e != nil; e = q.lanes[i].take() {
			// A change leaves a unit in its line, where it counts no more.
			if e.state == Due && q.all[e.key] == e {
				return e
			}
		}
	}
	return nil
}
