package slots

import (
	"context"
	"sync/atomic"
)

// Slots are places that are taken and given back.
type Slots struct {
	free             chan struct{} // nil: as many as are asked for
	running, waiting atomic.Int64
}

// New returns so many places; 0: as many as are asked for, which are counted.
func New(size int) *Slots {
	s := &Slots{}
	if size > 0 {
		s.free = make(chan struct{}, size)
	}
	return s
}

// Take waits for a place. Without one it returns the error of ctx.
func (s *Slots) Take(ctx context.Context) error {
	if s == nil {
		return nil
	}
	if s.free != nil {
		select {
		case s.free <- struct{}{}:
		default:
			s.waiting.Add(1)
			defer s.waiting.Add(-1)
			select {
			case s.free <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	s.running.Add(1)
	return nil
}

// Give returns a place that Take gave.
func (s *Slots) Give() {
	if s == nil {
		return
	}
	s.running.Add(-1)
	if s.free != nil {
		<-s.free
	}
}

// Stats counts places now.
type Stats struct {
	Running, Waiting int64
	Size             int // 0: no bound
}

// Stats returns the counts.
func (s *Slots) Stats() Stats {
	return Stats{s.running.Load(), s.waiting.Load(), cap(s.free)}
}
