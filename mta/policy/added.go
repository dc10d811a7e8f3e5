package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Added is what outlives the process of what was added while an engine ran: the
// suspensions that are not of the file.
type Added struct {
	Revision    uint64       // another one after every change
	Suspensions []Suspension // in force, the oldest first
}

// Edits has a value when a suspension was added, changed or removed.
func (e *Engine) Edits() <-chan struct{} { return e.edits }

// Revision returns that of Added, which costs more.
func (e *Engine) Revision() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.revision
}

// Added returns copies of the dynamic suspensions.
func (e *Engine) Added() Added {
	x := e.added()
	slices.SortFunc(x.Suspensions, func(a, b Suspension) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return x
}

// added does what must be done while the engine stands still.
func (e *Engine) added() Added {
	e.mu.Lock()
	defer e.mu.Unlock()
	x := Added{Revision: e.revision, Suspensions: make([]Suspension, 0, len(e.suspends))}
	for _, s := range e.suspends {
		if !s.Static {
			y := *s
			y.waiting.Init()
			x.Suspensions = append(x.Suspensions, y)
		}
	}
	return x
}

// RestoreSuspension adds a suspension of an earlier process: its id, ttl and time stay,
// left is what is left of the ttl, 0 for ever. One that a plugin has added anew at the
// start is in force already, and ends with that. The error says why it cannot be in force.
func (e *Engine) RestoreSuspension(s Suspension, left time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.key = key(nil, s.If)
	if e.held[s.key] != nil {
		return nil
	}
	if e.suspends[s.ID] != nil {
		return fmt.Errorf("id '%s' is taken", s.ID)
	}
	m, err := newMatch(s.If, e.config.Lists)
	if err != nil {
		return err
	}
	return e.addSuspension(&s, m, left)
}
