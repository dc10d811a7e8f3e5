package policy

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Lease is the right to one connection from a source address, with one message.
type Lease struct {
	Source Source
	bounds []bound
	idle   bool
	gone   bool
}

// Acquire takes a place in every counter that applies to a waiter: with one of the kept
// leases, in this order, else with a new one. Without a lease the waiter is parked; it
// comes back by Woken. evict is then an idle lease that is in the way: its connection
// should be closed and the lease released.
//
// All of it is one step: a waiter that was woken gives its promise back when it knows
// what else is in its way, and waits for that.
func (e *Engine) Acquire(w *Waiter, kept ...Kept) (l, evict *Lease) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	defer e.settle(w, now)
	w.unpark() // it may ask without having been woken
	w.redeem()
	l, delays := e.reuse(w, kept, now)
	if l != nil {
		return l, nil
	}
	r := e.resolve(w)
	found := -1
	n := 0
	for i := range r.choices {
		x := &r.choices[i]
		if x.suspended != nil {
			continue
		}
		if c, _ := x.blocked(w, now); c != nil {
			continue
		}
		if n++; !w.Random {
			found = i
			break
		}
		if rand.IntN(n) == 0 { // each of n with the same chance
			found = i
		}
	}
	if found >= 0 {
		x := &r.choices[found]
		l = &Lease{Source: *x.source, bounds: x.bounds}
		for _, b := range l.bounds {
			b.c.take(&b.a.Limits, all, now)
		}
		e.stats.Leases++
		w.since = time.Time{}
		return l, nil
	}
	return nil, e.park(w, r, delays, now)
}

// park makes a waiter wait for what is in the way of each of its sources, and of the
// leases that only a rate keeps from going on. These are its own: they are not evicted.
func (e *Engine) park(w *Waiter, r *resolution, delays []delay, now time.Time) (evict *Lease) {
	if w.since.IsZero() {
		e.queue(w, now)
	}
	for _, d := range delays {
		e.stats.count(ByRate)
		w.parkOn(d.c, d.a, need{message: true})
		e.setClock(d.c, d.until)
	}
	for i := range r.choices {
		x := &r.choices[i]
		if x.suspended != nil {
			e.stats.count(BySuspension)
			w.parkUnder(x.suspended)
			continue
		}
		c, a := x.blocked(w, now)
		reason, until := c.room(&a.Limits, all, w.before(c), now)
		e.stats.count(reason)
		w.parkOn(c, a, all)
		if !until.IsZero() {
			e.setClock(c, until)
		}
		if reason == ByConcurrency && evict == nil {
			evict = c.idleBut(delays)
		}
	}
	return evict
}

// blocked returns the first counter without room, nil when all have some.
func (x *choice) blocked(w *Waiter, now time.Time) (*counter, *action) {
	for _, b := range x.bounds {
		if reason, _ := b.c.room(&b.a.Limits, all, w.before(b.c), now); reason != "" {
			return b.c, b.a
		}
	}
	return nil, nil
}

// settle ends the promise that a waiter was woken with, and passes on what it leaves.
func (e *Engine) settle(w *Waiter, now time.Time) {
	if c := w.promise; c != nil {
		w.promise = nil
		e.pass(c, now)
	}
}

// Release gives the places of a lease back.
func (e *Engine) Release(l *Lease) {
	if l == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.gone {
		return
	}
	l.gone = true
	e.busy(l)
	now := time.Now()
	for _, b := range l.bounds {
		b.c.open--
		e.pass(b.c, now)
	}
}

// Refund takes back what a message has counted for rates: it was not tried. The lease keeps
// its places until Release.
func (e *Engine) Refund(l *Lease) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.gone {
		return
	}
	now := time.Now()
	for _, b := range l.bounds {
		b.c.refund(&b.a.Limits, now)
		e.pass(b.c, now)
	}
}

// Idle tells that the connection of a lease has no message for now. It keeps its
// places until somebody else needs them: evict is then the lease itself.
func (e *Engine) Idle(l *Lease) (evict bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.gone || l.idle {
		return false
	}
	l.idle = true
	for _, b := range l.bounds {
		b.c.idle = append(b.c.idle, l)
		evict = evict || b.c.wanted()
	}
	return evict
}

// wanted reports whether somebody waits for a connection to end.
func (c *counter) wanted() bool {
	return slices.ContainsFunc(c.queues, func(q *line) bool {
		return q.n.slot && q.a.Concurrency > 0 && c.open+c.promised.Len() >= q.a.Concurrency
	})
}

// busy ends being idle; e is locked.
func (e *Engine) busy(l *Lease) {
	if !l.idle {
		return
	}
	l.idle = false
	for _, b := range l.bounds {
		b.c.idle = slices.DeleteFunc(b.c.idle, func(x *Lease) bool { return x == l })
	}
}

// Wanted reports whether a waiter other than w has waited for a connection of this
// lease to end for longer than patience: w should let it go (spec mta 4.3).
func (e *Engine) Wanted(l *Lease, w *Waiter, patience time.Duration) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for _, b := range l.bounds {
		for _, q := range b.c.queues {
			if h := q.other(w); h != nil && q.n.slot && q.a.Concurrency > 0 && b.c.open >= q.a.Concurrency && now.Sub(h.since) > patience {
				return true
			}
		}
	}
	return false
}

// Wanting returns those who are the first to wait for a connection of a lease to end.
func (e *Engine) Wanting(l *Lease) []*Waiter {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []*Waiter
	for _, b := range l.bounds {
		for _, q := range b.c.queues {
			if q.n.slot && q.a.Concurrency > 0 && b.c.open >= q.a.Concurrency {
				out = append(out, q.head())
			}
		}
	}
	return out
}

// Move takes a lease over for the same message to another destination or from another
// source, on a new connection. It fails as Again does.
func (e *Engine) Move(l *Lease, f *Facts, s Source) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := &view{Facts: f, source: &s}
	if l.gone || e.suspended(v) != nil {
		return false
	}
	if !e.change(l, nil, e.bounds(v), need{connection: true}, all, time.Now()) {
		return false
	}
	l.Source = s
	return true
}

// Swap exchanges the places of two leases.
func (e *Engine) Swap(l, other *Lease) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.Source, other.Source = other.Source, l.Source
	l.bounds, other.bounds = other.bounds, l.bounds
}

// Beside takes a lease for a second connection with the message of the first, which
// is tried at the same time; Release ends it. It returns nil when there is no room.
func (e *Engine) Beside(l *Lease, f *Facts, s Source) *Lease {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := &view{Facts: f, source: &s}
	if l.gone || e.suspended(v) != nil {
		return nil
	}
	now := time.Now()
	x := &Lease{Source: s, bounds: e.bounds(v)}
	for _, b := range x.bounds {
		n := need{slot: true, connection: true, message: !l.has(b.c)}
		if reason, _ := b.c.room(&b.a.Limits, n, b.c.promised.Len(), now); reason != "" {
			return nil
		}
	}
	for _, b := range x.bounds {
		b.c.take(&b.a.Limits, need{slot: true, connection: true, message: !l.has(b.c)}, now)
	}
	return x
}

func (l *Lease) has(c *counter) bool {
	return slices.ContainsFunc(l.bounds, func(b bound) bool { return b.c == c })
}

// obstacle returns the first bound without room for a waiter, nil for one whose message
// is on its way already: kept is needed of the counters that the lease has, fresh of the
// others. The reason is empty when there is none.
func (l *Lease) obstacle(w *Waiter, bounds []bound, kept, fresh need, now time.Time) (b bound, reason Reason, until time.Time) {
	for _, b := range bounds {
		n := fresh
		if l.has(b.c) {
			n = kept
		}
		if reason, until := b.c.room(&b.a.Limits, n, w.before(b.c), now); reason != "" {
			return b, reason, until
		}
	}
	return bound{}, "", time.Time{}
}

// change gives a lease other bounds when they have room; kept and fresh are as for
// obstacle.
func (e *Engine) change(l *Lease, w *Waiter, bounds []bound, kept, fresh need, now time.Time) bool {
	if _, reason, _ := l.obstacle(w, bounds, kept, fresh, now); reason != "" {
		return false
	}
	e.occupy(l, bounds, kept, fresh, now)
	return true
}

// occupy gives a lease bounds that have room.
func (e *Engine) occupy(l *Lease, bounds []bound, kept, fresh need, now time.Time) {
	e.busy(l)
	old := *l
	for _, b := range bounds {
		n := fresh
		if l.has(b.c) {
			n = kept
		}
		b.c.take(&b.a.Limits, n, now)
	}
	l.bounds = bounds
	for _, b := range old.bounds {
		if !l.has(b.c) {
			b.c.open--
			e.pass(b.c, now)
		}
	}
}
