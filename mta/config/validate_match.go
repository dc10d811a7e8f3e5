package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pcre"
)

// rollups are the names that #NAME may use in a condition, by field; nil outside of
// policies.
type rollups map[string][]string

// Regexp compiles a pattern of a field that is written /regex/, in domain fields
// without regard to case; flags may follow. It returns nil without an error when the
// pattern is none. The error is a *pcre.SyntaxError.
func Regexp(field, pattern string) (*pcre.Regexp, error) {
	if field == "localip" || field == "remoteip" || len(pattern) < 2 || pattern[0] != '/' {
		return nil, nil
	}
	text, flags := pcre.Split(pattern)
	if text == pattern {
		return nil, nil
	}
	if isDomain(field) && !strings.Contains(flags, "i") {
		flags += "i"
	}
	return pcre.Compile(text, flags)
}

// ParseNetwork reads an IP address or a network such as 192.0.2.0/24; an address is
// the network of itself.
func ParseNetwork(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("got '%s', want an IP address or a network such as 192.0.2.0/24", text)
	}
	return p.Masked(), nil
}

// isDomain reports whether values of a field are compared as domains.
func isDomain(field string) bool {
	return field == "grouping" || field == "remotemx" || field == "recipientdomain"
}

// match checks a condition.
func (v *validator) match(file, path string, m Match, known rollups) {
	for _, f := range m {
		v.patterns(file, join(path, f.Field), f.Field, f.Patterns, known)
	}
}

// CheckMatch returns what is wrong with a condition that stands in no file: of a
// suspension, with fields of the policy that has these fields, in any order. What matches
// nothing is a warning, as in the files (spec mta 8.3).
func (c *Config) CheckMatch(m Match, fields []string) diag.List {
	v := &validator{c: c}
	var known rollups
	sorted := slices.Sorted(slices.Values(fields))
	for _, p := range c.Policies.Policies {
		if names := ids(p.Fields, func(f PolicyField) string { return f.Name }); len(fields) > 0 && slices.Equal(slices.Sorted(slices.Values(names)), sorted) {
			known = p.rollups()
			break
		}
	}
	v.match("", "if", m, known)
	return v.diags
}

// rollups returns the names of rollups by field.
func (p *Policy) rollups() rollups {
	out := rollups{}
	for _, f := range p.Fields {
		out[f.Name] = ids(f.Rollups, func(r Rollup) string { return r.Name })
	}
	return out
}

// patterns checks the patterns of a field.
func (v *validator) patterns(file, path, field string, list []string, known rollups) {
	_, isList := v.c.at[file][path+"[0]"]
	for i, p := range list {
		at := path
		if isList {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		name := ""
		if p != "" {
			name = p[1:]
		}
		switch {
		case strings.HasPrefix(p, "@"):
			if _, ok := v.c.App.Lists.Find(field, name); !ok {
				x := v.fault(file, at, "no list '%s' in lists.%s, nothing matches", name, field)
				x.Severity = diag.Warning
				v.suggest(x, name, ids(v.c.App.Lists[field], func(l ValueList) string { return l.ID }))
			}
		case strings.HasPrefix(p, "#"):
			if !slices.Contains(known[field], name) {
				x := v.fault(file, at, "no rollup '%s' of %s in this policy", name, field)
				if known == nil {
					x.Message = fmt.Sprintf("%s: got '%s', rollups are known in conditions of their own policy only", at, p)
				}
				v.suggest(x, name, known[field])
			}
		default:
			v.value(file, at, field, p)
		}
	}
}

// value checks a pattern that names no list and no rollup.
func (v *validator) value(file, path, field, p string) {
	re, err := Regexp(field, p)
	switch {
	case err != nil:
		v.fault(file, path, "the regular expression '%s' is wrong: %s", p, err)
	case re != nil:
	case field == "remoteip":
		if _, err := ParseNetwork(p); err != nil {
			v.fault(file, path, "%s", err)
		}
	case field == "localip":
		if _, err := ParseNetwork(p); err != nil && v.c.address(p) < 0 {
			x := v.fault(file, path, "got '%s', want an IP address, a network or an id of addresses", p)
			v.suggest(x, p, ids(v.c.App.Addresses, func(a Address) string { return a.ID }))
		}
	case field == "grouping" && strings.HasPrefix(p, "&"):
		names := ids(v.c.App.Queues.Grouping.Groupings, func(g GroupingRule) string { return g.ID })
		if !slices.Contains(names, p[1:]) {
			x := v.fault(file, path, "no grouping '%s' in queues.grouping.groupings, nothing matches", p[1:])
			x.Severity = diag.Warning
			v.suggest(x, p[1:], names)
		}
	case isDomain(field) && (strings.Contains(strings.TrimPrefix(p, "*."), "*") || strings.ContainsAny(p, "/ ")):
		v.fault(file, path, "got '%s', want a domain, *.domain or /regex/", p)
	}
}

// suggest adds the nearest of names as a hint.
func (v *validator) suggest(x *diag.Diagnostic, name string, names []string) {
	if s := sig.Suggest(name, slices.Values(names)); s != "" {
		x.Hint = "did you mean '" + s + "'?"
	}
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = id(x)
	}
	return out
}

// lists checks the lists that patterns refer to.
func (v *validator) lists() {
	for _, field := range slices.Sorted(maps.Keys(v.c.App.Lists)) {
		seen := map[string]bool{}
		for i, l := range v.c.App.Lists[field] {
			path := fmt.Sprintf("lists.%s[%d]", field, i)
			v.id(AppFile, path, l.ID, seen)
			for j, p := range l.Items {
				v.item(fmt.Sprintf("%s.items[%d]", path, j), field, p)
			}
		}
	}
}

func (v *validator) item(at, field, p string) {
	if strings.HasPrefix(p, "@") || strings.HasPrefix(p, "#") {
		v.fault(AppFile, at, "got '%s', a list holds no other lists", p)
		return
	}
	v.value(AppFile, at, field, p)
}
