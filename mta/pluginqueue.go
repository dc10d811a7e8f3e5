package mta

import (
	"reflect"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// pluginQueue implements plugin.Queue.
type pluginQueue struct{ s *Server }

// Suspend implements plugin.Queue.
func (q pluginQueue) Suspend(x policy.Suspension) (string, bool) {
	id, _, ok := q.s.suspend(x, true)
	return id, ok
}

// Resume implements plugin.Queue.
func (q pluginQueue) Resume(id string) bool {
	ok := q.s.policies.Resume(id)
	if ok {
		q.s.o.Logger.Info("suspension deleted", "event", "suspend", "action", "deleted", "id", id)
	}
	return ok
}

// AddCondition implements plugin.Queue.
func (q pluginQueue) AddCondition(x policy.Condition) (string, bool) {
	id, _, ok := q.s.condition(x, true)
	return id, ok
}

// ChangeCondition implements plugin.Queue.
func (q pluginQueue) ChangeCondition(id string, change func(*policy.Condition) bool) bool {
	x, ok := q.s.policies.Condition(id)
	if !ok || !change(&x) {
		return false
	}
	_, _, ok = q.s.condition(x, true)
	return ok
}

// DeleteCondition implements plugin.Queue.
func (q pluginQueue) DeleteCondition(id string) bool { return q.s.deleteCondition(id) }

// Divide implements plugin.Queue.
func (q pluginQueue) Divide(hosts int) {
	q.s.policies.Divide(hosts)
	q.s.o.Logger.Info("limits are divided", "event", "policy", "action", "divided", "hosts", hosts)
}

// AddList implements plugin.Queue.
func (q pluginQueue) AddList(field, name string) bool { return q.s.lists.Add(field, name) }

// AddItem implements plugin.Queue.
func (q pluginQueue) AddItem(field, name, item string) bool {
	return q.s.config().CheckItem(field, item) == nil && q.s.lists.AddItem(field, name, item)
}

// DeleteItem implements plugin.Queue.
func (q pluginQueue) DeleteItem(field, name, item string) bool {
	return q.s.lists.DeleteItem(field, name, item)
}

// ReloadLists implements plugin.Queue.
func (q pluginQueue) ReloadLists(field, name string) bool {
	ok := q.s.lists.Reload(field, name)
	if ok {
		q.s.relist()
	}
	return ok
}

// made returns the lists that plugins have made.
func (s *Server) made() config.Lists {
	if s.o.Beside != nil {
		return s.o.Beside.lists.InForce()
	}
	return s.lists.InForce()
}

// relist puts the lists of plugins in force, when they are others than those of the
// running state.
func (s *Server) relist() {
	s.loading.Lock()
	defer s.loading.Unlock()
	old := s.current()
	if old == nil { // the first state will have them
		return
	}
	c := old.config.WithLists(s.lists.InForce())
	if reflect.DeepEqual(c.App.Lists, old.config.App.Lists) {
		return
	}
	st := *old
	st.config = c
	var err error
	if st.settings, err = s.settings(c, old.settings.Resolver); err == nil {
		st.snapshot = s.snapshot(c, st.roots, old.snapshot.Set, st.settings)
		err = s.enforce(&st, old)
	}
	if err != nil {
		s.o.Logger.Error("the lists of plugins cannot be used", "event", "config", "action", "refused", "err", err)
		return
	}
	s.state.Store(&st)
	s.o.Logger.Info("lists of plugins", "event", "config", "action", "reloaded")
}

// config is the running configuration, or before there is one that which plugins start
// with.
func (s *Server) config() *config.Config {
	if st := s.current(); st != nil {
		return st.config
	}
	return s.early
}

// enforceEarly puts the policies in force that plugins find when they start.
func (s *Server) enforceEarly(c *config.Config) error {
	g, err := policy.NewGroupings(&c.App.Queues.Grouping, c.App.Lists)
	if err != nil {
		return err
	}
	return s.policies.Load(&policy.Config{Policies: c.Policies, Suspends: c.Suspends, Lists: c.App.Lists, Groupings: g})
}
