package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/config"
)

// rule is one policy: what its counters are told by, and its conditions.
type rule struct {
	index  int // in the file
	id     string
	fields []Field
	shape  string // fields and rollups: counters live on while it stays the same

	algorithm string // of rates that do not name one
	hosts     int    // that share its limits; 0: one

	rollups [fields][]rollup
	static  index[*condition]
	normal  *action // where no condition fits

	dynamics index[*Condition]
	counters map[string]*counter
}

type rollup struct {
	name string // with #, in lower case for domains
	m    *matcher
}

// condition is one of the file.
type condition struct {
	at          int
	when        match
	then, other *action
}

// newRule compiles a policy of the file.
func newRule(i int, p *config.Policy, c *Config) (*rule, error) {
	r := &rule{index: i, id: p.ID, algorithm: c.Policies.Rate.Algorithm, counters: map[string]*counter{}}
	var shape strings.Builder
	for _, pf := range p.Fields {
		f, ok := FieldOf(pf.Name)
		if !ok {
			return nil, fmt.Errorf("policies[%d]: unknown field '%s'", i, pf.Name)
		}
		r.fields = append(r.fields, f)
		fmt.Fprintf(&shape, "%s %q\n", f, pf.Rollups)
		for _, ru := range pf.Rollups {
			m, err := newMatcher(f, ru.Patterns, c.Lists)
			if err != nil {
				return nil, fmt.Errorf("policies[%d]: %w", i, err)
			}
			r.rollups[f] = append(r.rollups[f], rollup{f.normal("#" + ru.Name), m})
		}
	}
	r.shape = shape.String()
	from := func(format string, args ...any) string {
		return fmt.Sprintf("policies[%d].", i) + fmt.Sprintf(format, args...)
	}
	r.normal = newAction(p.Default, r.algorithm, from("default"))
	for k, x := range p.Conditions {
		m, err := r.match(x.If, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", from("conditions[%d]", k), err)
		}
		y := &condition{at: k, when: m, then: newAction(x.Then, r.algorithm, from("conditions[%d].then", k))}
		if x.Else == nil {
			r.static.add(m, y)
			continue
		}
		y.other = newAction(x.Else, r.algorithm, from("conditions[%d].else", k))
		r.static.rest = append(r.static.rest, y) // it counts for those that do not fit
	}
	return r, nil
}

// match compiles what a condition of the policy asks for. Where a value of it is a
// member of a rollup or a grouping, it stands for all of that (spec mta 8.4).
func (r *rule) match(fs config.Match, c *Config) (match, error) {
	m, err := newMatch(fs, c.Lists)
	if err != nil {
		return nil, err
	}
	for _, x := range m {
		if !slices.Contains(r.fields, x.field) {
			return nil, fmt.Errorf("the policy has no field '%s'", x.field)
		}
		for s := range x.exact {
			if whole := r.whole(x.field, s, c); whole != "" {
				x.exact[x.field.normal(whole)] = true
			}
		}
	}
	return m, nil
}

// whole returns what a value is a member of, "" for none.
func (r *rule) whole(f Field, s string, c *Config) string {
	v := sample(f, s)
	for _, ru := range r.rollups[f] {
		if ru.m.match(v) {
			return ru.name
		}
	}
	if f == Grouping {
		if g := c.Groupings.find(RemoteMX, s); g != "" {
			return g
		}
		return c.Groupings.find(RecipientDomain, s)
	}
	return ""
}

// view completes a view with the rollups of the policy.
func (r *rule) view(v *view) view {
	x := *v
	for _, f := range r.fields {
		for _, ru := range r.rollups[f] {
			if ru.m.match(v) {
				x.roll[f] = ru.name
				break
			}
		}
	}
	return x
}

// action returns what applies to a view that has the rollups of the policy.
func (r *rule) action(v *view) *action {
	a := r.fixed(v)
	if d := r.dynamic(v); d != nil {
		a = d.over(a)
	}
	return a.by(r.hosts)
}

// fixed returns the action of the file: the first condition that fits.
func (r *rule) fixed(v *view) *action {
	var room [8]*condition
	found := r.static.candidates(room[:0], v)
	slices.SortFunc(found, func(a, b *condition) int { return a.at - b.at })
	for _, c := range found {
		if c.when.fits(v) {
			return c.then
		}
		if c.other != nil {
			return c.other
		}
	}
	return r.normal
}

// dynamic returns the condition in force: the most specific one, then the newest.
func (r *rule) dynamic(v *view) *Condition {
	var room [8]*Condition
	var best *Condition
	for _, d := range r.dynamics.candidates(room[:0], v) {
		if d.when.fits(v) && (best == nil || len(d.when) > len(best.when) || len(d.when) == len(best.when) && d.seq > best.seq) {
			best = d
		}
	}
	return best
}

// counter returns the counter of a view, made when it is new.
func (r *rule) counter(v *view) *counter {
	var b strings.Builder
	for _, f := range r.fields {
		b.WriteString(v.counted(f))
		b.WriteByte(0)
	}
	c := r.counters[b.String()]
	if c == nil {
		c = &counter{rule: r, key: b.String(), clock: -1}
		for _, f := range r.fields {
			c.values = append(c.values, v.counted(f))
		}
		r.counters[c.key] = c
	}
	return c
}

// sample is a view with one value, to ask matchers about it.
func sample(f Field, s string) *view {
	v := &view{Facts: &Facts{}, source: &Source{ID: s}}
	switch f {
	case TenantID:
		v.TenantID = s
	case JobID:
		v.JobID = s
	case TransportID:
		v.TransportID = s
	case Grouping:
		v.Grouping = s
	case RemoteMX:
		v.RemoteMX = s
	case RecipientDomain:
		v.RecipientDomain = s
	default:
		if ip, ok := parseIP(s); ok {
			v.RemoteIP, v.source = ip, &Source{IP: ip}
		}
	}
	return v
}
