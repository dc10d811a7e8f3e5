package queue

import (
	"sync"
	"sync/atomic"
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

// changers is how many units are changed at once: their writes share fsyncs.
const changers = 32

// Change applies an operation to every unit that match accepts and returns how
// many it changed. Units in an attempt are left alone. match is called by several
// goroutines.
func (q *Queue) Change(match func(*spool.Unit) bool, op Op) int {
	q.mu.Lock()
	all := make([]*entry, 0, len(q.all))
	for _, e := range q.all {
		all = append(all, e)
	}
	q.mu.Unlock()
	var next, changed atomic.Int64
	var workers sync.WaitGroup
	for range min(changers, len(all)) {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(len(all)); i = next.Add(1) {
				if q.change(all[i-1], match, op) {
					changed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	return int(changed.Load())
}

// change reads and writes the spool outside the lock, because the spool may be
// slow: in between the entry is frozen, or it has moved on and stays as it is.
func (q *Queue) change(e *entry, match func(*spool.Unit) bool, op Op) bool {
	q.mu.Lock()
	stored := e.stored
	q.mu.Unlock()
	u, err := q.store.Load(e.path, e.tx, e.n)
	if err != nil || !match(u) || !q.freeze(e, stored, op) {
		return false
	}
	cause, discard := op.cause()
	if u.Hold = op == OpHold; !u.Hold {
		u.Due = time.Time{}
	}
	if !discard {
		if err = q.store.Update(u); err != nil {
			q.o.Logger.Error("store unit", "transaction", e.tx, "queueid", e.n, "err", err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		e.held, e.due = u.Hold, u.Due
		e.stored++
	}
	if discard {
		e.cause = &cause
	}
	q.place(e)
	return err == nil
}

// freeze takes an entry out of the schedule, unless the operation does not apply
// to it or its record was written since it had been read.
func (q *Queue) freeze(e *entry, stored uint32, op Op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.all[e.key] != e, e.stored != stored, e.state == stateActive, e.state == stateUpdate, e.gone:
		return false
	case op == OpHold && e.held, op == OpRelease && !e.held:
		return false
	}
	q.times.remove(e)
	q.set(e, stateUpdate)
	return true
}

// cause returns why an operation ends a unit; ok is false when it does not.
func (op Op) cause() (c Cause, ok bool) {
	switch op {
	case OpBounce:
		return BounceByHand, true
	case OpDelete:
		return DeleteByHand, true
	}
	return 0, false
}
