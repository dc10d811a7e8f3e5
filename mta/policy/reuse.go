package policy

import (
	"slices"
	"time"
)

// Kept is an idle lease that a waiter may take over, and the facts of the waiter with
// the destination of its connection.
type Kept struct {
	Lease *Lease
	Facts *Facts
}

// What a lease needs of its counters, and of others, for another message on its
// connection.
var (
	another   = need{message: true}
	elsewhere = need{message: true, slot: true}
)

// delay is a rate that keeps an idle lease from going on.
type delay struct {
	bound
	l     *Lease
	until time.Time
}

// Reuse takes over one of the kept leases, as Acquire does. Without one the waiter stays
// as it is.
func (e *Engine) Reuse(w *Waiter, kept ...Kept) *Lease {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	defer e.settle(w, now)
	w.redeem()
	l, _ := e.reuse(w, kept, now)
	if l != nil {
		w.unpark()
	}
	return l
}

// reuse takes over the first kept lease that can go on; delays are those of the others.
func (e *Engine) reuse(w *Waiter, kept []Kept, now time.Time) (l *Lease, delays []delay) {
	for _, k := range kept {
		v := &view{Facts: k.Facts, source: &k.Lease.Source}
		if k.Lease.gone || e.suspended(v) != nil {
			continue
		}
		bounds := e.bounds(v)
		b, reason, until := k.Lease.obstacle(w, bounds, another, elsewhere, now)
		switch reason {
		case "":
			e.occupy(k.Lease, bounds, another, elsewhere, now)
			w.since = time.Time{}
			return k.Lease, nil
		case ByRate:
			delays = append(delays, delay{b, k.Lease, until})
		}
	}
	return nil, delays
}

// Again takes a lease over for another message, of a waiter, on the connection there
// is; f are the facts of the waiter with the destination of the connection. It fails
// when a limit or a suspension is in the way; the lease stays as it was.
func (e *Engine) Again(l *Lease, w *Waiter, f *Facts) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	w.redeem()
	defer e.settle(w, now)
	v := &view{Facts: f, source: &l.Source}
	if l.gone || e.suspended(v) != nil || !e.change(l, w, e.bounds(v), another, elsewhere, now) {
		return false
	}
	e.behind(w, now)
	return true
}

// Unpark ends the waiting of a waiter that is about to ask. It keeps its place among
// those who wait.
func (e *Engine) Unpark(w *Waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.unpark()
}

// idleBut returns an idle lease that is not among those with a delay, nil for none.
func (c *counter) idleBut(delays []delay) *Lease {
	for _, l := range c.idle {
		if !slices.ContainsFunc(delays, func(d delay) bool { return d.l == l }) {
			return l
		}
	}
	return nil
}
