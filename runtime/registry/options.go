package registry

import (
	"fmt"
	"math"

	"github.com/hawser-mta/hawser/runtime/value"
)

// Options reads an options array (spec stdlib 0.4): a missing key or none gives
// the default, a value of the wrong type is an error after the conversions of
// 0.3. The first error is kept; implementations ask for it once, with Err.
type Options struct {
	fn  string
	arr *value.Array
	err error
}

// OptionsAt returns the options in argument i of a call of fn, empty when the
// argument is not given. Unknown keys are ignored; the compiler warns about
// literal ones.
func OptionsAt(fn string, args []value.Value, i int) *Options {
	o := &Options{fn: fn}
	if i < len(args) && args[i].IsArray() {
		o.arr = args[i].Array()
	}
	return o
}

// OptionsOf returns the options in an array value.
func OptionsOf(fn string, v value.Value) *Options { return OptionsAt(fn, []value.Value{v}, 0) }

// Err returns the first error.
func (o *Options) Err() error { return o.err }

// Get returns the raw value; ok is false when it is absent or none.
func (o *Options) Get(key string) (v value.Value, ok bool) {
	if o.arr == nil {
		return value.None, false
	}
	v = o.arr.GetStr(key)
	return v, !v.IsNil()
}

func (o *Options) fail(key, want string, got value.Value) {
	if o.err == nil {
		o.err = fmt.Errorf("%s(): option %s must be %s, got %s", o.fn, key, want, got.TypeName())
	}
}

// Bad records that the value of a key is outside its enumerated set.
func (o *Options) Bad(key, want string) {
	if o.err == nil {
		o.err = fmt.Errorf("%s(): option %s must be %s", o.fn, key, want)
	}
}

// Bool reads a boolean; any value is taken by truth.
func (o *Options) Bool(key string, def bool) bool {
	if v, ok := o.Get(key); ok {
		return v.Truth()
	}
	return def
}

// Num reads a number; numeric strings and booleans are converted.
func (o *Options) Num(key string, def float64) float64 {
	v, ok := o.Get(key)
	if !ok {
		return def
	}
	f, ok := v.Numeric()
	if !ok {
		o.fail(key, "number", v)
	}
	return f
}

// Int reads a count or size, truncating.
func (o *Options) Int(key string, def int) int {
	f := o.Num(key, float64(def))
	if math.IsNaN(f) || math.IsInf(f, 0) {
		o.Bad(key, "a finite number")
		return def
	}
	return int(math.Max(math.MinInt32, math.Min(math.MaxInt32, f)))
}

// Str reads a string; numbers and booleans are converted.
func (o *Options) Str(key, def string) string {
	v, ok := o.Get(key)
	if !ok {
		return def
	}
	switch v.Kind() {
	case value.KString, value.KNumber, value.KBool:
		return v.String()
	}
	o.fail(key, "string", v)
	return def
}

// Array reads an array, nil when absent.
func (o *Options) Array(key string) *value.Array {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	if !v.IsArray() {
		o.fail(key, "array", v)
		return nil
	}
	return v.Array()
}

// Strings reads a list of strings, nil when absent.
func (o *Options) Strings(key string) []string {
	a := o.Array(key)
	if a == nil {
		return nil
	}
	out := make([]string, 0, a.Len())
	for v := range a.Values() {
		switch v.Kind() {
		case value.KString, value.KNumber, value.KBool:
			out = append(out, v.String())
		default:
			o.fail(key, "list of strings", v)
		}
	}
	return out
}

// Func reads a function, undefined when absent.
func (o *Options) Func(key string) value.Value {
	v, ok := o.Get(key)
	if ok && v.Kind() != value.KFunc {
		o.fail(key, "function", v)
	}
	if !ok {
		return value.Undef
	}
	return v
}

// Object returns the state of a native object in an argument: T is the Go type
// of the class. A wrong object is worded like any wrong argument type.
func Object[T any](fn string, args []value.Value, i int, class string) (T, error) {
	var zero T
	if i < len(args) && args[i].Kind() == value.KObject {
		if s, ok := args[i].Object().Native.(T); ok {
			return s, nil
		}
	}
	got := "none"
	if i < len(args) {
		got = args[i].TypeName()
	}
	return zero, fmt.Errorf("%s(): argument %d must be %s, got %s", fn, i+1, class, got)
}

// Resource returns the state of a resource value, ok false when v is none of
// the given type.
func Resource[T any](v value.Value) (T, bool) {
	var zero T
	if v.Kind() != value.KResource {
		return zero, false
	}
	s, ok := v.Resource().Native.(T)
	return s, ok
}

// Count reads a length, count or offset argument: NaN and infinities throw
// (spec stdlib 0.2).
func Count(fn string, args []value.Value, i, def int) (int, error) {
	if i >= len(args) || args[i].IsNil() {
		return def, nil
	}
	n, err := args[i].Integer()
	if err != nil {
		return 0, fmt.Errorf("%s(): argument %d must be a finite number", fn, i+1)
	}
	return n, nil
}
