package policy

import (
	"container/list"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
)

// Suspension keeps units from being picked up (spec mta 9).
type Suspension struct {
	ID, Tag    string
	If         config.Match // all must fit; none: everything
	Properties map[string]any
	TTL        time.Duration // 0: until it is removed
	Static     bool          // of the file
	Created    time.Time

	key     string // of what it asks for
	when    match
	waiting list.List // of *Waiter
	ending  ending
}

// Left returns the time that is left of the ttl, 0 for ever.
func (s *Suspension) Left() time.Duration { return s.ending.left() }

// suspended returns a suspension that is in the way of a view.
func (e *Engine) suspended(v *view) *Suspension {
	if len(e.suspends) == 0 {
		return nil
	}
	var room [8]*Suspension
	for _, s := range e.suspension.candidates(room[:0], v) {
		if s.when.fits(v) {
			return s
		}
	}
	return nil
}

// Suspend adds a suspension, or with update changes the ttl, tag and properties of the
// one with the same id or values. Without update that one stays as it is. It returns
// the id of the suspension in force and whether it is new.
func (e *Engine) Suspend(s Suspension, update bool) (id string, added bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, err := newMatch(s.If, e.config.Lists)
	if err != nil {
		return "", false, err
	}
	s.key = key(nil, s.If)
	x := e.suspends[s.ID]
	if x == nil {
		x = e.held[s.key]
	}
	if x != nil && (!update || x.Static) {
		return x.ID, false, nil
	}
	added = x == nil
	if added {
		x = &s
		x.when, x.Created = m, time.Now()
		x.ending.index = -1
		x.ending.expire = func() { e.resume(x) }
		e.suspends[x.ID], e.held[x.key] = x, x
		e.suspension.add(m, x)
	} else {
		x.TTL, x.Tag, x.Properties = s.TTL, s.Tag, s.Properties
	}
	e.endAt(&x.ending, x.TTL)
	e.version++
	return x.ID, added, nil
}

// Resume removes a dynamic suspension and reports whether it was there.
func (e *Engine) Resume(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.suspends[id]
	if s == nil || s.Static {
		return false
	}
	e.resume(s)
	return true
}

func (e *Engine) resume(s *Suspension) {
	delete(e.suspends, s.ID)
	delete(e.held, s.key)
	e.suspension.remove(s.when, s)
	e.endAt(&s.ending, 0)
	e.version++
	for s.waiting.Len() > 0 {
		w := s.waiting.Front().Value.(*Waiter)
		w.unpark()
		e.wakeUp(w)
	}
}
