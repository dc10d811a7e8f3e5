package mta

import (
	"net"
	"net/netip"
	"reflect"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	scriptqueue "github.com/hawser-mta/hawser/mta/script/queue"
)

// enforce puts the policies of a state in force, when they are others than before.
func (s *Server) enforce(now, old *state) error {
	c := now.config
	if old != nil && reflect.DeepEqual([]any{c.Policies, c.Suspends, c.App.Lists, c.App.Queues.Grouping},
		[]any{old.config.Policies, old.config.Suspends, old.config.App.Lists, old.config.App.Queues.Grouping}) {
		return nil
	}
	return s.policies.Load(&policy.Config{
		Policies: c.Policies, Suspends: c.Suspends, Lists: c.App.Lists, Groupings: now.settings.Groupings,
	})
}

// scriptQueue implements scriptqueue.Server: what scripts can say to the queue.
type scriptQueue struct{ s *Server }

// Suspend implements scriptqueue.Server.
func (q scriptQueue) Suspend(x scriptqueue.Suspension) (id string, added, ok bool) {
	return q.s.suspend(policy.Suspension{ID: x.ID, Tag: x.Tag, If: conditions(x.Match), Properties: x.Properties, TTL: x.TTL}, x.Update)
}

// suspend adds a suspension, or renews one with update; ok is false when something is
// wrong with it.
func (s *Server) suspend(x policy.Suspension, update bool) (id string, added, ok bool) {
	if !s.sound(x.If, nil) {
		return "", false, false
	}
	if x.ID == "" {
		x.ID = uuid.NewString()
	}
	id, added, err := s.policies.Suspend(x, update)
	if err != nil {
		return "", false, false
	}
	if added {
		s.o.Logger.Info("suspended", "event", "suspend", "action", "added", "id", id, "fields", x.If, "tag", x.Tag, "ttl", x.TTL.Seconds())
	}
	return id, added, true
}

// Policy implements scriptqueue.Server.
func (q scriptQueue) Policy(x scriptqueue.Policy) (id string, added, ok bool) {
	d := policy.Condition{ID: x.ID, Type: x.Type, If: conditions(x.If), TTL: x.TTL, Then: config.PolicyAction{
		Concurrency: x.Concurrency, ConnectInterval: x.ConnectInterval, Tag: x.Tag, Properties: x.Properties,
	}}
	for _, name := range x.Fields {
		f, known := policy.FieldOf(name)
		if !known {
			return "", false, false
		}
		d.Fields = append(d.Fields, f)
	}
	if x.Rate != nil {
		d.Then.Rate, d.Then.Algorithm = &config.Rate{Count: x.Rate.Count, Interval: x.Rate.Interval}, x.Rate.Algorithm
	}
	if x.Stop {
		d.Then.Stop = &x.Stop
	}
	if !x.Cluster {
		d.Then.Cluster = &x.Cluster
	}
	return q.s.condition(d, x.Update)
}

// condition adds a dynamic condition, or changes one with update; ok is false when
// something is wrong with it.
func (s *Server) condition(d policy.Condition, update bool) (id string, added, ok bool) {
	var fields []string
	for _, f := range d.Fields {
		fields = append(fields, f.String())
	}
	if !s.sound(d.If, fields) {
		return "", false, false
	}
	if d.ID == "" {
		d.ID = uuid.NewString()
	}
	id, added, err := s.policies.AddCondition(d, update)
	if err != nil {
		return "", false, false
	}
	if added {
		s.o.Logger.Info("condition added", "event", "policy", "action", "added", "id", id, "type", d.Type, "fields", fields, "if", d.If, "tag", d.Then.Tag, "ttl", d.TTL.Seconds())
	}
	return id, added, true
}

// sound reports whether all patterns of a condition can match; one that matches nothing
// as the files are now is logged.
func (s *Server) sound(m config.Match, fields []string) bool {
	for _, d := range s.config().CheckMatch(m, fields) {
		if d.Severity == diag.Error {
			return false
		}
		s.o.Logger.Warn("a pattern matches nothing", "event", "policy", "err", d.Message)
	}
	return true
}

// DeletePolicy implements scriptqueue.Server.
func (q scriptQueue) DeletePolicy(id string) bool { return q.s.deleteCondition(id) }

func (s *Server) deleteCondition(id string) bool {
	ok := s.policies.DeleteCondition(id)
	if ok {
		s.o.Logger.Info("condition deleted", "event", "policy", "action", "deleted", "id", id)
	}
	return ok
}

// Quota implements scriptqueue.Server.
func (q scriptQueue) Quota(name string) (count, bytes int64) {
	if q.s.queue == nil {
		return 0, 0
	}
	u := q.s.queue.Quota(name)
	return int64(u.Count), u.Bytes
}

func conditions(list []scriptqueue.Match) config.Match {
	var out config.Match
	for _, m := range list {
		out = append(out, config.FieldMatch{Field: m.Field, Patterns: []string{m.Pattern}})
	}
	return out
}

// self reports whether this server listens at an address and port.
func (s *Server) self(ip netip.Addr, port int) bool {
	for _, a := range s.bound {
		if int(a.Port()) != port {
			continue
		}
		if a.Addr().Unmap() == ip.Unmap() || a.Addr().IsUnspecified() && s.own[ip.Unmap()] {
			return true
		}
	}
	return false
}

// ownAddresses returns the addresses of the host.
func ownAddresses() map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	list, _ := net.InterfaceAddrs() // without them only what is bound explicitly counts
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out[p.Addr().Unmap()] = true
		}
	}
	return out
}
