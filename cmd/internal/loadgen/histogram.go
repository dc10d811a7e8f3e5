package loadgen

import (
	"math/bits"
	"time"
)

// sub is the number of buckets in a power of two: a quantile is at most 1/sub too
// large.
const sub = 128

// histogram counts durations in buckets whose width grows with the duration; its
// size does not grow with the count.
type histogram struct {
	buckets [sub * 48]uint64 // up to 2^54 ns, half a year
	count   uint64
	max     time.Duration
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.buckets[bucket(uint64(d))]++
	h.count++
	h.max = max(h.max, d)
}

// bucket is exact below sub; above, a number keeps its eight highest bits.
func bucket(v uint64) int {
	if v < sub {
		return int(v)
	}
	shift := bits.Len64(v) - bits.Len64(sub)
	return min((shift+1)*sub+int(v>>shift)-sub, sub*48-1) // the last one holds the rest
}

// upper is the greatest duration of a bucket.
func upper(i int) time.Duration {
	if i < 2*sub {
		return time.Duration(i)
	}
	shift := i/sub - 1
	return time.Duration((uint64(i%sub+sub)+1)<<shift - 1)
}

// quantile returns the duration that the share q (0 to 1) does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.count) + 0.999999)
	var sum uint64
	for i, n := range h.buckets {
		if sum += n; n > 0 && sum >= rank && i < len(h.buckets)-1 {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

// Latency are percentiles of durations, in milliseconds.
type Latency struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99.9_ms"`
	Max   float64 `json:"max_ms"`
}

func (h *histogram) latency() Latency {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return Latency{h.count, ms(h.quantile(.5)), ms(h.quantile(.9)), ms(h.quantile(.99)), ms(h.quantile(.999)), ms(h.max)}
}
