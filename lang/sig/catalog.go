package sig

import (
	"slices"
	"strings"
)

// Catalog is the frozen set of all names a program can use without declaring
// them. It is made by registry.Builder and never changes afterwards.
type Catalog struct {
	Funcs   []*Func // sorted by name, then context
	Classes map[string]*Class
	Vars    []*Var
	Domains []Domain
	Slots   map[string]int // name of a function or class constructor → index of its implementation

	// Gone are names of older products that nothing has here, with what to do
	// instead.
	Gone map[string]string

	// CheckRegex reports why a regex literal does not compile.
	CheckRegex func(pattern, flags string) error
}

// Domain is a page of the reference: what belongs together.
type Domain struct{ Name, Title string }

// Lookup returns the declarations of a function name, one per set of contexts.
func (c *Catalog) Lookup(name string) []*Func {
	i, ok := slices.BinarySearchFunc(c.Funcs, name, func(f *Func, n string) int { return strings.Compare(f.Name, n) })
	if !ok {
		return nil
	}
	j := i
	for j < len(c.Funcs) && c.Funcs[j].Name == name {
		j++
	}
	return c.Funcs[i:j]
}

// Func returns the declaration that a program of the context sees, nil when the
// name does not exist there. With compat the program sees legacy names and wider
// forms too.
func (c *Catalog) Func(name, context string, compat bool) *Func {
	var found *Func
	for _, f := range c.Lookup(name) {
		switch {
		case !f.In(context):
		case !f.Compat:
			found = f
		case compat:
			return f
		}
	}
	return found
}

// Known reports whether the name is a function of any context.
func (c *Catalog) Known(name string, compat bool) bool {
	return slices.ContainsFunc(c.Lookup(name), func(f *Func) bool { return compat || !f.Compat })
}

// Var returns the predefined variable that a program of the context sees, legacy ones
// with compat only.
func (c *Catalog) Var(name, context string, compat bool) *Var {
	for _, v := range c.Vars {
		if v.Name == name && v.In(context) && (compat || !v.Compat) {
			return v
		}
	}
	return nil
}
