package types

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func containers(b *registry.Builder) {
	iterator := b.Class(sig.Class{
		Name: "Iterator", Text: "A walk for foreach, over a container or the values that a generator yields. It ends after one pass.",
	}, nil)
	maps(b, iterator)
	sets(b, iterator)
}

// with adapts a method of a container.
func with(f func(c *container, a []value.Value) (value.Value, error)) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		return f(a[0].Object().Native.(*container), a[1:])
	}
}

// common are the methods that Map and Set share.
func common() ([]*sig.Func, map[string]vm.Impl) {
	return []*sig.Func{
			sig.New("has(key: string|number) -> boolean", "True when the key is present.").AsGiven().Method(),
			sig.New("delete(key: string|number) -> boolean", "Removes the key; true if it was there.").AsGiven().Method(),
			sig.New("size() -> number", "Number of keys.").Method(),
			sig.New("clear() -> none", "Removes everything.").Method(),
		}, map[string]vm.Impl{
			"has": with(func(c *container, a []value.Value) (value.Value, error) {
				_, ok, err := c.get(a[0])
				return value.Bool(ok), err
			}),
			"delete": with(func(c *container, a []value.Value) (value.Value, error) {
				ok, err := c.remove(a[0])
				return value.Bool(ok), err
			}),
			"size": with(func(c *container, _ []value.Value) (value.Value, error) { return value.Int(c.size()), nil }),
			"clear": with(func(c *container, _ []value.Value) (value.Value, error) {
				c.clear()
				return value.None, nil
			}),
		}
}

func maps(b *registry.Builder, iterator *value.Class) {
	methods, impls := common()
	ctor := sig.New("Map(keytype: string, valuetype: string) -> Map",
		"Makes a map. keytype is string or number; valuetype one of "+typeNames()+".")
	methods = append(methods,
		sig.New("set(key: string|number, value: any) -> boolean", "Adds or replaces.").AsGiven().Method(),
		sig.New("get(key: string|number) -> any", "The value, none when absent.").AsGiven().Method(),
		sig.New("merge(key: string|number, value: any) -> boolean",
			"Stores the present value plus the given one, or the given one when the key is absent.").AsGiven().Method(),
		sig.New("entries() -> Iterator", "Walks keys and values in no defined order.").Method(),
	)
	impls["set"] = with(func(c *container, a []value.Value) (value.Value, error) {
		_, err := c.put(a[0], a[1])
		return value.True, err
	})
	impls["get"] = with(func(c *container, a []value.Value) (value.Value, error) {
		v, ok, err := c.get(a[0])
		if !ok {
			v = value.None
		}
		return v, err
	})
	impls["merge"] = with(func(c *container, a []value.Value) (value.Value, error) {
		return value.True, c.merge(a[0], a[1])
	})
	impls["entries"] = with(func(c *container, _ []value.Value) (value.Value, error) {
		return value.Native(iterator, c.walk(false)), nil
	})
	var class *value.Class
	impls["Map"] = func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		c, err := newContainer("Map", a[0].Str(), a[1].Str())
		return value.Native(class, c), err
	}
	class = b.Class(sig.Class{
		Name: "Map", Constructor: &ctor, Methods: methods,
		Text: "A hash map with keys of one type. Maps are references and may be shared between scripts.",
	}, impls)
}

func sets(b *registry.Builder, iterator *value.Class) {
	methods, impls := common()
	ctor := sig.New("Set(keytype: string) -> Set", "Makes a set of strings or numbers.")
	methods = append(methods,
		sig.New("add(key: string|number) -> boolean", "Adds a key; true when it is new.").AsGiven().Method(),
		sig.New("values() -> Iterator", "Walks the keys in no defined order.").Method(),
	)
	impls["add"] = with(func(c *container, a []value.Value) (value.Value, error) {
		fresh, err := c.put(a[0], value.None)
		return value.Bool(fresh), err
	})
	impls["values"] = with(func(c *container, _ []value.Value) (value.Value, error) {
		return value.Native(iterator, c.walk(true)), nil
	})
	var class *value.Class
	impls["Set"] = func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		c, err := newContainer("Set", a[0].Str(), "any")
		return value.Native(class, c), err
	}
	class = b.Class(sig.Class{
		Name: "Set", Constructor: &ctor, Methods: methods,
		Text: "A set of keys of one type. Sets are references and may be shared between scripts.",
	}, impls)
}
