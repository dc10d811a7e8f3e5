package queue

import (
	"context"
	"sync"

	"github.com/hawser-mta/hawser/mta/policy"
)

// pick gives the sub-queue whose turn it is a chance and reports whether there was one.
// most is how many connections may be open.
func (q *Queue) pick(stop context.Context, running *sync.WaitGroup, most int) bool {
	i := 0
	if q.turns[0].empty() {
		i = 1
	}
	if q.turns[i].empty() {
		return false
	}
	s := q.turns[i].pop()
	s.turn = false
	if s.parked { // meanwhile, with a connection
		return true
	}
	e := q.front(s)
	if e == nil {
		q.retire(s)
		return true
	}
	q.stats.Picks++
	l, c, full := q.lease(s, most)
	if full { // until an idle connection is closed, which wakes the loop
		s.turn = true
		q.turns[i].push(s)
		return false
	}
	if l == nil {
		s.parked = true
		q.stats.Parks++
		return true
	}
	s.waiting.pop()
	q.begin(s, e)
	q.busy++
	if !s.waiting.empty() {
		q.takeTurn(s)
	}
	running.Go(func() { q.send(stop, running, s, e, l, c) })
	return true
}

// lease gets the right to send from a sub-queue: with an idle connection when one
// fits, else for a new one. full tells that no more connections may be open.
func (q *Queue) lease(s *subQueue, most int) (l *policy.Lease, c Conn, full bool) {
	if n := q.pool.open(); n > 0 && q.busy+n >= most {
		if l, c := q.pool.take(s, false); l != nil {
			return l, c, false
		}
		q.pool.give(1 + len(q.turns[0].items) + len(q.turns[1].items))
		return nil, nil, true
	}
	l, c = q.pool.take(s, true)
	return l, c, false
}

// begin marks an entry as being sent.
func (q *Queue) begin(s *subQueue, e *entry) {
	q.times.remove(e)
	q.set(e, Sending)
	s.sending++
}
