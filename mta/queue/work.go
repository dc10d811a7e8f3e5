package queue

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
)

// work prepares one unit, or ends it when there is a cause.
func (q *Queue) work(ctx context.Context, e *entry) {
	defer q.nudge() // a worker is free
	if e.gone {
		q.finish(e, &spool.Unit{Transaction: e.tx, Queue: e.n, Path: int(e.path)}, e.last)
		return
	}
	if q.o.Loading.Take(ctx) != nil { // the server stops
		q.postpone(e, tryAgain)
		return
	}
	u := q.load(e)
	q.o.Loading.Give()
	if u == nil {
		return
	}
	var r *Ready
	note := e.plan
	e.plan = nil
	out, ok := q.guard(ctx, e, func() (out Outcome) {
		switch {
		case e.cause != nil:
			out = q.d.Discard(ctx, u, *e.cause)
		case q.expired(e):
			out = q.d.Discard(ctx, u, Expired)
		default:
			r, out = q.d.Prepare(ctx, u, note)
		}
		return out
	})
	if r == nil || !ok {
		q.settle(e, u, out, ok)
		return
	}
	if r.Store {
		if err := q.store.Update(u); err != nil {
			q.o.Logger.Error("store unit", "transaction", e.tx, "queueid", e.n, "err", err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	e.fresh = false
	q.enlist(e, r)
}

// send makes attempts with a lease: of one unit, and of others of its sub-queue while
// the connection lasts.
func (q *Queue) send(ctx context.Context, running *sync.WaitGroup, s *subQueue, e *entry, l *policy.Lease, c Conn) {
	defer q.nudge()
	for e != nil {
		u := q.load(e)
		var result any
		left := c
		r := *s.ready
		r.Plan = e.plan
		out, ok := Outcome{}, u != nil
		if ok {
			out, ok = q.guard(ctx, e, func() Outcome {
				result, left = q.d.Transmit(ctx, u, &r, l, c)
				return Outcome{}
			})
		}
		if u != nil && !ok && left != nil { // nobody knows what state it is in
			left.Close()
			left = nil
		}
		done := e
		if e, c = q.goOn(ctx, s, l, left); e != nil {
			s = e.sub
		}
		switch {
		case ok: // the connection does not wait for scripts and disks
			running.Go(func() { q.conclude(ctx, done, u, &r, result) })
		case u != nil:
			q.settle(done, u, out, false)
		}
	}
}

// conclude files a unit after an attempt.
func (q *Queue) conclude(ctx context.Context, e *entry, u *spool.Unit, r *Ready, result any) {
	defer q.nudge()
	out, ok := q.guard(ctx, e, func() Outcome { return q.d.Conclude(ctx, u, r, result) })
	q.settle(e, u, out, ok)
}

// patience is how long another sub-queue may wait for the connection that one goes on
// with (spec mta 4.3).
const patience = time.Second

// goOn ends an attempt and returns the next unit for the connection: of the same
// sub-queue, else of another one that waits for its place and can use it. Without one
// the connection goes to the pool; without a connection the lease is given back.
func (q *Queue) goOn(ctx context.Context, s *subQueue, l *policy.Lease, c Conn) (*entry, Conn) {
	if c == nil {
		q.o.Policies.Release(l)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s.sending--
	q.retire(s)
	if c == nil {
		q.busy--
		return nil, nil
	}
	if more, _, _ := c.Rest(); more > 0 && ctx.Err() == nil && !q.draining() {
		if c.Reuse() == s.key.reuse && !q.o.Policies.Wanted(l, &s.Waiter, patience) {
			if e := q.following(s, l, c); e != nil {
				return e, c
			}
		}
		for _, w := range q.o.Policies.Wanting(l) {
			if o := q.byWaiter[w]; o != nil && c.Reuse() == o.key.reuse {
				if e := q.following(o, l, c); e != nil {
					return e, c
				}
			}
		}
	}
	q.busy--
	if s.parked && c.Reuse() == s.key.reuse {
		// It asks again, with this connection, whose place it would take otherwise.
		q.o.Policies.Unpark(&s.Waiter)
		s.parked = false
		q.takeTurn(s)
	}
	q.pool.put(l, c)
	return nil, nil
}

// following takes the next unit of a sub-queue for a connection, when policies let it.
func (q *Queue) following(s *subQueue, l *policy.Lease, c Conn) *entry {
	e := q.front(s)
	if e == nil {
		return nil
	}
	f := s.Facts
	c.Remote(&f)
	if !q.o.Policies.Again(l, &s.Waiter, &f) {
		return nil
	}
	s.waiting.pop()
	q.begin(s, e)
	q.retire(s)
	q.stats.Picks++
	q.stats.PoolHits++
	return e
}

// draining reports whether the queue starts nothing new.
func (q *Queue) draining() bool { return q.pool.closed() }

// load reads a unit from the spool. One that is not there is forgotten, one that
// cannot be read for now stays.
func (q *Queue) load(e *entry) *spool.Unit {
	u, err := q.store.Load(int(e.path), e.tx, e.n)
	if err == nil {
		return u
	}
	if errors.Is(err, spool.ErrFailed) { // the spool has reported the path, and opens it again
		q.postpone(e, pathAgain)
		return nil
	}
	q.o.Logger.Error("read unit", "transaction", e.tx, "queueid", e.n, "err", err)
	if !errors.Is(err, spool.ErrMissing) {
		q.postpone(e, tryAgain)
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Dropped++
	q.forget(e)
	return nil
}

func (q *Queue) expired(e *entry) bool {
	return !e.expires.IsZero() && !time.Now().Before(e.expires)
}

// guard runs a step of the deliverer. After a panic ok is false: the unit is in no
// known state, but its record is as it was.
func (q *Queue) guard(ctx context.Context, e *entry, f func() Outcome) (out Outcome, ok bool) {
	expired := q.expired(e)
	defer func() {
		if r := recover(); r != nil {
			q.o.Logger.Error("panic in an attempt", "transaction", e.tx, "queueid", e.n, "err", r, "stack", string(debug.Stack()))
			q.mu.Lock()
			q.stats.Panics++
			q.mu.Unlock()
		}
		// Nothing outlives its greatest age, unless it is a stop that cuts it short. What
		// goes back is discarded there.
		if expired && !out.Action.Done() && out.Action != Back && ctx.Err() == nil {
			out = Outcome{Action: Deleted}
		}
	}()
	return f(), true
}
