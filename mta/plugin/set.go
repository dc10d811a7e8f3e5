package plugin

import (
	"fmt"
	"slices"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// Set are the plugins of a server in the order of their loading. The nil Set has none.
type Set struct {
	list        []*Plugin
	delivers    map[string]func(*Delivery)
	inserts     []func(*Message, []policy.Source) Decision
	picks       []func(*Message) Decision
	begun       []*Plugin // that have something to end
	down, ended bool
}

// NewSet returns a set of plugins.
func NewSet(list ...*Plugin) *Set {
	s := &Set{list: list, delivers: map[string]func(*Delivery){}}
	for _, p := range list {
		if p.Deliver != nil {
			s.delivers[p.ID] = p.Deliver
		}
		if p.Insert != nil {
			s.inserts = append(s.inserts, p.Insert)
		}
		if p.Pick != nil {
			s.picks = append(s.picks, p.Pick)
		}
	}
	return s
}

// All returns the plugins.
func (s *Set) All() []*Plugin {
	if s == nil {
		return nil
	}
	return s.list
}

// Find returns the plugin of an id, nil when there is none.
func (s *Set) Find(id string) *Plugin {
	for _, p := range s.All() {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Deliverer returns the function of a delivery plugin; ok is false when there is none of
// that id.
func (s *Set) Deliverer(id string) (deliver func(*Delivery), ok bool) {
	if s == nil {
		return nil, false
	}
	deliver, ok = s.delivers[id]
	return deliver, ok
}

// Picks reports whether any plugin wants to be asked before a unit is sent.
func (s *Set) Picks() bool { return s != nil && len(s.picks) > 0 }

// Inserts reports whether any plugin wants to be asked before a unit enters the active
// queue.
func (s *Set) Inserts() bool { return s != nil && len(s.inserts) > 0 }

// Insert asks all plugins in order about a unit with a source pool (spec plugin 6.1).
// The first no ends it; each sees what the one before left of the pool. The last value
// that any returned counts.
func (s *Set) Insert(m *Message, sources []policy.Source) Decision {
	all := Decision{OK: true}
	for _, insert := range s.inserts {
		d := insert(m, sources)
		if d.Return != nil {
			all.Return = d.Return
		}
		if d.Sources != nil {
			sources = d.Sources
			all.Sources = sources
		}
		if !d.OK || len(sources) == 0 {
			all.OK = false
			break
		}
	}
	return all
}

// Pick asks all plugins in order about a unit that is about to be sent (spec plugin 6.2).
func (s *Set) Pick(m *Message) Decision {
	all := Decision{OK: true}
	for _, pick := range s.picks {
		d := pick(m)
		if d.Return != nil {
			all.Return = d.Return
		}
		if !d.OK {
			all.OK = false
			break
		}
	}
	return all
}

// EarlyInit and Init begin all plugins in order with what they are configured with.
func (s *Set) EarlyInit(start func(id string) *Start) error {
	return s.begin(start, "Halon_early_init", func(p *Plugin) func(*Start) bool { return p.EarlyInit })
}

// Init is the second step of EarlyInit.
func (s *Set) Init(start func(id string) *Start) error {
	return s.begin(start, "Halon_init", func(p *Plugin) func(*Start) bool { return p.Init })
}

func (s *Set) begin(start func(id string) *Start, name string, step func(*Plugin) func(*Start) bool) error {
	for _, p := range s.All() {
		f := step(p)
		if f == nil {
			continue
		}
		if !f(start(p.ID)) {
			return fmt.Errorf("plugin '%s' does not start: %s gave false", p.ID, name)
		}
		if !slices.Contains(s.begun, p) {
			s.begun = append(s.begun, p)
		}
	}
	return nil
}

// Ready tells all plugins that the server accepts mail.
func (s *Set) Ready() {
	for _, p := range s.All() {
		if p.Ready != nil {
			p.Ready()
		}
	}
}

// Reload tells all plugins of their live configuration.
func (s *Set) Reload(live func(id string) config.Tree) {
	for _, p := range s.All() {
		if p.Reload != nil {
			p.Reload(live(p.ID))
		}
	}
}

// EarlyCleanup tells the plugins that have begun, the last first, that the server begins
// to stop; once.
func (s *Set) EarlyCleanup() {
	if s != nil && !s.down {
		s.down = true
		s.end(func(p *Plugin) func() { return p.EarlyCleanup })
	}
}

// Cleanup ends them in the same order; once.
func (s *Set) Cleanup() {
	if s != nil && !s.ended {
		s.ended = true
		s.end(func(p *Plugin) func() { return p.Cleanup })
	}
}

func (s *Set) end(step func(*Plugin) func()) {
	for _, p := range slices.Backward(s.begun) {
		if f := step(p); f != nil {
			f()
		}
	}
}
