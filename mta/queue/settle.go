package queue

import (
	"time"

	"github.com/hawser-mta/hawser/mta/spool"
)

// settle files a unit by what became of it; ok is false when nobody knows.
func (q *Queue) settle(e *entry, u *spool.Unit, out Outcome, ok bool) {
	switch {
	case out.Action.Done():
		q.finish(e, u, out.Action)
	case ok && out.Action == Back:
		q.giveBack(e, out)
	case ok:
		q.again(e, u, out)
	default:
		q.postpone(e, tryAgain)
	}
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
	q.refile(e, u)
	q.place(e)
}

// giveBack makes a unit that was not tried be prepared anew.
func (q *Queue) giveBack(e *entry, out Outcome) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.due = out.Due
	q.place(e)
	e.plan = out.Note
}

// refile takes over what was stored of a unit.
func (q *Queue) refile(e *entry, u *spool.Unit) {
	e.stored++
	e.cause, e.fresh = nil, false
	e.held, e.due, e.priority, e.lane = u.Hold, u.Due, clamp(u.Priority), laneOf(u)
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

// pathAgain is when a unit is tried again whose spool path has failed.
const pathAgain = 15 * time.Second

// postpone leaves a unit as it is stored.
func (q *Queue) postpone(e *entry, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.due = time.Now().Add(d)
	q.place(e)
}

func (q *Queue) forget(e *entry) {
	delete(q.all, e.key)
	q.leave(e)
	q.inState[e.state]--
	q.discharge(e)
}
