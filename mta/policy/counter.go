package policy

import (
	"container/list"
	"math"
	"time"
)

// counter is what units with the same values in the fields of a policy share.
type counter struct {
	rule   *rule
	key    string
	values []string // of the fields of the rule

	open     int // leases
	idle     []*Lease
	promised list.List // of *Waiter, woken, that have not asked yet; who precedes the others is first

	// Fixed window: messages since its begin. Token bucket: what is left at a time.
	begin  time.Time
	used   float64
	tokens float64
	at     time.Time // of tokens; zero: full
	// connected is when the last connection was begun.
	connected time.Time

	queues []*line // who waits here
	clock  int     // index in the heap of clocks, -1 outside
	wake   time.Time
	until  time.Time // when what was counted has run off
}

// line holds waiters of one priority, action and need in the order of their coming.
type line struct {
	a        *action
	n        need
	priority int
	waiting  list.List // of *Waiter
}

// Reason is why a counter has no room.
type Reason string

// The reasons, and that of a suspension.
const (
	ByConcurrency     Reason = "concurrency"
	ByRate            Reason = "rate"
	ByConnectInterval Reason = "connectinterval"
	BySuspension      Reason = "suspension"
)

// need is what a lease takes of a counter.
type need struct{ message, slot, connection bool }

// all is what a new connection with a message takes.
var all = need{true, true, true}

// room reports whether there is what is needed, behind so many others that have not taken
// theirs yet; else why not, and from when, zero when no clock will tell.
func (c *counter) room(l *Limits, n need, others int, now time.Time) (reason Reason, until time.Time) {
	if n.slot && l.Concurrency >= 0 && c.open+others >= l.Concurrency {
		return ByConcurrency, time.Time{}
	}
	if n.message && l.Rate.Count > 0 {
		if until = c.rateUntil(l, float64(others), now); until.After(now) {
			return ByRate, until
		}
	}
	if n.connection && l.ConnectInterval > 0 && !c.connected.IsZero() {
		if others > 0 {
			return ByConnectInterval, time.Time{} // whoever was woken tells
		}
		if until = c.connected.Add(l.ConnectInterval); until.After(now) {
			return ByConnectInterval, until
		}
	}
	return "", time.Time{}
}

// rateUntil returns from when another message may go, behind so many others.
func (c *counter) rateUntil(l *Limits, others float64, now time.Time) time.Time {
	if !l.TokenBucket {
		end := c.begin.Add(l.Rate.Interval)
		if c.begin.IsZero() || !now.Before(end) {
			if others < l.Rate.Count {
				return now
			}
			return now.Add(l.Rate.Interval)
		}
		if c.used+others < l.Rate.Count {
			return now
		}
		return end
	}
	missing := 1 + others - c.level(l, now)
	if missing <= tiny {
		return now
	}
	return now.Add(time.Duration(math.Ceil(missing * float64(l.Rate.Interval) / l.Rate.Count)))
}

// tiny is what rounding may take of a token.
const tiny = 1e-6

// level returns the tokens there are.
func (c *counter) level(l *Limits, now time.Time) float64 {
	most := max(l.Rate.Count, 1)
	if c.at.IsZero() {
		return most
	}
	return min(most, c.tokens+float64(now.Sub(c.at))*l.Rate.Count/float64(l.Rate.Interval))
}

// take counts what is needed.
func (c *counter) take(l *Limits, n need, now time.Time) {
	c.matters(now)
	if n.slot {
		c.open++
	}
	if n.connection {
		c.connected = now
		c.matters(now.Add(l.ConnectInterval))
	}
	if !n.message || l.Rate.Count <= 0 {
		return
	}
	c.matters(now.Add(l.Rate.Interval))
	if l.TokenBucket {
		c.tokens, c.at = c.level(l, now)-1, now
		return
	}
	if c.begin.IsZero() || !now.Before(c.begin.Add(l.Rate.Interval)) {
		c.begin, c.used = now, 0
	}
	c.used++
}

// refund undoes what take has counted of a message.
func (c *counter) refund(l *Limits, now time.Time) {
	switch {
	case l.Rate.Count <= 0:
	case l.TokenBucket:
		c.tokens, c.at = min(max(l.Rate.Count, 1), c.level(l, now)+1), now
	case now.Before(c.begin.Add(l.Rate.Interval)):
		c.used = max(c.used-1, 0)
	}
}

// counts reports whether a rate has counted messages.
func (c *counter) counts() bool { return !c.begin.IsZero() || !c.at.IsZero() }

func (c *counter) matters(until time.Time) {
	if until.After(c.until) {
		c.until = until
	}
}

// forgettable reports whether a counter says nothing that a new one would not.
func (c *counter) forgettable(now time.Time) bool {
	return c.open == 0 && c.promised.Len() == 0 && len(c.queues) == 0 && now.After(c.until)
}

// line returns the line of an action, a need and a priority, made when it is new.
func (c *counter) line(a *action, n need, priority int) *line {
	for _, q := range c.queues {
		if q.a == a && q.n == n && q.priority == priority {
			return q
		}
	}
	q := &line{a: a, n: n, priority: priority}
	c.queues = append(c.queues, q)
	return q
}

// head returns the first waiter of a line.
func (q *line) head() *Waiter { return q.waiting.Front().Value.(*Waiter) }

// other returns the first waiter of a line besides w, nil when there is none.
func (q *line) other(w *Waiter) *Waiter {
	x := q.waiting.Front()
	if x.Value.(*Waiter) == w {
		x = x.Next()
	}
	if x == nil {
		return nil
	}
	return x.Value.(*Waiter)
}
