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
	weight  int
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

// Suspend adds a suspension. One of the same id or values stays as it is without
// update; with it, it gets the new ttl, and the tag and properties that are given. One of
// the same id and other values is replaced. It returns the id of the suspension in force
// and whether it is new.
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
	if x == nil || x.key != s.key {
		s.Created = time.Now()
		if err := e.addSuspension(&s, m, s.TTL); err != nil {
			return "", false, err
		}
		if x != nil {
			e.replace(x, &s)
		}
		return s.ID, x == nil, nil
	}
	y := Suspension{ID: x.ID, If: x.If, Tag: x.Tag, Properties: x.Properties}
	if s.Tag != "" {
		y.Tag = s.Tag
	}
	if len(s.Properties) > 0 {
		y.Properties = s.Properties
	}
	weight := y.weigh()
	if err := e.fits(weight, x.weight); err != nil {
		return "", false, err
	}
	e.edited(weight - x.weight)
	x.TTL, x.Tag, x.Properties, x.weight = s.TTL, y.Tag, y.Properties, weight
	e.endAt(&x.ending, x.TTL)
	e.version++
	return x.ID, false, nil
}

func (s *Suspension) weigh() int { return weigh(s.If, s.Properties, s.ID, s.Tag) }

// addSuspension puts a suspension in force.
func (e *Engine) addSuspension(s *Suspension, m match, left time.Duration) error {
	s.weight = s.weigh()
	if err := e.fits(s.weight, 0); err != nil {
		return err
	}
	s.when = m
	s.ending.index = -1
	s.ending.expire = func() { e.resume(s) }
	e.suspends[s.ID], e.held[s.key] = s, s
	e.suspension.add(m, s)
	e.endAt(&s.ending, left)
	e.edited(s.weight)
	e.version++
	return nil
}

// replace ends a suspension whose id another one has taken.
func (e *Engine) replace(old, s *Suspension) {
	e.resume(old)
	e.suspends[s.ID] = s
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
	if e.held[s.key] == s {
		delete(e.held, s.key)
	}
	e.suspension.remove(s.when, s)
	e.endAt(&s.ending, 0)
	e.edited(-s.weight)
	e.version++
	for s.waiting.Len() > 0 {
		w := s.waiting.Front().Value.(*Waiter)
		w.unpark()
		e.wakeUp(w)
	}
}
