package mta

import (
	"fmt"
	"slices"
	"sync"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/queue"
)

// quotas bounds what the units of a quota amount to (spec mta 4.6). The queue counts the
// units that it has; those that a running script has queued are reserved here until
// then, so that scripts that run at once do not exceed a bound together.
type quotas struct {
	bounds func() []config.Quota
	used   func(name string) queue.Usage

	mu       sync.Mutex
	reserved map[string]queue.Usage
}

// reserve counts one unit for its quotas. The error names one that is full.
func (q *quotas) reserve(names []string, size int64) (release func(), err error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	bounds := q.bounds()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, name := range names {
		i := slices.IndexFunc(bounds, func(b config.Quota) bool { return b.ID == name })
		if i < 0 {
			continue
		}
		b, used, r := bounds[i], q.used(name), q.reserved[name]
		if n := used.Count + r.Count; b.MaxCount > 0 && n >= b.MaxCount {
			return nil, fmt.Errorf("quota '%s' is full: %d messages, at most %d", name, n, b.MaxCount)
		}
		if n := used.Bytes + r.Bytes; b.MaxBytes > 0 && n+size > int64(b.MaxBytes) {
			return nil, fmt.Errorf("quota '%s' is full: %d bytes and this message of %d, at most %d", name, n, size, int64(b.MaxBytes))
		}
	}
	q.add(names, 1, size)
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.add(names, -1, -size)
	}), nil
}

func (q *quotas) add(names []string, n int, size int64) {
	for _, name := range names {
		u := q.reserved[name]
		if u.Count, u.Bytes = u.Count+n, u.Bytes+size; u.Count == 0 {
			delete(q.reserved, name)
		} else {
			q.reserved[name] = u
		}
	}
}
