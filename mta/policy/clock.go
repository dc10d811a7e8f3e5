package policy

import (
	"container/heap"
	"time"
)

// clocks orders counters by when they have room again.
type clocks []*counter

func (h clocks) Len() int           { return len(h) }
func (h clocks) Less(i, j int) bool { return h[i].wake.Before(h[j].wake) }
func (h clocks) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].clock, h[j].clock = i, j
}

// Push implements heap.Interface.
func (h *clocks) Push(x any) {
	c := x.(*counter)
	c.clock = len(*h)
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *clocks) Pop() any {
	old := *h
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	c.clock = -1
	return c
}

// setClock sets when a counter is looked at; zero: never.
func (e *Engine) setClock(c *counter, at time.Time) {
	switch {
	case at.IsZero():
		if c.clock >= 0 {
			heap.Remove(&e.clocks, c.clock)
		}
	case c.clock < 0:
		c.wake = at
		heap.Push(&e.clocks, c)
		e.tell()
	default:
		c.wake = at
		heap.Fix(&e.clocks, c.clock)
		e.tell()
	}
}

// ending is the end of a condition or suspension with a time to live.
type ending struct {
	end    time.Time // zero: never
	index  int       // in the heap, -1 outside
	expire func()
}

type ends []*ending

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i].end.Before(h[j].end) }
func (h ends) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *ends) Push(x any) {
	y := x.(*ending)
	y.index = len(*h)
	*h = append(*h, y)
}

// Pop implements heap.Interface.
func (h *ends) Pop() any {
	old := *h
	y := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	y.index = -1
	return y
}

// endAt sets when something ends; ttl 0: never.
func (e *Engine) endAt(x *ending, ttl time.Duration) {
	if x.index >= 0 {
		heap.Remove(&e.ends, x.index)
	}
	x.end = time.Time{}
	if ttl > 0 {
		x.end = time.Now().Add(ttl)
		heap.Push(&e.ends, x)
		e.tell()
	}
}

// left returns the time that is left, 0 for ever.
func (x *ending) left() time.Duration {
	if x.end.IsZero() {
		return 0
	}
	return max(time.Until(x.end), time.Nanosecond)
}
