package dns

// Stats tells how a resolver is used.
type Stats struct {
	Hits, Misses int64 // of the cache, since the resolver was made
	Size         int   // answers in the cache now
	Running      int64 // questions that wait for a server now
}

// Stats returns the counts.
func (r *Resolver) Stats() Stats {
	c := &r.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{c.hits, c.misses, c.order.Len(), r.running.Load()}
}

// Clear forgets every cached answer and returns how many there were.
func (r *Resolver) Clear() int {
	c := &r.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.order.Len()
	c.order.Init()
	clear(c.entries)
	return n
}
