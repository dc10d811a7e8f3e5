package types

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// container is the state of a Map, or of a Set, whose values are none. Keys are
// numbers or strings, both comparable as they are.
type container struct {
	mu      sync.Mutex
	class   string
	key     value.Kind
	val     value.Kind // Undefined: any
	entries map[any]value.Value
	bytes   int // of keys, for the memory limit
}

var kinds = map[string]value.Kind{
	"any": value.Undefined, "string": value.KString, "number": value.KNumber, "boolean": value.KBool,
	"array": value.KArray, "function": value.KFunc, "object": value.KObject,
}

func newContainer(class, key, val string) (*container, error) {
	c := &container{class: class, entries: map[any]value.Value{}}
	switch key {
	case "string", "number":
		c.key = kinds[key]
	default:
		return nil, fmt.Errorf("%s(): keytype must be string or number, got '%s'", class, key)
	}
	k, ok := kinds[val]
	if !ok {
		return nil, fmt.Errorf("%s(): valuetype must be one of any, string, number, boolean, array, function, object, got '%s'", class, val)
	}
	c.val = k
	return c, nil
}

// keyOf returns the comparable form of a key.
func (c *container) keyOf(v value.Value) (any, error) {
	if v.Kind() != c.key {
		return nil, fmt.Errorf("%s: key must be %s, got %s", c.class, kindName(c.key), v.TypeName())
	}
	if c.key == value.KString {
		return strings.Clone(v.Str()), nil
	}
	if math.IsNaN(v.Num()) {
		return nil, fmt.Errorf("%s: NaN is not a key", c.class)
	}
	return v.Num() + 0, nil
}

func kindName(k value.Kind) string {
	for name, x := range kinds {
		if x == k {
			return name
		}
	}
	return "any"
}

func (c *container) fits(v value.Value) error {
	if c.val != value.Undefined && !is(v, c.val) {
		return fmt.Errorf("%s: value must be %s, got %s", c.class, kindName(c.val), v.TypeName())
	}
	return nil
}

// put stores a value; it reports whether the key is new.
func (c *container) put(key, v value.Value) (bool, error) {
	k, err := c.keyOf(key)
	if err != nil {
		return false, err
	}
	if err := c.fits(v); err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.entries)
	c.entries[k] = v.Freeze()
	if len(c.entries) > n {
		c.bytes += len(key.String())
		return true, nil
	}
	return false, nil
}

// merge adds v to the value of the key with the operator +.
func (c *container) merge(key, v value.Value) error {
	k, err := c.keyOf(key)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old, ok := c.entries[k]
	if ok {
		if v, err = value.Add(old.Share(), v); err != nil {
			return err
		}
	}
	if err := c.fits(v); err != nil {
		return err
	}
	if !ok {
		c.bytes += len(key.String())
	}
	c.entries[k] = v.Freeze()
	return nil
}

func (c *container) get(key value.Value) (value.Value, bool, error) {
	k, err := c.keyOf(key)
	if err != nil {
		return value.None, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.entries[k]
	return v.Share(), ok, nil
}

func (c *container) remove(key value.Value) (bool, error) {
	k, err := c.keyOf(key)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[k]; !ok {
		return false, nil
	}
	delete(c.entries, k)
	c.bytes -= len(key.String())
	return true, nil
}

func (c *container) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

func (c *container) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
	c.bytes = 0
}

// Size implements value.Sized.
func (c *container) Size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes + 64*len(c.entries)
}

// Held implements value.Holder.
func (c *container) Held(yield func(value.Value)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.entries {
		yield(v)
	}
}

// walk is the Iterator over the keys that are present now.
type walk struct {
	c    *container
	keys []any
	n    float64
	set  bool
}

func (c *container) walk(set bool) *walk {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &walk{c: c, set: set, keys: make([]any, 0, len(c.entries))}
	for k := range c.entries {
		w.keys = append(w.keys, k)
	}
	return w
}

// Next implements vm.Iterator. Keys that were deleted meanwhile are skipped.
func (w *walk) Next(*vm.Thread) (vm.Item, bool, error) {
	for len(w.keys) > 0 {
		k := w.keys[0]
		w.keys = w.keys[1:]
		w.c.mu.Lock()
		v, ok := w.c.entries[k]
		w.c.mu.Unlock()
		if !ok {
			continue
		}
		key := fromKey(k)
		if w.set {
			w.n++
			return vm.Item{Key: value.Num(w.n - 1), Value: key}, true, nil
		}
		v = v.Share()
		return vm.Item{Key: key, Value: v, Plain: value.FromArray(value.List(key, v)), HasPlain: true}, true, nil
	}
	return vm.Item{}, false, nil
}

// Size implements value.Sized.
func (w *walk) Size() int { return 32 * len(w.keys) }

func fromKey(k any) value.Value {
	if s, ok := k.(string); ok {
		return value.Str(s)
	}
	return value.Num(k.(float64))
}

// typeNames lists the names a valuetype can have, for the reference.
func typeNames() string {
	var names []string
	for n := range kinds {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
