package queue

// Stats counts units.
type Stats struct {
	Held, Deferred, Due, Working, Active, Sending, Updating int   // now
	SubQueues                                               int   // now
	Delivered, Bounced, Deleted, Retried, Dropped, Panics   int64 // since start
	Picks, Parks                                            int64 // turns of sub-queues, and those that ended parked
	PoolHits                                                int64 // units that went on at once on the connection of another
	Pool                                                    PoolStats
}

// Stats returns the counts.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	n := &q.inState
	s.Held, s.Deferred, s.Due, s.Working = n[Held], n[Deferred], n[Due], n[Working]
	s.Active, s.Sending, s.Updating, s.SubQueues = n[Active], n[Sending], n[Updating], len(q.subs)
	s.Pool = q.pool.counts()
	return s
}

// Usage is what the units of a quota amount to, from queueing to removal, in all
// states (spec mta 4.6).
type Usage struct {
	Count int
	Bytes int64
}

// quota is one name that units count for. Entries point to it.
type quota struct {
	name string
	Usage
}

// Quota returns the usage of a quota.
func (q *Queue) Quota(name string) Usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	if x := q.quotas[name]; x != nil {
		return x.Usage
	}
	return Usage{}
}

// charge counts a unit for its quotas.
func (q *Queue) charge(e *entry, names []string) {
	for _, name := range names {
		x := q.quotas[name]
		if x == nil {
			x = &quota{name: name}
			q.quotas[name] = x
		}
		x.Count++
		x.Bytes += e.size
		e.quotas = append(e.quotas, x)
	}
}

// discharge takes it off again.
func (q *Queue) discharge(e *entry) {
	for _, x := range e.quotas {
		x.Count--
		if x.Bytes -= e.size; x.Count == 0 {
			delete(q.quotas, x.name)
		}
	}
}
