package plugin

import (
	"maps"
	"slices"
	"sync"

	"github.com/hawser-mta/hawser/mta/config"
)

// Lists are those that plugins have made: as they want them, and as they are in force.
type Lists struct {
	mu            sync.Mutex
	want, inForce map[listKey][]string // items; never changed, only replaced
}

type listKey struct{ field, name string }

// Add makes an empty list. That there is one already is no fault.
func (l *Lists) Add(field, name string) bool {
	if name == "" || !slices.Contains(config.Fields, field) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.want == nil {
		l.want, l.inForce = map[listKey][]string{}, map[listKey][]string{}
	}
	k := listKey{field, name}
	if _, ok := l.want[k]; !ok {
		l.want[k] = nil
	}
	return true
}

// AddItem adds an item to a list, once. It reports whether there is the list.
func (l *Lists) AddItem(field, name, item string) bool {
	return l.change(field, name, func(items []string) []string {
		if slices.Contains(items, item) {
			return items
		}
		return append(slices.Clip(items), item)
	})
}

// DeleteItem takes an item out of a list. It reports whether it was there.
func (l *Lists) DeleteItem(field, name, item string) (found bool) {
	l.change(field, name, func(items []string) []string {
		found = slices.Contains(items, item)
		return slices.DeleteFunc(slices.Clone(items), func(s string) bool { return s == item })
	})
	return found
}

func (l *Lists) change(field, name string, f func(items []string) []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := listKey{field, name}
	items, ok := l.want[k]
	if ok {
		l.want[k] = f(items)
	}
	return ok
}

// Reload puts a list in force as it is wanted; an empty field or name means all. It
// reports whether there is such a list.
func (l *Lists) Reload(field, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := field == "" && name == ""
	for k, items := range l.want {
		if (field == "" || k.field == field) && (name == "" || k.name == name) {
			l.inForce[k] = items
			found = true
		}
	}
	return found
}

// InForce returns the lists that are in force, by field and in the order of their names.
func (l *Lists) InForce() config.Lists {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.inForce) == 0 {
		return nil
	}
	out := config.Lists{}
	for _, k := range slices.SortedFunc(maps.Keys(l.inForce), func(a, b listKey) int {
		return slices.Compare([]string{a.field, a.name}, []string{b.field, b.name})
	}) {
		out[k.field] = append(out[k.field], config.ValueList{ID: k.name, Items: l.inForce[k]})
	}
	return out
}
