package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/diag"
)

// maxTag bounds tags (spec mta 8.1).
const maxTag = 32

func (v *validator) policies() {
	v.algorithm("rate.algorithm", v.c.Policies.Rate.Algorithm)
	seen, counters := map[string]bool{}, map[string]int{}
	for i := range v.c.Policies.Policies {
		p := &v.c.Policies.Policies[i]
		path := fmt.Sprintf("policies[%d]", i)
		if p.ID != "" {
			v.id(PolicyFile, path, p.ID, seen)
		}
		known := v.fields(path, p)
		key := p.counter()
		if first, twice := counters[key]; twice {
			v.fault(PolicyFile, path, "the policy has the same fields and rollups as policies[%d]", first).Severity = diag.Warning
		} else {
			counters[key] = i
		}
		v.conditions(path, p, known)
		v.action(path+".default", p.Default)
	}
}

// fields checks the fields of a policy and returns its rollups.
func (v *validator) fields(path string, p *Policy) rollups {
	known := rollups{}
	for i, f := range p.Fields {
		at := fmt.Sprintf("%s.fields[%d]", path, i)
		if !slices.Contains(Fields, f.Name) {
			x := v.fault(PolicyFile, at, "unknown field '%s', want %s", f.Name, oneOf(Fields))
			v.suggest(x, f.Name, Fields)
			continue
		}
		if _, twice := known[f.Name]; twice {
			v.fault(PolicyFile, at, "field '%s' is given twice", f.Name)
			continue
		}
		known[f.Name] = ids(f.Rollups, func(r Rollup) string { return r.Name })
		for _, r := range f.Rollups {
			v.patterns(PolicyFile, join(join(at, f.Name), r.Name), f.Name, r.Patterns, nil)
		}
	}
	return known
}

func (v *validator) conditions(path string, p *Policy, known rollups) {
	final := -1
	for i, c := range p.Conditions {
		at := fmt.Sprintf("%s.conditions[%d]", path, i)
		v.given(PolicyFile, at, "if")
		v.given(PolicyFile, at, "then")
		for _, f := range c.If {
			if _, ok := known[f.Field]; !ok {
				names := ids(p.Fields, func(f PolicyField) string { return f.Name })
				x := v.fault(PolicyFile, join(at+".if", f.Field), "the policy has no field '%s'", f.Field)
				if x.Hint = "add it to the fields of the policy"; len(names) > 0 {
					x.Hint = "its fields are " + strings.Join(names, ", ")
				}
				continue
			}
			v.patterns(PolicyFile, join(at+".if", f.Field), f.Field, f.Patterns, known)
		}
		if final >= 0 {
			v.fault(PolicyFile, at, "the condition is never reached: conditions[%d] has else", final).Severity = diag.Warning
		} else if c.Else != nil {
			final = i
		}
		v.action(at+".then", c.Then)
		v.action(at+".else", c.Else)
	}
}

// given checks that a key stands in an entry of a list.
func (v *validator) given(file, path, key string) {
	if _, ok := v.c.at[file][join(path, key)]; !ok {
		v.fault(file, join(path, key), "the key is missing")
	}
}

func (v *validator) action(path string, a *PolicyAction) {
	if a != nil {
		v.tag(PolicyFile, path, a.Tag)
		v.algorithm(path+".algorithm", a.Algorithm)
	}
}

func (v *validator) tag(file, path, tag string) {
	if len(tag) > maxTag {
		v.fault(file, path+".tag", "the tag has %d bytes, want %d at most", len(tag), maxTag)
	}
}

func (v *validator) algorithm(path, name string) {
	if name != "" && !slices.Contains(Algorithms, name) {
		x := v.fault(PolicyFile, path, "got '%s', want %s", name, oneOf(Algorithms))
		v.suggest(x, name, Algorithms)
	}
}

// counter is equal for policies that count alike: the same fields in any order, each
// with the same rollups.
func (p *Policy) counter() string {
	list := ids(p.Fields, func(f PolicyField) string { return fmt.Sprintf("%q", f) })
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func (v *validator) suspends() {
	for i, s := range v.c.Suspends.Suspends {
		path := fmt.Sprintf("suspends[%d]", i)
		v.match(SuspendFile, path, s.If, nil)
		v.tag(SuspendFile, path, s.Tag)
	}
}

func (v *validator) delivery() {
	d := &v.c.Delivery.Delivery
	for i := range d.Conditions {
		path := fmt.Sprintf("delivery.conditions[%d]", i)
		v.given(DeliveryFile, path, "if")
		v.given(DeliveryFile, path, "then")
		v.match(DeliveryFile, path+".if", d.Conditions[i].If, nil)
		v.deliverySettings(path+".then", &d.Conditions[i].Then)
	}
	v.deliverySettings("delivery.default", &d.Default)
}

func (v *validator) deliverySettings(path string, s *DeliverySettings) {
	if m := s.TLS.Mode; m != "" && !slices.Contains(DeliveryTLSModes, m) {
		x := v.fault(DeliveryFile, path+".tls.mode", "got '%s', want %s", m, oneOf(DeliveryTLSModes))
		if slices.Contains(TLSModes, m) {
			x.Hint = "this mode is one of transports and of Try"
		} else {
			v.suggest(x, m, DeliveryTLSModes)
		}
	}
	v.encryption(DeliveryFile, path+".tls", s.TLS.Protocols, s.TLS.Ciphers)
	if n := s.Pooling.Transactions; n != nil && *n < 1 {
		v.fault(DeliveryFile, path+".pooling.transactions", "got %d, want 1 or more", *n)
	}
	v.states(DeliveryFile, path+".timeout.smtp", s.Timeout.SMTP)
	v.intervals(DeliveryFile, path+".retry", s.Retry.Intervals)
}
