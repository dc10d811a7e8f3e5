package queue

import (
	"time"

	"github.com/hawser-mta/hawser/mta/spool"
)

// Op is a manual change.
type Op uint8

// The manual changes.
const (
	OpHold    Op = iota // freeze
	OpRelease           // unfreeze held units, due at once
	OpRetry             // make due at once, also held units
	OpBounce            // return to the sender
	OpDelete            // drop
)

// Change applies an operation to every unit that match accepts and returns how
// many it changed. Units in an attempt are left alone.
func (q *Queue) Change(match func(*spool.Unit) bool, op Op) int {
	q.mu.Lock()
	keys := make([]*entry, 0, len(q.all))
	for _, e := range q.all {
		keys = append(keys, e)
	}
	q.mu.Unlock()
	n := 0
	for _, e := range keys {
		// Read outside the lock: the spool may be slow.
		u, err := q.store.Load(e.path, e.tx, e.n)
		if err == nil && match(u) && q.change(e, u, op) {
			n++
		}
	}
	return n
}

func (q *Queue) change(e *entry, u *spool.Unit, op Op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all[e.key] != e || e.state == stateActive || e.gone {
		return false
	}
	switch op {
	case OpHold:
		if e.held {
			return false
		}
		u.Hold = true
	case OpRelease:
		if !e.held {
			return false
		}
		u.Hold, u.Due = false, time.Time{}
	case OpRetry:
		u.Hold, u.Due = false, time.Time{}
	case OpBounce, OpDelete:
		cause := BounceByHand
		if op == OpDelete {
			cause = DeleteByHand
		}
		e.cause = &cause
		u.Hold, u.Due = false, time.Time{}
	}
	if e.cause == nil {
		if err := q.store.Update(u); err != nil {
			q.o.Logger.Error("store unit", "transaction", e.tx, "queueid", e.n, "err", err)
			return false
		}
	}
	q.times.remove(e)
	e.held, e.due = u.Hold, u.Due
	q.place(e)
	return true
}
