package queue

import (
	"fmt"
	"strings"
	"unique"

	"github.com/hawser-mta/hawser/mta/policy"
)

// subKey names a sub-queue (spec mta 4.3). What connections need to have in common
// belongs to it, so that a connection can go on with any unit of it.
type subKey struct {
	facts   policy.Facts
	first   bool // priority 1
	random  bool
	sources string
	reuse   string
}

// subQueue holds the units that are alike to policies, in the order of their coming.
type subQueue struct {
	policy.Waiter
	key     subKey
	ready   *Ready // of its units, but for Plan, Expires and Store
	waiting fifo[*entry]
	turn    bool // it stands in the line of its priority
	parked  bool // the policy engine has it
	live    int  // units in it
	sending int
}

func keyOf(r *Ready) subKey {
	var b strings.Builder
	for _, s := range r.Sources {
		fmt.Fprintf(&b, "%s=%s ", s.ID, s.IP)
	}
	return subKey{r.Facts, r.Priority > 0, r.Random, unique.Make(b.String()).Value(), unique.Make(r.Reuse).Value()}
}

// sub returns the sub-queue of a unit, made when it is new.
func (q *Queue) sub(r *Ready) *subQueue {
	k := keyOf(r)
	s := q.subs[k]
	if s == nil {
		s = &subQueue{key: k, ready: r, Waiter: policy.Waiter{Facts: r.Facts, Sources: r.Sources, Random: r.Random}}
		if k.first {
			s.Priority = 1
		}
		q.subs[k] = s
		q.byWaiter[&s.Waiter] = s
	}
	return s
}

// enlist puts an entry into its sub-queue.
func (q *Queue) enlist(e *entry, r *Ready) {
	s := q.sub(r)
	e.sub, e.plan = s, r.Plan
	q.set(e, Active)
	e.wake = e.expires
	if !r.Expires.IsZero() && (e.wake.IsZero() || r.Expires.Before(e.wake)) {
		e.wake = r.Expires
	}
	if !e.wake.IsZero() {
		q.times.add(e)
	}
	s.waiting.push(e)
	q.takeTurn(s)
}

// takeTurn puts a sub-queue at the end of its line, unless policies keep it.
func (q *Queue) takeTurn(s *subQueue) {
	if s.turn || s.parked {
		return
	}
	s.turn = true
	q.turns[1-s.Priority].push(s)
	q.nudge()
}

// front returns the first unit of a sub-queue, nil when there is none. Units that have
// left are skipped: a change leaves them in their line.
func (q *Queue) front(s *subQueue) *entry {
	for !s.waiting.empty() {
		e := s.waiting.first()
		if e.state == Active && e.sub == s && q.all[e.key] == e {
			return e
		}
		s.waiting.pop()
	}
	return nil
}

// retire takes a sub-queue without units out of every line, and forgets it when nothing
// of it is under way.
func (q *Queue) retire(s *subQueue) {
	if s.live > 0 {
		return
	}
	q.o.Policies.Leave(&s.Waiter)
	s.parked = false
	if s.sending == 0 && !s.turn && q.subs[s.key] == s {
		delete(q.subs, s.key)
		delete(q.byWaiter, &s.Waiter)
	}
}
