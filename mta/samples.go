package mta

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/control"
)

// Stats implements control.Host: the counter tree (spec mta 14).
func (h controlHost) Stats() []control.Sample {
	s := h.s
	q, p := s.queue.Stats(), s.policies.Stats()
	c := s.current()
	r := c.settings.Resolver.Stats()
	out := []control.Sample{
		control.Gauge("process.pid", os.Getpid()),
		control.Gauge("process.runtime", float64(s.started.Unix())),
		control.Gauge("process.elapsed", float64(time.Since(s.started).Milliseconds())/1000),
	}
	for _, x := range c.config.Smtpd.Servers {
		out = append(out, control.Gauge("servers.connections", s.servers[x.ID].Connections(nil)).Of(x.ID, "servers"))
	}
	for id, u := range s.queue.Quotas() {
		out = append(out, control.Gauge("queue.quota.count", u.Count).Of(id, "queue.quota"), control.Gauge("queue.quota.bytes", u.Bytes).Of(id, "queue.quota"))
	}
	out = append(out,
		control.Gauge("queue.active.priority0", q.Active-q.First),
		control.Gauge("queue.active.priority1", q.First),
		control.Gauge("queue.defer", q.Deferred),
		control.Gauge("queue.hold", q.Held),
		control.Gauge("queue.update", q.Updating),
		control.Gauge("queue.working", q.Due+q.Working),
		control.Gauge("queue.sending", q.Sending),
		control.Gauge("queue.quota.size", q.Quotas),
		control.Counter("queue.pickup.total", q.Picks),
		control.Counter("queue.pickup.misses", q.Parks),
		control.Gauge("queue.pickup.pending", q.Turns),
		control.Gauge("queue.pickup.queues", q.SubQueues),
		control.Counter("queue.policy.concurrency.suspends", p.ConcurrencyWaits),
		control.Gauge("queue.policy.concurrency.counters", p.Counters),
		control.Counter("queue.policy.rate.suspends", p.RateWaits),
		control.Gauge("queue.policy.rate.buckets", p.Buckets),
		control.Counter("queue.policy.connectinterval.suspends", p.IntervalWaits),
		control.Gauge("queue.policy.dynamic.suspends", p.Dynamic),
		control.Gauge("queue.policy.dynamic.conditions", p.Conditions),
		control.Gauge("queue.connections.concurrency", q.Sending),
		control.Gauge("queue.connections.max", c.config.App.Queues.Connections.Max),
		control.Gauge("queue.pooling.size", q.Pool.Size),
		control.Counter("queue.pooling.hits", q.Pool.Hits+q.PoolHits),
		control.Counter("queue.pooling.misses", q.Pool.Misses),
		control.Counter("queue.pooling.expires", q.Pool.Expired),
		control.Counter("queue.pooling.evicts", q.Pool.Evicted),
		control.Counter("queue.pooling.skips", q.Pool.Skip),
		control.Counter("queue.delivery.delivered", q.Delivered),
		control.Counter("queue.delivery.delayed", q.Retried),
		control.Counter("queue.delivery.failed", q.Bounced),
		control.Counter("resolver.cache.hits", r.Hits),
		control.Counter("resolver.cache.misses", r.Misses),
		control.Gauge("resolver.cache.size", r.Size),
		control.Gauge("resolver.cache.running", r.Running),
	)
	out = append(out, s.pools.samples()...)
	slices.SortStableFunc(out, func(a, b control.Sample) int { return strings.Compare(a.Name, b.Name) })
	return out
}
