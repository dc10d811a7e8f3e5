package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// mock is a replaced library function.
type mock struct {
	t       *vm.Thread // of the test, whatever thread calls
	fn      value.Value
	calls   []Call
	running bool // inside fn the name means the original
}

// Mockable returns the universe with functions that a case can replace. They
// also note which call ended a hook.
func Mockable(u *registry.Universe) *registry.Universe {
	m := *u
	m.Builtins = slices.Clone(u.Builtins)
	for i := range m.Builtins {
		b := &m.Builtins[i]
		if strings.HasPrefix(b.Name, Prefix) {
			continue
		}
		name, original := b.Name, b.Impl
		b.Callback = true
		b.Impl = func(t *vm.Thread, args []value.Value) (value.Value, error) {
			c := caseOf(t)
			if c == nil {
				return original(t, args)
			}
			if r := c.mocks[name]; r != nil && !r.running {
				return r.call(name, args)
			}
			v, err := original(t, args)
			var end *vm.Terminate
			if err != nil && errors.As(err, &end) {
				c.Decision = &Call{name, freeze(args)}
			}
			return v, err
		}
	}
	return &m
}

func freeze(args []value.Value) []value.Value {
	out := make([]value.Value, len(args))
	for i, a := range args {
		out[i] = a.Freeze()
	}
	return out
}

// maxCalls bounds what is kept of the calls of a mock.
const maxCalls = 100_000

func (m *mock) call(name string, args []value.Value) (value.Value, error) {
	kept := freeze(args)
	if len(m.calls) < maxCalls {
		m.calls = append(m.calls, Call{name, kept})
	}
	m.running = true
	defer func() { m.running = false }()
	// A replacement need not name the parameters that it does not look at.
	if p := m.fn.Func().Proto; p != nil && !p.Variadic && len(kept) > p.Params {
		kept = kept[:p.Params]
	}
	v, err := m.t.Call(m.fn, kept...)
	if err != nil {
		return value.None, err
	}
	return v.Freeze(), nil
}

func replace(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
	name := a[0].Str()
	known := func(yield func(string) bool) {
		for _, b := range t.Library().Builtins {
			if !strings.HasPrefix(b.Name, Prefix) && !yield(b.Name) {
				return
			}
		}
	}
	if strings.HasPrefix(name, Prefix) || !slices.Contains(slices.Collect(known), name) {
		hint := ""
		if s := sig.Suggest(name, known); s != "" {
			hint = ", did you mean '" + s + "'?"
		}
		return value.None, fmt.Errorf("mock(): no library function is named '%.80s'%s", name, hint)
	}
	if c.mocks == nil {
		c.mocks = map[string]*mock{}
	}
	c.mocks[strings.Clone(name)] = &mock{t: t, fn: a[1].Share()}
	return value.None, nil
}

// calls returns the arguments of each call of a replaced function.
func (c *Case) calls(name string) value.Value {
	out := value.NewArray(0)
	if m := c.mocks[name]; m != nil {
		for _, k := range m.calls {
			out.Append(value.FromArray(value.List(k.Args...)))
		}
	}
	return value.FromArray(out)
}
