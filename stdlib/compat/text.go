package compat

import (
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func texts(b *registry.Builder) {
	split, join, slice := b.Impl("str_split"), b.Impl("array_join"), b.Impl("str_slice")
	span, includes, within, csv := b.Impl("array_range"), b.Impl("array_includes"), b.Impl("inet_includes"), b.Impl("csv_decode")
	declare(b, "explode(delimiter: string, string: string, limit?: number) -> array", "str_split",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			return split(t, append([]value.Value{a[1], a[0]}, a[2:]...))
		})
	declare(b, "implode(glue: string, array: array) -> string", "array_join",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			return join(t, []value.Value{a[1], a[0]})
		})
	declare(b, "substr(string: string, start?: number = 0, length?: number) -> string", "str_slice",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if len(a) == 1 || a[1].IsNone() {
				return slice(t, append([]value.Value{a[0], value.Int(0)}, a[min(2, len(a)):]...))
			}
			return slice(t, a)
		})
	declare(b, "in_array(needle: any, array: array) -> boolean", "array_includes",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if a[0].Kind() == value.KFunc {
				return includes(t, a)
			}
			for v := range a[1].Array().Values() {
				if value.Equal(a[0], v) {
					return value.True, nil
				}
			}
			return value.False, nil
		})
	declare(b, "range(start: number, stop: number, step?: number = 1) -> array", "array_range",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			step := 1.0
			if !arg(a, 2).IsNone() {
				step = a[2].Number()
			}
			// The reference includes the end when a step meets it: half a step further
			// is beyond it, and before the next one.
			return span(t, []value.Value{a[0], value.Num(a[1].Number() + step/2), value.Num(step)})
		})
	declare(b, "in_network(ip: string, network: string) -> boolean", "inet_includes",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			v, err := within(t, a)
			return value.Bool(v.Truth()), err
		})
	declare(b, "csv_explode(string: string) -> array", "csv_decode",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			v, err := csv(t, []value.Value{a[0], value.FromArray(value.Map("header", value.False))})
			if err != nil || !v.IsArray() || v.Array().Len() == 0 {
				return value.FromArray(value.NewArray(0)), err
			}
			return v.Array().At(0), nil
		})
}
