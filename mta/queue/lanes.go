package queue

import (
	"unique"

	"github.com/hawser-mta/hawser/mta/spool"
)

// lane names units that stand in one line before they are prepared, when nothing but
// the envelope is known of them. Few lanes are shared by many units.
type lane struct{ tenant, job, transport, domain string }

func laneOf(u *spool.Unit) unique.Handle[lane] {
	return unique.Make(lane{u.TenantID, u.JobID, u.TransportID, u.Recipient.Domain})
}

// lanes holds units that are due. Lanes take turns, one unit each, so that a long
// line keeps nobody else waiting; within a lane the first in is the first out.
//
//	turns ─► lane A: 1 2 3 … 90000
//	         lane B: 1
//	         lane C: 1 2              gives A1 B1 C1 A2 C2 A3 …
type lanes struct {
	lines map[unique.Handle[lane]]*line
	turns fifo[*line]
}

type line struct {
	lane    unique.Handle[lane]
	waiting fifo[*entry]
}

func (r *lanes) add(e *entry) {
	l := r.lines[e.lane]
	if l == nil {
		if r.lines == nil {
			r.lines = map[unique.Handle[lane]]*line{}
		}
		l = &line{lane: e.lane}
		r.lines[e.lane] = l
		r.turns.push(l)
	}
	l.waiting.push(e)
}

// take returns the unit whose turn it is, nil when there is none.
func (r *lanes) take() *entry {
	if r.turns.empty() {
		return nil
	}
	l := r.turns.pop()
	e := l.waiting.pop()
	if l.waiting.empty() {
		delete(r.lines, l.lane)
	} else {
		r.turns.push(l)
	}
	return e
}

// fifo is a line of things. Its memory goes with the last of them.
type fifo[T any] struct{ items []T }

func (f *fifo[T]) empty() bool { return len(f.items) == 0 }

func (f *fifo[T]) first() T { return f.items[0] }

func (f *fifo[T]) push(x T) { f.items = append(f.items, x) }

func (f *fifo[T]) pop() T {
	var none T
	x := f.items[0]
	f.items[0] = none
	if f.items = f.items[1:]; len(f.items) == 0 {
		f.items = nil
	}
	return x
}
