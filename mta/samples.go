package mta

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/control"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// Stats implements control.Host: the counter tree (spec mta 14).
func (h controlHost) Stats() []control.Sample {
	s := h.s
	q, p, paths := s.queue.Stats(), s.policies.Stats(), s.spool.Status()
	c := s.current()
	r := c.settings.Resolver.Stats()
	out := []control.Sample{
		control.Gauge("process.pid", os.Getpid()),
		control.Gauge("process.runtime", float64(s.started.Unix())),
		control.Gauge("process.elapsed", float64(time.Since(s.started).Milliseconds())/1000),
		control.Gauge("monitor.ready", 1), // nobody can ask before
		control.Gauge("monitor.healthy", flag(s.accepting.Err() == nil && s.spool.Ready() == nil)),
		control.Counter("resolver.cache.hits", r.Hits),
		control.Counter("resolver.cache.misses", r.Misses),
		control.Gauge("resolver.cache.size", r.Size),
		control.Gauge("resolver.cache.running", r.Running),
	}
	for _, x := range c.config.Smtpd.Servers {
		out = append(out, control.Gauge("servers.connections", s.servers[x.ID].Connections(nil)).Of(x.ID, "servers"))
	}
	for id, u := range s.queue.Quotas() {
		out = append(out, control.Gauge("queue.quota.count", u.Count).Of(id, "queue.quota"), control.Gauge("queue.quota.bytes", u.Bytes).Of(id, "queue.quota"))
	}
	counts := s.scripts(c)
	out = append(out, scriptSamples(counts, q.Due)...)
	out = append(out, queueSamples(&q, &p, c.config.App.Queues.Connections.Max)...)
	out = append(out, loaderSamples(paths, s.loaded.Load(), c.config.Smtpd.Spool.Loader.Threads)...)
	out = append(out, s.pools.samples()...)
	slices.SortStableFunc(out, func(a, b control.Sample) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// scripts returns the counts of every hook that has a script now or had one.
func (s *Server) scripts(c *state) []hook.Count {
	out := s.hooks.Counts()
	add := func(server string, p hook.Phase) {
		if !slices.ContainsFunc(out, func(x hook.Count) bool { return x.Server == server && x.Phase == p }) {
			out = append(out, hook.Count{Server: server, Phase: p})
		}
	}
	for server, b := range c.snapshot.Hooks {
		for p, id := range b.IDs {
			if id != "" || p == hook.RcptTo && len(b.Domains) > 0 {
				add(server, p)
			}
		}
	}
	for _, p := range []hook.Phase{hook.PreDelivery, hook.PostDelivery} {
		if c.snapshot.Set.Image("queue/"+string(p)) != nil {
			add("", p)
		}
	}
	return out
}

// scriptSamples are those of hooks: of a server, or of the queue. Those that wait for a
// place in their pool are pending, and predelivery as many more times as units are due.
func scriptSamples(list []hook.Count, due int) (out []control.Sample) {
	for _, x := range list {
		tree, pending := "servers.scripts", x.Pending
		if x.Server == "" {
			tree = "queue.scripts"
		}
		if x.Phase == hook.PreDelivery {
			pending += int64(due)
		}
		for _, v := range []control.Sample{
			control.Gauge(tree+".running", x.Running), control.Counter(tree+".finished", x.Finished),
			control.Gauge(tree+".pending", pending), control.Counter(tree+".errors", x.Errors),
		} {
			v = v.With("hook", string(x.Phase), tree)
			if x.Server != "" {
				v = v.Of(x.Server, "servers")
			}
			out = append(out, v)
		}
	}
	return out
}

func queueSamples(q *queue.Stats, p *policy.Stats, connections int) []control.Sample {
	return []control.Sample{
		control.Gauge("queue.active.priority0", q.Active-q.First),
		control.Gauge("queue.active.priority1", q.First),
		control.Gauge("queue.defer", q.Deferred),
		control.Gauge("queue.hold", q.Held),
		control.Gauge("queue.update", q.Updating),
		control.Gauge("queue.working", q.Due+q.Working),
		control.Gauge("queue.sending", q.Sending),
		control.Gauge("queue.quota.size", q.Quotas),
		control.Counter("queue.pickup.total", q.Picks),
		control.Counter("queue.pickup.skips", p.Suspend),
		control.Counter("queue.pickup.misses", q.Parks),
		control.Gauge("queue.pickup.pending", q.Turns),
		control.Counter("queue.pickup.evals", p.Evals),
		control.Gauge("queue.pickup.queues", q.SubQueues),
		control.Gauge("queue.policy.concurrency.suspends", p.ConcurrencyFull),
		control.Counter("queue.policy.concurrency.waits", p.ConcurrencyWaits),
		control.Gauge("queue.policy.concurrency.counters", p.Counters),
		control.Gauge("queue.policy.rate.suspends", p.RateFull),
		control.Counter("queue.policy.rate.waits", p.RateWaits),
		control.Gauge("queue.policy.rate.buckets", p.Buckets),
		control.Gauge("queue.policy.connectinterval.suspends", p.IntervalFull),
		control.Counter("queue.policy.connectinterval.waits", p.IntervalWaits),
		control.Gauge("queue.policy.dynamic.suspends", p.Dynamic),
		control.Gauge("queue.policy.dynamic.conditions", p.Conditions),
		control.Gauge("queue.connections.concurrency", q.Sending),
		control.Gauge("queue.connections.max", connections),
		control.Gauge("queue.pooling.size", q.Pool.Size),
		control.Counter("queue.pooling.hits", q.Pool.Hits+q.PoolHits),
		control.Counter("queue.pooling.misses", q.Pool.Misses),
		control.Counter("queue.pooling.expires", q.Pool.Expired),
		control.Counter("queue.pooling.evicts", q.Pool.Evicted),
		control.Counter("queue.pooling.skips", q.Pool.Skip),
		control.Counter("queue.delivery.delivered", q.Delivered),
		control.Counter("queue.delivery.delayed", q.Retried),
		control.Counter("queue.delivery.failed", q.Bounced),
	}
}

// loaderSamples are those of the readers of the spool.
func loaderSamples(paths []spool.Status, loaded int64, threads int) []control.Sample {
	var readers, unread int64
	for _, x := range paths {
		readers, unread = readers+x.Readers, unread+x.Unread
	}
	return append(threadSamples("loader", readers, unread, threads*len(paths)),
		control.Counter("queue.loader.count", loaded),
		control.Gauge("queue.loader.pending", unread),
		control.Gauge("queue.loader.active", readers))
}

// threadSamples are those of one pool; size 0 is no bound.
func threadSamples(id string, running, pending int64, size int) []control.Sample {
	return []control.Sample{
		control.Gauge("threads.running", running).Of(id, "threads"), control.Gauge("threads.pending", pending).Of(id, "threads"),
		control.Gauge("threads.size", size).Of(id, "threads"),
	}
}
