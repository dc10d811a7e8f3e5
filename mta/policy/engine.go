package policy

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
)

// Config is what an engine enforces. It never changes once given away.
type Config struct {
	Policies  config.Policies
	Suspends  config.Suspends
	Lists     config.Lists
	Groupings *Groupings
}

// Engine enforces policies.
type Engine struct {
	mu       sync.Mutex
	config   *Config
	rules    []*rule
	bySource bool   // some policy or suspension looks at the source
	version  uint64 // of everything that a resolution depends on

	conditions map[string]*Condition // by id
	alike      map[string]*Condition // by what they ask for
	suspends   map[string]*Suspension
	held       map[string]*Suspension // dynamic ones by what they ask for
	suspension index[*Suspension]
	seq        uint64
	order      uint64 // of waiters
	hosts      int    // that share the limits; 0: one

	edits    chan struct{} // see Edits
	revision uint64        // of suspensions that are not of the file
	weight   int           // of them and of the dynamic conditions

	clocks clocks
	ends   ends
	swept  time.Time

	woken  []*Waiter
	signal chan struct{}
	stats  Stats
}

// New returns an engine without policies.
func New() *Engine {
	return &Engine{
		config: &Config{}, conditions: map[string]*Condition{}, alike: map[string]*Condition{},
		suspends: map[string]*Suspension{}, held: map[string]*Suspension{},
		signal: make(chan struct{}, 1), edits: make(chan struct{}, 1), swept: time.Now(),
	}
}

// Load puts another configuration in force, all or nothing. Counters of policies with
// the same fields and rollups live on, and so do dynamic conditions whose policy is
// still there (spec mta 8.4, 8.5).
func (e *Engine) Load(c *Config) error {
	var rules []*rule
	for i := range c.Policies.Policies {
		r, err := newRule(i, &c.Policies.Policies[i], c)
		if err != nil {
			return err
		}
		rules = append(rules, r)
	}
	var static []*Suspension
	for i, x := range c.Suspends.Suspends {
		m, err := newMatch(x.If, c.Lists)
		if err != nil {
			return fmt.Errorf("suspends[%d]: %w", i, err)
		}
		static = append(static, &Suspension{
			ID: fmt.Sprintf("suspends[%d]", i), If: x.If, Tag: x.Tag, Properties: x.Properties, when: m, Static: true,
			ending: ending{index: -1},
		})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	waiting := e.waiting()
	old := e.rules
	e.config, e.rules = c, rules
	for _, r := range rules {
		r.hosts = e.hosts
		if i := slices.IndexFunc(old, func(o *rule) bool { return o.shape == r.shape }); i >= 0 {
			r.counters = old[i].counters
			for _, x := range r.counters {
				x.rule = r
			}
			old = slices.Delete(slices.Clone(old), i, i+1)
		}
	}
	// In the order of their coming, which tells which one is the newest.
	for _, d := range slices.SortedFunc(maps.Values(e.conditions), func(a, b *Condition) int { return cmp.Compare(a.seq, b.seq) }) {
		e.rebind(d)
	}
	for id, s := range e.suspends {
		if s.Static {
			delete(e.suspends, id)
		}
	}
	for _, s := range static {
		e.suspends[s.ID] = s
	}
	e.suspension = index[*Suspension]{}
	for _, s := range e.suspends {
		if m, err := newMatch(s.If, c.Lists); err == nil {
			s.when = m // lists may have changed
		}
		e.suspension.add(s.when, s)
	}
	e.changed()
	for _, w := range waiting { // their lines may be gone
		w.unpark()
		e.wakeUp(w)
	}
	return nil
}

// Divide makes all limits the share that one of so many hosts has of them, except where an
// action has cluster: false; 0 and 1 take that back.
func (e *Engine) Divide(hosts int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hosts = hosts
	for _, r := range e.rules {
		r.hosts = hosts
	}
	e.changed()
	for _, r := range e.rules {
		e.kick(r)
	}
}

// changed makes everybody look again at what applies to them.
func (e *Engine) changed() {
	e.version++
	e.bySource = slices.ContainsFunc(e.rules, func(r *rule) bool { return slices.Contains(r.fields, LocalIP) })
}

// waiting returns all parked waiters.
func (e *Engine) waiting() []*Waiter {
	seen := map[*Waiter]bool{}
	var out []*Waiter
	add := func(w *Waiter) {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	for _, r := range e.rules {
		for _, c := range r.counters {
			for _, q := range c.queues {
				for x := q.waiting.Front(); x != nil; x = x.Next() {
					add(x.Value.(*Waiter))
				}
			}
		}
	}
	for _, s := range e.suspends {
		for x := s.waiting.Front(); x != nil; x = x.Next() {
			add(x.Value.(*Waiter))
		}
	}
	return out
}

// pass wakes as many waiters of a counter as it has room for, the oldest of the
// highest priority first, and sets its clock.
func (e *Engine) pass(c *counter, now time.Time) {
	for {
		var next *line
		var clock time.Time
		for _, q := range c.queues {
			reason, until := c.room(&q.a.Limits, q.n, c.promised.Len(), now)
			switch {
			case reason == "":
				if next == nil || q.before(next) {
					next = q
				}
			case !until.IsZero() && (clock.IsZero() || until.Before(clock)):
				clock = until
			}
		}
		if next == nil {
			e.setClock(c, clock)
			return
		}
		w := next.head()
		w.unpark()
		w.promised(c)
		e.wakeUp(w)
	}
}

func (q *line) before(o *line) bool {
	if q.priority != o.priority {
		return q.priority > o.priority
	}
	return q.head().precedes(o.head())
}

func (e *Engine) wakeUp(w *Waiter) {
	if !w.woken {
		w.woken = true
		e.woken = append(e.woken, w)
	}
	e.tell()
}

// tell makes the owner look: at the woken, or at the clock.
func (e *Engine) tell() {
	select {
	case e.signal <- struct{}{}:
	default:
	}
}

// Signal has a value when somebody was woken, or Tick should be called earlier than it
// said.
func (e *Engine) Signal() <-chan struct{} { return e.signal }

// Woken returns the waiters that should ask again.
func (e *Engine) Woken() []*Waiter {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.woken
	e.woken = nil
	for _, w := range out {
		w.woken = false
	}
	return out
}

// Leave forgets a waiter that has no unit any more.
func (e *Engine) Leave(w *Waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.unpark()
	w.redeem()
	e.settle(w, time.Now())
	w.known = nil
	if w.woken {
		w.woken = false
		e.woken = slices.DeleteFunc(e.woken, func(x *Waiter) bool { return x == w })
	}
}

// Refill makes every rate begin anew, as if nothing had been sent, and returns how many
// counters had counted messages.
func (e *Engine) Refill() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	now, n := time.Now(), 0
	for _, r := range e.rules {
		for _, c := range r.counters {
			if !c.counts() {
				continue
			}
			n++
			c.begin, c.used, c.tokens, c.at = time.Time{}, 0, 0, time.Time{}
			e.pass(c, now)
		}
	}
	return n
}

// Tick does what time asks for and returns when to be called again.
func (e *Engine) Tick(now time.Time) (next time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.ends) > 0 && !e.ends[0].end.After(now) {
		e.ends[0].expire()
	}
	for len(e.clocks) > 0 && !e.clocks[0].wake.After(now) {
		c := heap.Pop(&e.clocks).(*counter)
		e.pass(c, now)
	}
	if now.Sub(e.swept) >= sweepAfter {
		e.sweep(now)
	}
	next = e.swept.Add(sweepAfter)
	if len(e.clocks) > 0 && e.clocks[0].wake.Before(next) {
		next = e.clocks[0].wake
	}
	if len(e.ends) > 0 && e.ends[0].end.Before(next) {
		next = e.ends[0].end
	}
	return next
}

// sweepAfter is how often counters that say nothing are forgotten.
const sweepAfter = time.Minute

func (e *Engine) sweep(now time.Time) {
	e.swept = now
	gone := false
	for _, r := range e.rules {
		for k, c := range r.counters {
			if c.forgettable(now) {
				delete(r.counters, k)
				gone = true
			}
		}
	}
	if gone { // resolutions may point to what is gone
		e.version++
	}
}
