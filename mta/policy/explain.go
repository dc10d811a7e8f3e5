package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Applied is what one policy did to a lease (spec hooks 12.3).
type Applied struct {
	Limits
	Policy     int // index in the file
	Fields     []Field
	Rollups    map[Field]string // used in place of the value, with '#'
	Tag        string
	Stop       bool
	Properties map[string]any
	From       string     // the condition or default of the file
	Dynamic    *Condition // in force; nil: none
}

func applied(b bound) Applied {
	x := Applied{
		Limits: b.a.Limits, Policy: b.c.rule.index, Fields: b.c.rule.fields, Tag: b.a.tag, Stop: b.a.stop,
		Properties: b.a.properties, From: b.a.from, Dynamic: b.a.dynamic,
	}
	for i, f := range b.c.rule.fields {
		if s := b.c.values[i]; strings.HasPrefix(s, "#") && len(b.c.rule.rollups[f]) > 0 {
			if x.Rollups == nil {
				x.Rollups = map[Field]string{}
			}
			x.Rollups[f] = s
		}
	}
	return x
}

// Applied returns what each policy did to a lease, in the order of the file.
func (e *Engine) Applied(l *Lease) []Applied {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Applied
	for _, b := range l.bounds {
		out = append(out, applied(b))
	}
	return out
}

// Tags returns the tags of a list, each once.
func Tags(list []Applied) []string {
	var out []string
	for _, x := range list {
		if x.Tag != "" && !slices.Contains(out, x.Tag) {
			out = append(out, x.Tag)
		}
	}
	return out
}

// Verdict is what a policy or suspension means for a destination now.
type Verdict struct {
	Source     Source
	Suspension *Suspension // what suspends it; nil: the rest tells of a policy
	Applied
	Values  []string // of the fields, after rollup
	Open    int      // connections of the counter, idle ones included
	Idle    int
	Waiting int       // sub-queues that wait for the counter
	Reason  Reason    // why nothing can go now, "" when it can
	Until   time.Time // zero: nobody knows
}

// Explain tells for a waiter, by source, what limits it now and by how much.
func (e *Engine) Explain(w *Waiter) []Verdict {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	x := Waiter{Facts: w.Facts, Sources: w.Sources}
	var out []Verdict
	for _, c := range e.resolve(&x).choices {
		if c.suspended != nil {
			s := *c.suspended
			out = append(out, Verdict{Source: *c.source, Suspension: &s, Reason: BySuspension, Until: s.ending.end})
		}
		for _, b := range c.bounds {
			out = append(out, b.verdict(*c.source, now))
		}
	}
	return out
}

func (b bound) verdict(s Source, now time.Time) Verdict {
	v := Verdict{Source: s, Applied: applied(b), Values: b.c.values, Open: b.c.open, Idle: len(b.c.idle)}
	v.Reason, v.Until = b.c.room(&b.a.Limits, all, b.c.promised.Len(), now)
	for _, q := range b.c.queues {
		v.Waiting += q.waiting.Len()
	}
	return v
}

// Blocked returns the counters that somebody waits for, those with most waiters first.
func (e *Engine) Blocked() []Verdict {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	var out []Verdict
	for _, r := range e.rules {
		for _, c := range r.counters {
			if len(c.queues) > 0 {
				out = append(out, bound{c, c.queues[0].a}.verdict(Source{}, now))
			}
		}
	}
	slices.SortFunc(out, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(a.Policy, b.Policy), slices.Compare(a.Values, b.Values))
	})
	return out
}

// Conditions returns copies of the dynamic conditions, the oldest first.
func (e *Engine) Conditions() []Condition {
	e.mu.Lock()
	out := make([]Condition, 0, len(e.conditions))
	for _, d := range e.conditions {
		out = append(out, *d)
	}
	e.mu.Unlock()
	slices.SortFunc(out, func(a, b Condition) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

// Condition returns a copy of a dynamic condition; ok is false when there is none.
func (e *Engine) Condition(id string) (c Condition, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.conditions[id]
	if d == nil {
		return c, false
	}
	return *d, true
}

// Suspensions returns copies of all suspensions, those of the file first.
func (e *Engine) Suspensions() []Suspension {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Suspension, 0, len(e.suspends))
	for _, s := range e.suspends {
		x := *s
		x.waiting.Init()
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Suspension) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Stats counts what the engine did and holds.
type Stats struct {
	Leases, Evals                                       int64 // given, and times that all policies were asked what applies, since start
	ConcurrencyWaits, RateWaits, IntervalWaits, Suspend int64 // times that a sub-queue was parked
	Counters, Conditions, Suspensions                   int   // now
	ConcurrencyFull, RateFull, IntervalFull             int   // now: counters that somebody waits for, by what they have no room of
	Buckets                                             int   // now: counters with a rate that was used
	Dynamic                                             int   // now: suspensions that are not of the file
}

func (s *Stats) count(r Reason) {
	switch r {
	case ByConcurrency:
		s.ConcurrencyWaits++
	case ByRate:
		s.RateWaits++
	case ByConnectInterval:
		s.IntervalWaits++
	case BySuspension:
		s.Suspend++
	}
}

// Stats returns the counts.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, now := e.stats, time.Now()
	for _, r := range e.rules {
		s.Counters += len(r.counters)
		for _, c := range r.counters {
			if c.counts() {
				s.Buckets++
			}
			if len(c.queues) == 0 {
				continue
			}
			switch reason, _ := c.room(&c.queues[0].a.Limits, c.queues[0].n, c.promised.Len(), now); reason {
			case ByConcurrency:
				s.ConcurrencyFull++
			case ByRate:
				s.RateFull++
			case ByConnectInterval:
				s.IntervalFull++
			}
		}
	}
	s.Conditions, s.Suspensions, s.Dynamic = len(e.conditions), len(e.suspends), len(e.held)
	return s
}
