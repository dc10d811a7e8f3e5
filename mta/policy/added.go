package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Added is what was added to an engine while it ran and is still in force.
type Added struct {
	Revision    uint64       // another one after every change
	Conditions  []Condition  // the oldest first
	Suspensions []Suspension // likewise
}

// Edits has a value when something was added, changed or removed.
func (e *Engine) Edits() <-chan struct{} { return e.edits }

// Revision returns that of Added, which costs more.
func (e *Engine) Revision() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.revision
}

// Added returns copies of the dynamic conditions and suspensions.
func (e *Engine) Added() Added {
	x := e.added()
	slices.SortFunc(x.Conditions, func(a, b Condition) int { return cmp.Compare(a.seq, b.seq) })
	slices.SortFunc(x.Suspensions, func(a, b Suspension) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return x
}

// added does what must be done while the engine stands still.
func (e *Engine) added() Added {
	e.mu.Lock()
	defer e.mu.Unlock()
	x := Added{Revision: e.revision, Conditions: make([]Condition, 0, len(e.conditions)), Suspensions: make([]Suspension, 0, len(e.suspends))}
	for _, d := range e.conditions {
		x.Conditions = append(x.Conditions, *d)
	}
	for _, s := range e.suspends {
		if !s.Static {
			y := *s
			y.waiting.Init()
			x.Suspensions = append(x.Suspensions, y)
		}
	}
	return x
}

// RestoreCondition adds a condition of an earlier process: its id, ttl and time stay,
// left is what is left of the ttl, 0 for ever. The error says why it cannot be in force.
func (e *Engine) RestoreCondition(d Condition, left time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.key = key(d.Fields, d.If)
	if e.conditions[d.ID] != nil {
		return fmt.Errorf("id '%s' is taken", d.ID)
	}
	return e.addCondition(&d, nil, left)
}

// RestoreSuspension is RestoreCondition for a suspension.
func (e *Engine) RestoreSuspension(s Suspension, left time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.suspends[s.ID] != nil {
		return fmt.Errorf("id '%s' is taken", s.ID)
	}
	m, err := newMatch(s.If, e.config.Lists)
	if err != nil {
		return err
	}
	s.key = key(nil, s.If)
	return e.addSuspension(&s, m, left)
}
