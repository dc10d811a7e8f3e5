package memory

import (
	"testing"
	"time"
)

// TestWindow follows one entry through time.
func TestWindow(t *testing.T) {
	t.Parallel()
	r := newRates().(*rates)
	k := rateKey{"ns", "entry"}
	start := time.Unix(1_700_000_000, 0)
	for i, c := range []struct {
		at       float64 // seconds
		window   time.Duration
		limit, n int
		recorded bool
	}{
		{0, 10 * time.Second, 2, 0, true},
		{5, 10 * time.Second, 2, 1, true},
		{6, 10 * time.Second, 2, 2, false},
		{9.999, 10 * time.Second, 0, 2, false},
		{10, 10 * time.Second, 2, 1, true},         // the first has left
		{10, 20 * time.Second, 0, 3, false},        // a longer window sees it again
		{14, time.Second, 0, 0, false},             // a shorter one none
		{100, 10 * time.Second, 1, 0, true},        // all have left
		{90, 10 * time.Second, 2, 1, true},         // the clock was set back: still later than all
		{100, 10 * time.Second, 0, 2, false},       //
		{1000, 10 * time.Second, maxHits, 0, true}, //
		{1000, 10 * time.Second, maxHits, 1, true}, // at the same moment
		{1009.9999, 10 * time.Second, 0, 2, false}, //
		{1010, 10 * time.Second, 0, 0, false},      //
	} {
		n, recorded := r.hit(k, start.Add(time.Duration(c.at*float64(time.Second))), c.window, c.limit)
		if n != c.n || recorded != c.recorded {
			t.Errorf("step %d: got %d %v, want %d %v", i, n, recorded, c.n, c.recorded)
		}
	}
}

// TestSweep makes sure that entries of the past are forgotten.
func TestSweep(t *testing.T) {
	t.Parallel()
	r := newRates().(*rates)
	now := time.Unix(1_700_000_000, 0)
	for i := range 100_000 {
		r.hit(rateKey{"ns", now.Format(time.RFC3339Nano)}, now, time.Second, 5)
		now = now.Add(10 * time.Millisecond)
		if len(r.entries) > 2*minSweep {
			t.Fatalf("%d entries after %d hits, 100 of them are alive", len(r.entries), i)
		}
	}
}
