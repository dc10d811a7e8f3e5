package queue

import "slices"

// Stats counts units.
type Stats struct {
	Held, Deferred, Due, Working, Active, Sending, Updating int   // now
	SubQueues, Turns                                        int   // now: sub-queues, and those that stand in line
	First                                                   int   // now: active units of priority 1
	Quotas                                                  int   // now: names that units count for
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
	for _, x := range q.subs {
		if x.turn {
			s.Turns++
		}
		if x.Priority > 0 {
			s.First += x.live
		}
	}
	s.Quotas = len(q.quotas)
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

// Quotas returns the usage of every quota that units count for, by name.
func (q *Queue) Quotas() map[string]Usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make(map[string]Usage, len(q.quotas))
	for name, x := range q.quotas {
		out[name] = x.Usage
	}
	return out
}

// charge counts a unit for its quotas.
func (q *Queue) charge(e *entry, names []string) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue // a unit counts 1
		}
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
