package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
)

// Condition is a dynamic condition (spec mta 8.5).
type Condition struct {
	ID, Type string // type: dynamic, backoff or warmup
	Fields   []Field
	If       config.Match
	Then     config.PolicyAction
	TTL      time.Duration // 0: until it is removed
	Created  time.Time     // or changed

	key    string // of what it asks for
	weight int
	seq    uint64
	rule   *rule
	when   match
	merged map[*action]*action
	ending ending
}

// Left returns the time that is left of the ttl, 0 for ever.
func (d *Condition) Left() time.Duration { return d.ending.left() }

// over returns an action of the file with the keys that the condition gives.
func (d *Condition) over(a *action) *action {
	x := d.merged[a]
	if x == nil {
		algorithm := d.rule.algorithm
		switch {
		case a == none:
		case a.TokenBucket:
			algorithm = "tokenbucket"
		default:
			algorithm = "fixedwindow"
		}
		x = a.with(&d.Then, algorithm, a.from)
		x.dynamic = d
		d.merged[a] = x
	}
	return x
}

// sameFields reports whether two lists have the same fields in any order.
func sameFields(a, b []Field) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// key writes what a condition or suspension asks for, the same for equal ones.
func key(fields []Field, m config.Match) string {
	list := []string{fmt.Sprint(slices.Sorted(slices.Values(fields)))}
	for _, x := range m {
		list = append(list, fmt.Sprintf("%s %q", x.Field, slices.Sorted(slices.Values(x.Patterns))))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// AddCondition adds a condition, or with update changes the one of the same id, or of
// the same fields and values. Without update that one stays as it is. It returns the id
// of the condition in force and whether it is new. The error says what is wrong with
// it; one without a policy of the same fields is refused.
func (e *Engine) AddCondition(d Condition, update bool) (id string, added bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.key = key(d.Fields, d.If)
	old := e.conditions[d.ID]
	if old == nil {
		if old = e.alike[d.key]; old != nil {
			d.ID = old.ID
		}
	}
	if old != nil && !update {
		return old.ID, false, nil
	}
	d.Created = time.Now()
	if err := e.addCondition(&d, old); err != nil {
		return "", false, err
	}
	return d.ID, old == nil, nil
}

// addCondition puts a condition in force, in place of an old one unless that is nil.
func (e *Engine) addCondition(d, old *Condition) error {
	d.weight = weigh(d.If, d.Then.Properties, d.ID, d.Type, d.Then.Tag)
	instead := 0
	if old != nil {
		instead = old.weight
	}
	if err := e.fits(d.weight, instead); err != nil {
		return err
	}
	d.ending.index = -1
	d.ending.expire = func() { e.dropCondition(d) }
	if err := e.bind(d); err != nil {
		return err
	}
	if old != nil {
		e.unbind(old)
	}
	e.conditions[d.ID], e.alike[d.key] = d, d
	e.endAt(&d.ending, d.TTL)
	e.weight += d.weight
	e.changed()
	e.kick(d.rule)
	return nil
}

// bind makes a condition part of the policy with the same fields.
func (e *Engine) bind(d *Condition) error {
	i := slices.IndexFunc(e.rules, func(r *rule) bool { return sameFields(r.fields, d.Fields) })
	if i < 0 {
		return fmt.Errorf("no policy has the fields %s", join(d.Fields))
	}
	m, err := e.rules[i].match(d.If, e.config)
	if err != nil {
		return err
	}
	e.seq++
	d.rule, d.when, d.merged, d.seq = e.rules[i], m, map[*action]*action{}, e.seq
	d.rule.dynamics.add(m, d)
	return nil
}

func (e *Engine) unbind(d *Condition) {
	d.rule.dynamics.remove(d.when, d)
	e.forget(d)
}

func (e *Engine) forget(d *Condition) {
	delete(e.conditions, d.ID)
	if e.alike[d.key] == d {
		delete(e.alike, d.key)
	}
	e.endAt(&d.ending, 0)
	e.weight -= d.weight
}

// rebind moves a condition to the policies of another configuration; without one for
// it, it is gone.
func (e *Engine) rebind(d *Condition) {
	if e.bind(d) != nil {
		e.forget(d)
	}
}

func join(fs []Field) string {
	var list []string
	for _, f := range fs {
		list = append(list, f.String())
	}
	return strings.Join(list, ", ")
}

// DeleteCondition removes a condition and reports whether it was there.
func (e *Engine) DeleteCondition(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.conditions[id]
	if d == nil {
		return false
	}
	e.dropCondition(d)
	return true
}

func (e *Engine) dropCondition(d *Condition) {
	r := d.rule
	e.unbind(d)
	e.changed()
	e.kick(r)
}

// kick lets everybody who waits for a policy go by its new limits.
func (e *Engine) kick(r *rule) {
	now := time.Now()
	for _, c := range r.counters {
		if len(c.queues) == 0 {
			continue
		}
		for _, q := range c.queues {
			q.a = r.again(c, q.head())
		}
		e.pass(c, now)
	}
}

// again returns the action that applies to a waiter of a counter now.
func (r *rule) again(c *counter, w *Waiter) *action {
	source := &w.Sources[0]
	if i := slices.Index(r.fields, LocalIP); i >= 0 {
		for k := range w.Sources {
			x := r.view(&view{Facts: &w.Facts, source: &w.Sources[k]})
			if x.counted(LocalIP) == c.values[i] {
				source = &w.Sources[k]
				break
			}
		}
	}
	x := r.view(&view{Facts: &w.Facts, source: source})
	return r.action(&x)
}
