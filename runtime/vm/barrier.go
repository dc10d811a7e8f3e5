package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/runtime/value"
)

// acquire takes the lock of a name, waiting until no other run has it.
func (t *Thread) acquire(name string) error {
	s := t.host.Shared
	s.mu.Lock()
	for s.locks[name] != nil {
		free := s.locks[name].free
		s.mu.Unlock()
		if err := wait(t.ctx, free); err != nil {
			return err
		}
		s.mu.Lock()
	}
	b := &barrier{owner: t, free: make(chan struct{})}
	s.locks[name] = b
	s.mu.Unlock()
	if t.held == nil {
		t.held = map[string]*barrier{}
	}
	t.held[name] = b
	return nil
}

// release gives the lock of a name back.
func (t *Thread) release(name string) {
	b := t.held[name]
	if b == nil {
		return
	}
	s := t.host.Shared
	s.mu.Lock()
	s.unlock(name, b)
	s.mu.Unlock()
	delete(t.held, name)
}

// enterBarrier waits for the named lock, takes it and returns the stored value.
func (t *Thread) enterBarrier(name string) (value.Value, error) {
	if t.held[name] != nil {
		return value.None, fmt.Errorf("Barrier %s is held already", name)
	}
	if err := t.acquire(name); err != nil {
		return value.None, err
	}
	s := t.host.Shared
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(name), nil
}

// leaveBarrier stores v (removes the value when undefined) and frees the lock.
func (t *Thread) leaveBarrier(name string, v value.Value, store bool) (err error) {
	if t.held[name] == nil {
		return nil
	}
	if store {
		s := t.host.Shared
		s.mu.Lock()
		err = s.put(name, v)
		s.mu.Unlock()
	}
	t.release(name)
	return err
}

func (s *Shared) unlock(name string, b *barrier) {
	delete(s.locks, name)
	close(b.free)
}

// unlockAll frees what a run that ended still holds.
func (t *Thread) unlockAll() {
	for name := range t.held {
		t.release(name)
	}
}
