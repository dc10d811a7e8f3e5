package queue

import (
	"sync"
	"time"

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

// item describes an entry; ok is false for one that has left.
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
	return it, e.stored, true
}

// List calls f with every unit that match accepts until f returns false. match is
// called by several goroutines, f by one at a time. The order is random.
func (q *Queue) List(match func(*Item) bool, f func(*Item) bool) {
	var mu sync.Mutex
	ended := false
	q.each(func(_ *entry, _ uint32, it *Item) bool {
		if !match(it) {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		ended = ended || !f(it)
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
