package vm

import (
	"context"
	crand "crypto/rand"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/hawser-mta/hawser/runtime/value"
)

type entropy struct{}

func (entropy) Read(b []byte) (int, error) { return crand.Read(b) }

func hostname() string {
	if h, err := os.Hostname(); err == nil {
		return h
	}
	return "localhost"
}

// Shared is the store that all executions of a process share: memory_*()
// values, barriers and function caches (spec language 7.1, 7.2).
//
// One lock guards the table of values; each name has a lock of its own, which a
// barrier or a memory function with a callback holds meanwhile.
type Shared struct {
	mu     sync.Mutex
	vals   map[string]value.Value
	locks  map[string]*barrier
	caches *caches
	parts  sync.Map // what domains keep beside it, by name
}

type barrier struct {
	owner *Thread
	free  chan struct{} // closed when released
}

// NewShared returns an empty store.
func NewShared() *Shared {
	return &Shared{vals: map[string]value.Value{}, locks: map[string]*barrier{}, caches: newCaches()}
}

// Part returns what a domain keeps for all runs of the process beside the values,
// making it the first time.
func (s *Shared) Part(name string, make func() any) any {
	if p, ok := s.parts.Load(name); ok {
		return p
	}
	p, _ := s.parts.LoadOrStore(name, make())
	return p
}

// put stores a value, or removes it when undefined; s.mu is held.
func (s *Shared) put(name string, v value.Value) error {
	if v.IsUndefined() {
		delete(s.vals, name)
		return nil
	}
	if value.Deep(v) {
		return value.ErrDepth
	}
	s.vals[name] = v.Freeze()
	return nil
}

// get returns a stored value, undefined when there is none; s.mu is held.
func (s *Shared) get(name string) value.Value {
	if v, ok := s.vals[name]; ok {
		return v.Share()
	}
	return value.Undef
}

// Keys returns the names of the stored values, sorted.
func (s *Shared) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.vals))
}

// Memory gives f the stored value of a name, undefined when there is none, and
// stores what f makes of it. It waits while another run holds the name. f must
// not call into the script.
func (t *Thread) Memory(name string, f func(v *value.Value)) error {
	return t.host.Shared.memory(t.ctx, t, name, f)
}

// Memory is that of a Thread, for whoever is none.
func (s *Shared) Memory(ctx context.Context, name string, f func(v *value.Value)) error {
	return s.memory(ctx, nil, name, f)
}

func (s *Shared) memory(ctx context.Context, t *Thread, name string, f func(v *value.Value)) error {
	s.mu.Lock()
	for b := s.locks[name]; b != nil && b.owner != t; b = s.locks[name] {
		s.mu.Unlock()
		if err := wait(ctx, b.free); err != nil {
			return err
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	v := s.get(name)
	old := v
	if f(&v); v != old {
		return s.put(name, v)
	}
	return nil
}

// Hold runs f while no other run can reach the stored value of a name; f may
// call into the script and hold the name again.
func (t *Thread) Hold(name string, f func() error) error {
	if t.held[name] != nil {
		return f()
	}
	if err := t.acquire(name); err != nil {
		return err
	}
	defer t.release(name)
	return f()
}
