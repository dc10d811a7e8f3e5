package queue

import (
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
)

// Item is a unit as operators see it.
type Item struct {
	*spool.Unit
	State    State
	Incoming bool // it has never been prepared
	Due      time.Time
	Facts    policy.Facts    // of its sub-queue; zero values while it stands in none
	Sources  []policy.Source // likewise
}

// Selection chooses units. Its functions are called by several goroutines.
type Selection struct {
	// Early is asked first, nil accepts. The unit has only what the queue keeps in
	// memory: Transaction, Queue, Path, TenantID, JobID, TransportID, Priority, the
	// domain of Recipient, Size, Received, Due and Hold.
	Early func(*Item) bool
	Match func(*Item) bool // is asked with the whole unit; nil accepts
	Limit int              // units at most; 0: all
	Brief bool             // without Match: units stay as Early sees them, the spool is not read
}

// early reports whether a unit may be chosen.
func (s *Selection) early(it *Item) bool { return s.Early == nil || s.Early(it) }

// match reports whether a whole unit is chosen.
func (s *Selection) match(it *Item) bool { return s.Match == nil || s.Match(it) }

// item describes an entry by what is in memory; ok is false for one that has left.
func (q *Queue) item(e *entry) (it *Item, stored uint32, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all[e.key] != e || e.gone {
		return nil, 0, false
	}
	it = &Item{State: e.state, Due: e.due, Incoming: e.fresh && (e.state == Due || e.state == Working)}
	if e.sub != nil {
		it.Facts, it.Sources = e.sub.Facts, e.sub.Sources
	}
	l := e.lane.Value()
	it.Unit = &spool.Unit{
		Transaction: e.tx, Queue: e.n, Path: int(e.path), TenantID: l.tenant, JobID: l.job, TransportID: l.transport,
		Priority: int(e.priority), Recipient: address.Address{Domain: l.domain}, Size: e.size, Received: e.received, Due: e.due, Hold: e.held,
	}
	return it, e.stored, true
}

// List calls f with every unit of a selection, by one goroutine at a time, until f
// returns false. The order is random.
func (q *Queue) List(s Selection, f func(*Item) bool) {
	var mu sync.Mutex
	n, ended := 0, false
	q.each(&s, changers, func(_ *entry, _ uint32, it *Item) bool {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return false
		}
		n++
		ended = !f(it) || n == s.Limit
		return !ended
	})
}

// Find returns one unit, nil when it is not there.
func (q *Queue) Find(transaction string, n int) *Item {
	q.mu.Lock()
	e := q.all[key{transaction, n}]
	q.mu.Unlock()
	if e == nil {
		return nil
	}
	it, _, ok := q.item(e)
	if !ok {
		return nil
	}
	u, err := q.store.Load(int(e.path), e.tx, e.n)
	if err != nil {
		return nil
	}
	it.Unit = u
	return it
}
