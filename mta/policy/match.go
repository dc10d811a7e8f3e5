package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/runtime/pcre"
)

// matcher holds the patterns of one field (spec mta 8.2). Any of them may fit.
type matcher struct {
	field    Field
	exact    map[string]bool // values, ids of addresses, rollups and groupings
	suffixes map[string]bool // ".example.com" for *.example.com, any depth
	nets     []netip.Prefix
	patterns []*pcre.Regexp
	lists    []*matcher
}

// newMatcher compiles patterns. An unknown list matches nothing (spec mta 8.3).
func newMatcher(f Field, patterns []string, lists config.Lists) (*matcher, error) {
	m := &matcher{field: f, exact: map[string]bool{}}
	for _, p := range patterns {
		if err := m.add(p, lists); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *matcher) add(p string, lists config.Lists) error {
	switch {
	case len(p) > 1 && p[0] == '@':
		items, _ := lists.Find(m.field.String(), p[1:])
		sub, err := newMatcher(m.field, items, nil)
		if err != nil {
			return err
		}
		m.lists = append(m.lists, sub)
	case len(p) > 1 && p[0] == '/' && strings.LastIndexByte(p, '/') > 0 && !m.field.address():
		pattern, flags := pcre.Split(p)
		if m.field.domain() && !strings.Contains(flags, "i") {
			flags += "i"
		}
		re, err := pcre.Compile(pattern, flags)
		if err != nil {
			return fmt.Errorf("bad pattern '%s': %w", p, err)
		}
		m.patterns = append(m.patterns, re)
	case m.field.address() && strings.Contains(p, "/"):
		n, err := netip.ParsePrefix(p)
		if err != nil {
			return fmt.Errorf("bad network '%s'", p)
		}
		m.nets = append(m.nets, n.Masked())
	case m.field.address():
		if ip, err := netip.ParseAddr(p); err == nil {
			p = ip.Unmap().String()
		}
		m.exact[p] = true
	case m.field.domain() && strings.HasPrefix(p, "*."):
		if m.suffixes == nil {
			m.suffixes = map[string]bool{}
		}
		m.suffixes[strings.ToLower(p[1:])] = true
	default:
		m.exact[m.field.normal(p)] = true
	}
	return nil
}

// only reports whether exact values are all there is.
func (m *matcher) only() bool {
	return len(m.suffixes)+len(m.nets)+len(m.patterns)+len(m.lists) == 0
}

// match reports whether the value of the field fits.
func (m *matcher) match(v *view) bool {
	s := v.text(m.field)
	if m.exact[s] || v.roll[m.field] != "" && m.exact[v.roll[m.field]] {
		return true
	}
	if m.field == LocalIP && v.source.ID != "" && m.exact[v.source.ID] {
		return true
	}
	if len(m.suffixes) > 0 {
		for i := strings.IndexByte(s, '.'); i >= 0; {
			if m.suffixes[s[i:]] {
				return true
			}
			next := strings.IndexByte(s[i+1:], '.')
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	if len(m.nets) > 0 {
		if ip := v.ip(m.field).Unmap(); ip.IsValid() && slices.ContainsFunc(m.nets, func(n netip.Prefix) bool { return n.Contains(ip) }) {
			return true
		}
	}
	for _, re := range m.patterns {
		if ok, _ := re.Match(nil, s); ok {
			return true
		}
	}
	return slices.ContainsFunc(m.lists, func(l *matcher) bool { return l.match(v) })
}

// Match is a list of fields that must all fit, for settings that are chosen as
// policies are.
type Match struct{ m match }

// NewMatch compiles what configuration or an operator asks for.
func NewMatch(fs config.Match, lists config.Lists) (Match, error) {
	m, err := newMatch(fs, lists)
	return Match{m}, err
}

// Fits reports whether all fields fit.
func (m Match) Fits(f *Facts, s *Source) bool { return m.m.fits(&view{Facts: f, source: s}) }

// match is a list of fields that must all fit.
type match []*matcher

func newMatch(fs config.Match, lists config.Lists) (match, error) {
	var out match
	for _, x := range fs {
		f, ok := FieldOf(x.Field)
		if !ok {
			return nil, fmt.Errorf("unknown field '%s'", x.Field)
		}
		m, err := newMatcher(f, x.Patterns, lists)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (m match) fits(v *view) bool {
	for _, x := range m {
		if !x.match(v) {
			return false
		}
	}
	return true
}

// has reports whether a field is given.
func (m match) has(f Field) bool {
	return slices.ContainsFunc(m, func(x *matcher) bool { return x.field == f })
}

// index finds the entries that may fit without a look at all of them: by a field of
// which an entry gives exact values, else one after the other.
type index[T comparable] struct {
	exact [fields]map[string][]T
	rest  []T
}

// key returns the field to find an entry by.
func (m match) key() *matcher {
	var best *matcher
	for _, x := range m {
		if x.only() && (best == nil || len(x.exact) <= len(best.exact)) {
			best = x
		}
	}
	return best
}

func (ix *index[T]) add(m match, x T) {
	k := m.key()
	if k == nil {
		ix.rest = append(ix.rest, x)
		return
	}
	if ix.exact[k.field] == nil {
		ix.exact[k.field] = map[string][]T{}
	}
	for s := range k.exact {
		ix.exact[k.field][s] = append(ix.exact[k.field][s], x)
	}
}

func (ix *index[T]) remove(m match, x T) {
	without := func(l []T) []T { return slices.DeleteFunc(slices.Clone(l), func(y T) bool { return y == x }) }
	k := m.key()
	if k == nil {
		ix.rest = without(ix.rest)
		return
	}
	for s := range k.exact {
		if l := without(ix.exact[k.field][s]); len(l) > 0 {
			ix.exact[k.field][s] = l
		} else {
			delete(ix.exact[k.field], s)
		}
	}
}

// candidates appends what may fit to dst.
func (ix *index[T]) candidates(dst []T, v *view) []T {
	for f := range fields {
		l := ix.exact[f]
		if len(l) == 0 {
			continue
		}
		dst = append(dst, l[v.text(f)]...)
		if r := v.roll[f]; r != "" {
			dst = append(dst, l[r]...)
		}
		if f == LocalIP && v.source.ID != "" {
			dst = append(dst, l[v.source.ID]...)
		}
	}
	return append(dst, ix.rest...)
}
