package policy

import (
	"container/list"
	"time"
)

// Waiter stands for units that are alike to policies: a sub-queue. Its owner sets the
// first fields and leaves them so; the rest is the engine's.
type Waiter struct {
	Facts    Facts
	Sources  []Source // one at least; an entry may repeat to weigh more
	Random   bool     // choose among the sources that can go, else the first of them
	Priority int      // 0 or 1

	known   *resolution
	promise *counter      // whoever woke it
	place   *list.Element // among its promises; nil: redeemed
	since   time.Time     // it waits; zero: it does not
	order   uint64        // of its coming
	hangs   []hang
	woken   bool // it is on the list of the woken
}

// hang is one place where a waiter is parked.
type hang struct {
	c *counter // nil: a suspension
	q *line
	s *Suspension
	e *list.Element
}

// resolution is what applies to a waiter.
type resolution struct {
	version uint64
	choices []choice // as the sources
}

// choice is one source with what limits it.
type choice struct {
	source    *Source
	suspended *Suspension
	bounds    []bound
}

// bound is the place of a waiter in one policy.
type bound struct {
	c *counter
	a *action
}

// resolve finds out what applies to a waiter.
func (e *Engine) resolve(w *Waiter) *resolution {
	if w.known != nil && w.known.version == e.version {
		return w.known
	}
	r := &resolution{version: e.version, choices: make([]choice, len(w.Sources))}
	var shared []bound // as long as no policy looks at the source
	for i := range w.Sources {
		x := &r.choices[i]
		x.source = &w.Sources[i]
		v := &view{Facts: &w.Facts, source: x.source}
		x.suspended = e.suspended(v)
		if i > 0 && !e.bySource {
			x.bounds = shared
			continue
		}
		x.bounds = e.bounds(v)
		shared = x.bounds
	}
	w.known = r
	return r
}

// bounds returns the places of a view in all policies that limit it.
func (e *Engine) bounds(v *view) []bound {
	var out []bound
	e.stats.Evals++
	for _, r := range e.rules {
		x := r.view(v)
		a := r.action(&x)
		if a == none {
			continue
		}
		out = append(out, bound{r.counter(&x), a})
		if a.stop {
			break
		}
	}
	return out
}

// parkOn makes a waiter wait for a counter.
func (w *Waiter) parkOn(c *counter, a *action, n need) {
	for _, h := range w.hangs {
		if h.c == c && h.q.a == a {
			return
		}
	}
	q := c.line(a, n, w.Priority)
	h := hang{c: c, q: q}
	if q.waiting.Len() > 0 && w.precedes(q.head()) {
		h.e = q.waiting.PushFront(w) // it was woken, and something else was in the way
	} else {
		h.e = q.waiting.PushBack(w)
	}
	w.hangs = append(w.hangs, h)
}

// parkUnder makes a waiter wait for the end of a suspension.
func (w *Waiter) parkUnder(s *Suspension) {
	for _, h := range w.hangs {
		if h.s == s {
			return
		}
	}
	w.hangs = append(w.hangs, hang{s: s, e: s.waiting.PushBack(w)})
}

// unpark takes a waiter out of everything that it waits for.
func (w *Waiter) unpark() {
	for _, h := range w.hangs {
		if h.s != nil {
			h.s.waiting.Remove(h.e)
			continue
		}
		h.q.waiting.Remove(h.e)
		if h.q.waiting.Len() == 0 {
			for i, q := range h.c.queues {
				if q == h.q {
					h.c.queues = append(h.c.queues[:i], h.c.queues[i+1:]...)
					break
				}
			}
		}
	}
	w.hangs = w.hangs[:0]
}

// queue gives a waiter its place among those who wait: the last one.
func (e *Engine) queue(w *Waiter, now time.Time) {
	e.order++
	w.since, w.order = now, e.order
}

// behind puts a waiter that got what it wants behind the others.
func (e *Engine) behind(w *Waiter, now time.Time) {
	w.since = time.Time{}
	for _, h := range w.hangs {
		e.queue(w, now)
		if h.s == nil {
			h.q.waiting.MoveToBack(h.e)
		}
	}
}

// precedes reports whether a waiter goes before another one. No two are alike.
func (w *Waiter) precedes(o *Waiter) bool {
	if w.Priority != o.Priority {
		return w.Priority > o.Priority
	}
	if c := w.since.Compare(o.since); c != 0 {
		return c < 0
	}
	return w.order < o.order
}

// promised notes that a counter has a place for a waiter, which was woken for it.
func (w *Waiter) promised(c *counter) {
	w.promise = c
	e := c.promised.Back() // they mostly come in order
	for e != nil && w.precedes(e.Value.(*Waiter)) {
		e = e.Prev()
	}
	if e == nil {
		w.place = c.promised.PushFront(w)
	} else {
		w.place = c.promised.InsertAfter(w, e)
	}
}

// redeem lets a waiter use what was promised to it.
func (w *Waiter) redeem() {
	if w.place != nil {
		w.promise.promised.Remove(w.place)
		w.place = nil
	}
}

// before returns how many places of a counter are promised to others that go before the
// waiter. One that was woken itself, and precedes all of them, waits for none: of three
// that need the same two counters each would find the other counter promised, give its
// own promise to the next, and so on without end. So the first of them gets both. Who
// finds its promise used keeps its place in front of the line.
func (w *Waiter) before(c *counter) int {
	if first := c.promised.Front(); w != nil && w.promise != nil && first != nil && w.precedes(first.Value.(*Waiter)) {
		return 0
	}
	return c.promised.Len()
}
