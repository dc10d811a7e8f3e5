package memory

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func rate(b *registry.Builder) {
	b.Func(sig.New("rate(namespace: string, entry: string, count: number, interval: number, options?: array) -> boolean|number|none",
		"Whether fewer than count hits of the entry lie in the last interval seconds; if so it records one. With count 0 the number of hits.",
		sig.Opt("sync: boolean = true", "share the hits between the nodes of a cluster")).
		Show(`echo [rate("out", "ann", 1, 60), rate("out", "ann", 1, 60), rate("out", "ann", 0, 60)];`, "[0=>true,1=>false,2=>1]").
		Legacy(`import { rate } from "extras://rate"`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("rate", a, 4)
			_ = o.Bool("sync", true) // there is no cluster yet: every hit is the node's own
			if err := o.Err(); err != nil {
				return value.None, err
			}
			count, err := registry.Count("rate", a, 2, 0)
			if err != nil {
				return value.None, err
			}
			interval := a[3].Number()
			if count < 0 || count > maxHits || !(interval > 0) {
				return value.None, nil
			}
			r := t.Host().Shared.Part("rate", newRates).(*rates)
			k := rateKey{cut(a[0].Str(), 63), cut(a[1].Str(), 511)}
			window := time.Duration(min(interval, maxWindow) * float64(time.Second))
			hits, ok := r.hit(k, t.Host().Now(), window, count)
			if count == 0 {
				return value.Int(hits), nil
			}
			return value.Bool(ok), nil
		})
}

// Bounds of what is kept: hits of one entry, and seconds of a window.
const (
	maxHits   = 1_000_000
	maxWindow = 366 * 24 * 3600.0
)

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

type rateKey struct{ namespace, entry string }

// rates are the hits of all entries of a process.
type rates struct {
	mu      sync.Mutex
	entries map[rateKey]*hits
	sweepAt int // number of entries at which outdated ones are removed
}

// hits are the moments of one entry, in ascending order.
type hits struct {
	at   []int64 // Unix time in nanoseconds
	keep time.Duration
}

// minSweep is the number of entries below which nothing is swept.
const minSweep = 1024

func newRates() any { return &rates{entries: map[rateKey]*hits{}, sweepAt: minSweep} }

// hit counts the hits of a window and, if they are fewer than limit, records one. The
// number is that before the recording.
func (r *rates) hit(k rateKey, now time.Time, window time.Duration, limit int) (n int, recorded bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.entries[k]
	if h != nil {
		h.keep = max(h.keep, window)
		h.drop(now)
		i, _ := slices.BinarySearch(h.at, now.Add(-window).UnixNano()+1)
		n = len(h.at) - i
	}
	if n >= limit {
		return n, false
	}
	if h == nil {
		r.sweep(now)
		h = &hits{keep: window}
		// The texts are parts of larger ones, perhaps of a whole message.
		r.entries[rateKey{strings.Clone(k.namespace), strings.Clone(k.entry)}] = h
	}
	at := now.UnixNano()
	if last := len(h.at) - 1; last >= 0 {
		at = max(at, h.at[last]) // the clock was set back
	}
	h.at = append(h.at, at)
	return n, true
}

// drop removes what no window reaches any more.
func (h *hits) drop(now time.Time) {
	i, _ := slices.BinarySearch(h.at, now.Add(-h.keep).UnixNano()+1)
	if i > len(h.at)/2 || i > 1024 {
		h.at = append(make([]int64, 0, 2*(len(h.at)-i)), h.at[i:]...)
	}
}

// sweep removes entries without hits once the table has doubled since the last time.
func (r *rates) sweep(now time.Time) {
	if len(r.entries) < r.sweepAt {
		return
	}
	for k, h := range r.entries {
		if h.at[len(h.at)-1] <= now.Add(-h.keep).UnixNano() {
			delete(r.entries, k)
		}
	}
	r.sweepAt = max(minSweep, 2*len(r.entries))
}
