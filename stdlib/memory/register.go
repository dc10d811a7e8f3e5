package memory

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("memory_add(key: string, value: any) -> boolean",
		"Stores a value when the key is absent; true if stored."), keyed("memory_add", add))
	b.Func(sig.New("memory_store(key: string, value: any, callback?: function) -> boolean",
		"Stores a value; true when the key existed. callback(key, oldvalue) is called then."), keyed("memory_store", store))
	b.Func(sig.New("memory_fetch(key: string, callback?: function) -> any",
		"The stored value; when absent the result of callback(key), or none."), keyed("memory_fetch", fetch))
	b.Func(sig.New("memory_exists(key: string, callback?: function) -> boolean",
		"True when the key is stored; callback(key, value) is called then."), keyed("memory_exists", exists))
	b.Func(sig.New("memory_delete(key: string, callback?: function) -> boolean",
		"Removes a key; true if it was there. callback(key, value) is called after removal."), keyed("memory_delete", remove))
	b.Func(sig.New("memory_update(key: string, value: any, callback: function, initial?: any) -> boolean",
		"Stores callback(key, current, value) and returns true. An absent key starts from initial; without one nothing is stored.").
		Show(`memory_update("log", "x", function ($k, $c, $v) { return [...$c, $v]; }, []); echo memory_fetch("log");`, `[0=>"x"]`),
		keyed("memory_update", update))
	b.Func(sig.New("memory_inc(key: string, offset?: number = 1) -> number|none",
		"Adds to a number, from 0 when absent, and returns the result; none when the value is no number."), keyed("memory_inc", inc))
	b.Func(sig.New("memory_dec(key: string, offset?: number = 1, remove_if_zero?: boolean = false) -> number|none",
		"Subtracts from a number, from 0 when absent; with remove_if_zero a result of 0 removes the key."), keyed("memory_dec", dec))
	rate(b)
}

// maxKey is the longest key in bytes.
const maxKey = 1024

// keyed adapts a function whose first argument is the key; name is printed in errors.
func keyed(name string, f func(t *vm.Thread, key string, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		key := a[0].Str()
		if len(key) > maxKey {
			return value.None, fmt.Errorf("%s(): argument 1 (key) has %d bytes, at most %d are allowed", name, len(key), maxKey)
		}
		return f(t, key, a[1:])
	}
}

func arg(a []value.Value, i int) value.Value {
	if i < len(a) && !a[i].IsNone() {
		return a[i]
	}
	return value.Undef
}

// load returns the stored value, undefined when there is none.
func load(t *vm.Thread, key string) (v value.Value, err error) {
	err = t.Memory(key, func(x *value.Value) { v = *x })
	return v, err
}

func save(t *vm.Thread, key string, v value.Value) error {
	return t.Memory(key, func(x *value.Value) { *x = v.Share() })
}

// hold locks the key when a callback will run.
func hold(t *vm.Thread, key string, callback value.Value, f func() error) error {
	if callback.IsUndefined() {
		return f()
	}
	return t.Hold(key, f)
}

func add(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	stored := false
	err := t.Memory(key, func(v *value.Value) {
		if v.IsUndefined() {
			*v, stored = a[0].Share(), true
		}
	})
	return value.Bool(stored), err
}

func store(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	v, callback := a[0].Share(), arg(a, 1)
	old := value.Undef
	err := hold(t, key, callback, func() error {
		if err := t.Memory(key, func(x *value.Value) { old, *x = *x, v }); err != nil {
			return err
		}
		if old.IsUndefined() || callback.IsUndefined() {
			return nil
		}
		_, err := t.Call(callback, value.Str(key), old)
		return err
	})
	return value.Bool(!old.IsUndefined()), err
}

func fetch(t *vm.Thread, key string, a []value.Value) (v value.Value, err error) {
	callback := arg(a, 0)
	err = hold(t, key, callback, func() error {
		if v, err = load(t, key); err != nil || !v.IsUndefined() {
			return err
		}
		v = value.None
		if !callback.IsUndefined() {
			v, err = t.Call(callback, value.Str(key))
		}
		return err
	})
	return v, err
}

func exists(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	callback := arg(a, 0)
	found := false
	err := hold(t, key, callback, func() error {
		v, err := load(t, key)
		if found = !v.IsUndefined(); err != nil || !found || callback.IsUndefined() {
			return err
		}
		_, err = t.Call(callback, value.Str(key), v)
		return err
	})
	return value.Bool(found), err
}

func remove(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	callback := arg(a, 0)
	old := value.Undef
	err := hold(t, key, callback, func() error {
		if err := t.Memory(key, func(v *value.Value) { old, *v = *v, value.Undef }); err != nil {
			return err
		}
		if old.IsUndefined() || callback.IsUndefined() {
			return nil
		}
		_, err := t.Call(callback, value.Str(key), old)
		return err
	})
	return value.Bool(!old.IsUndefined()), err
}

func update(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	v, callback := a[0].Share(), a[1]
	done := false
	err := t.Hold(key, func() error {
		current, err := load(t, key)
		if err != nil {
			return err
		}
		if current.IsUndefined() {
			if len(a) < 3 {
				return nil
			}
			current = a[2].Share()
		}
		next, err := t.Call(callback, value.Str(key), current, v)
		if err != nil {
			return err
		}
		done = true
		return save(t, key, next)
	})
	return value.Bool(done), err
}

func inc(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	offset := 1.0
	if o := arg(a, 0); !o.IsUndefined() {
		offset = o.Num()
	}
	return count(t, key, offset, false)
}

func dec(t *vm.Thread, key string, a []value.Value) (value.Value, error) {
	offset := 1.0
	if o := arg(a, 0); !o.IsUndefined() {
		offset = o.Num()
	}
	return count(t, key, -offset, arg(a, 1).Truth())
}

func count(t *vm.Thread, key string, offset float64, drop bool) (value.Value, error) {
	result := value.None
	err := t.Memory(key, func(v *value.Value) {
		if v.IsUndefined() {
			*v = value.Num(0)
		}
		if !v.IsNumber() {
			return
		}
		result = value.Num(v.Num() + offset)
		if *v = result; drop && result.Num() == 0 {
			*v = value.Undef
		}
	})
	return result, err
}
