package queue

import (
	"maps"
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
	OpUpdate            // change what Change.Set says
)

// Change is a manual change.
type Change struct {
	Op
	Set Set
}

// Set names the values that OpUpdate changes; nil ones stay.
type Set struct {
	TransportID, JobID, TenantID *string
	Priority                     *int
	Delay                        *time.Duration    // due from now on; of units that are not held
	Metadata                     map[string]string // keys to set; "" removes
}

func (s *Set) apply(u *spool.Unit) {
	set(&u.TransportID, s.TransportID)
	set(&u.JobID, s.JobID)
	set(&u.TenantID, s.TenantID)
	set(&u.Priority, s.Priority)
	if s.Delay != nil {
		u.Due = time.Now().Add(*s.Delay)
	}
	if len(s.Metadata) > 0 {
		u.Metadata = maps.Clone(u.Metadata)
		if u.Metadata == nil {
			u.Metadata = map[string]string{}
		}
		for k, v := range s.Metadata {
			if u.Metadata[k] = v; v == "" {
				delete(u.Metadata, k)
			}
		}
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// changers is how many units are looked at at once unless the options say otherwise: their
// writes share fsyncs.
const changers = 32

// Change applies a change to every unit of a selection and returns how many it
// changed. Units in a script, in DNS or in an attempt are left alone.
func (q *Queue) Change(s Selection, c Change) int {
	var changed atomic.Int64
	s.Brief = false
	workers := q.o.Changers
	if s.Limit > 0 {
		workers = 1 // who counts to a limit goes one by one
	}
	q.each(&s, workers, func(e *entry, stored uint32, it *Item) bool {
		if !q.change(e, stored, it.Unit, &c) {
			return true
		}
		return changed.Add(1) != int64(s.Limit)
	})
	return int(changed.Load())
}

// each calls f with every unit of a selection, several at a time, until it returns
// false. The spool is read outside the lock, because it may be slow.
func (q *Queue) each(s *Selection, workers int, f func(e *entry, stored uint32, it *Item) bool) {
	q.mu.Lock()
	all := make([]*entry, 0, len(q.all))
	for _, e := range q.all {
		all = append(all, e)
	}
	q.mu.Unlock()
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(workers, len(all)) {
		running.Go(func() {
			for i := next.Add(1); i <= int64(len(all)); i = next.Add(1) {
				e := all[i-1]
				it, stored, ok := q.item(e)
				if !ok || !s.early(it) {
					continue
				}
				if !s.Brief || s.Match != nil {
					u, err := q.store.Load(int(e.path), e.tx, e.n)
					if err != nil {
						continue
					}
					it.Unit = u
				}
				if s.match(it) && !f(e, stored, it) {
					next.Store(int64(len(all)))
				}
			}
		})
	}
	running.Wait()
}

// change writes the spool outside the lock: meanwhile the entry is frozen. One that has
// moved on since it was read stays as it is.
func (q *Queue) change(e *entry, stored uint32, u *spool.Unit, c *Change) bool {
	if !q.freeze(e, stored, c.Op) {
		return false
	}
	cause, discard := c.cause()
	switch {
	case c.Op == OpUpdate:
		c.Set.apply(u)
	case c.Op == OpHold:
		u.Hold = true
	default:
		u.Hold, u.Due = false, time.Time{}
	}
	var err error
	if !discard {
		if err = q.store.Update(u); err != nil {
			q.o.Logger.Error("store unit", "transaction", e.tx, "queueid", e.n, "err", err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		q.refile(e, u)
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
	case q.all[e.key] != e, e.stored != stored, e.gone, e.cause != nil:
		return false
	case e.state == Working, e.state == Sending, e.state == Updating:
		return false
	case op == OpHold && e.held, op == OpRelease && !e.held:
		return false
	}
	q.times.remove(e)
	q.set(e, Updating)
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
