package slots_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/slots"
)

// TestBound: no more run at once than there are places, and all get their turn.
func TestBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    *slots.Slots
		took time.Duration
		then slots.Stats // after half a second
	}{
		{slots.New(2), 3 * time.Second, slots.Stats{Running: 2, Waiting: 3, Size: 2}},
		{slots.New(0), time.Second, slots.Stats{Running: 5}},
		{nil, time.Second, slots.Stats{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, begin := c.s, time.Now()
			if s != nil && s.Stats().Size > 0 {
				s = slots.New(s.Stats().Size) // its channel has to be of the bubble
			}
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if err := s.Take(t.Context()); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second)
					s.Give()
				})
			}
			time.Sleep(time.Second / 2)
			if s != nil && s.Stats() != c.then {
				t.Errorf("got %+v, want %+v", s.Stats(), c.then)
			}
			all.Wait()
			if took := time.Since(begin); took != c.took {
				t.Errorf("took %s, want %s", took, c.took)
			}
			if s != nil && (s.Stats() != slots.Stats{Size: c.then.Size}) {
				t.Errorf("left are %+v", s.Stats())
			}
		})
	}
}

// TestGivenUp: who gives up waiting takes no place.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := slots.New(1)
		if err := s.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Take(ctx); err == nil || s.Stats() != (slots.Stats{Running: 1, Size: 1}) {
			t.Errorf("got %v and %+v", err, s.Stats())
		}
		s.Give()
		if err := s.Take(t.Context()); err != nil {
			t.Error(err)
		}
		s.Give()
	})
}
