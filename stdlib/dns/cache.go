package dns

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

// cache keeps answers for their time to live, the ones used last.
type cache struct {
	max     int
	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List

	hits, misses int64
}

type cached struct {
	key  string
	a    *Answer
	born time.Time
	dies time.Time
}

func (c *cache) get(key string) *Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		c.misses++
		return nil
	}
	x := e.Value.(cached)
	now := time.Now()
	if now.After(x.dies) {
		c.misses++
		c.order.Remove(e)
		delete(c.entries, key)
		return nil
	}
	c.hits++
	c.order.MoveToFront(e)
	return x.a.aged(now.Sub(x.born))
}

// aged is the answer some time later (RFC 1035 section 3.2.1): what is left of the times
// to live, in whole seconds.
func (a *Answer) aged(d time.Duration) *Answer {
	if d = d.Truncate(time.Second); d <= 0 || len(a.Records) == 0 {
		return a
	}
	out := *a
	out.Records = slices.Clone(a.Records)
	for i := range out.Records {
		out.Records[i].TTL = max(0, out.Records[i].TTL-d)
	}
	return &out
}

// maxTTL bounds how long an answer is kept.
const maxTTL = time.Hour

// negativeTTL is how long "there is nothing" is believed.
const negativeTTL = time.Minute

func (c *cache) put(key string, a *Answer) {
	if c.max <= 0 {
		return
	}
	ttl := maxTTL
	if len(a.Records) == 0 {
		ttl = negativeTTL
	}
	for _, r := range a.Records {
		ttl = min(ttl, r.TTL)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]*list.Element{}
	}
	if old := c.entries[key]; old != nil {
		c.order.Remove(old)
	}
	now := time.Now()
	c.entries[key] = c.order.PushFront(cached{key, a, now, now.Add(ttl)})
	for c.order.Len() > c.max {
		delete(c.entries, c.order.Remove(c.order.Back()).(cached).key)
	}
}
