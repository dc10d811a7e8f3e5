package vm

import (
	"slices"
	"strings"
)

// CacheStats tells what happened in a bucket of the function cache.
type CacheStats struct {
	Bucket                         string // namespace, message and function, NUL between them
	Size, Max                      int
	Hits, Misses, Evictions, Waits int
}

// HitRate is the share of look-ups that found a result.
func (c CacheStats) HitRate() float64 {
	if n := c.Hits + c.Misses; n > 0 {
		return float64(c.Hits) / float64(n)
	}
	return 0
}

// CacheStats lists the buckets by name.
func (s *Shared) CacheStats() []CacheStats {
	c := s.caches
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []CacheStats
	for name, b := range c.buckets {
		st := b.stats
		st.Bucket, st.Size, st.Max = name, len(b.entries), b.size
		list = append(list, st)
	}
	slices.SortFunc(list, func(x, y CacheStats) int { return strings.Compare(x.Bucket, y.Bucket) })
	return list
}

// ClearCache drops every stored result. Runs that are filling an entry go on.
func (s *Shared) ClearCache() {
	c := s.caches
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.buckets)
	c.messages = nil
}
