package checks

import (
	"errors"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Prefix begins the names of the functions behind std://testing.
const Prefix = "__testing_"

// Register declares the functions behind std://testing.
func Register(b *registry.Builder) {
	add := func(name, text string, f func(*Case, *vm.Thread, []value.Value) (value.Value, error)) {
		b.Func(sig.New(Prefix+name, text), func(t *vm.Thread, a []value.Value) (value.Value, error) {
			c := caseOf(t)
			if c == nil {
				return value.None, errors.New("this script is a test, run it with 'hsl test'")
			}
			return f(c, t, a)
		})
	}
	add("case(name: string, function: function) -> none", "Registers a case.", found(false))
	add("bench(name: string, function: function) -> none", "Registers a benchmark.", found(true))
	add("fail(name: string, text: any) -> none", "Fails the case.",
		func(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
			return c.fail(t, a[0].Str()+": "+a[1].String(), "")
		})
	add("equal(actual: any, expected: any, message: any) -> none", "Fails the case unless both are equal.", equal)
	add("match(string: any, regex: string|Regex) -> none", "Fails the case unless the text matches.", match)
	add("throws(function: function, regex: any) -> any", "Fails the case unless the function throws.", throws)
	add("skip(reason: string) -> none", "Ends the case.",
		func(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
			pos, _ := Caller(t)
			return c.end(&Skipped{Pos: pos, Reason: a[0].Str()})
		})
	add("mock(name: string, function: function) -> none", "Replaces a library function.", replace)
	add("calls(name: string) -> array", "The calls of a replaced function.",
		func(c *Case, _ *vm.Thread, a []value.Value) (value.Value, error) {
			return c.calls(a[0].Str()), nil
		})
}

func found(bench bool) func(*Case, *vm.Thread, []value.Value) (value.Value, error) {
	return func(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
		if c.Closed {
			return value.None, errors.New("a case cannot register another one")
		}
		pos, _ := Caller(t)
		if len(c.Found) == c.Pick {
			c.Function = a[1]
		}
		c.Found = append(c.Found, Found{Name: a[0].Str(), Bench: bench, Pos: pos})
		return value.None, nil
	}
}
