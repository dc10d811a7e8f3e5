package array

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("array_combine(keys: array, values: array, default_value?: any) -> array",
		"Pairs keys with values by position. Missing values are default_value, surplus ones are dropped.").
		Show(`echo array_combine(["a", "b", "a"], [1, 2, 3]);`, `["a"=>3,"b"=>2]`), combine)
	b.Func(sig.New("array_every(callback: function, array: array) -> boolean",
		"True when callback(value) holds for every item, and for an empty array.").
		Show(`echo array_every(is_number, [1, 2, "3"]);`, "false"), every)
	b.Func(sig.New("array_filter(callback: function, array: array) -> array",
		"The items for which callback(value) holds, with their keys.").
		Show(`echo array_filter(is_number, ["a" => 1, "b" => "x"]);`, `["a"=>1]`), filter)
	b.Func(sig.New("array_find(callback: function, array: array) -> any",
		"The first value for which callback(value) holds, none when there is none.").
		Show(`echo array_find(function ($x) { return $x > 2; }, [1, 3, 5]);`, "3"), find)
	b.Func(sig.New("array_includes(needle: any, array: array) -> boolean",
		"True when some item is identical to needle, or, when needle is a function, needle(value) holds for one.").
		Show(`echo array_includes(0, [false, none, ""]);`, "false"), includes)
	b.Func(sig.New(`array_join(array: array, separator?: string = "") -> string`,
		"The items as text with the separator between them.").
		Show(`echo array_join([2, 0, 0], ".");`, "2.0.0"), join)
	b.Func(sig.New("array_keys(array: array) -> array", "The keys, in order.").
		Show(`echo array_keys(["a" => 1, 2]);`, `[0=>"a",1=>0]`), keys)
	b.Func(sig.New("array_map(callback: function, array: array) -> array",
		"callback(value) for each item, under its key.").
		Show(`echo array_map(number, ["a" => "1"]);`, `["a"=>1]`), mapItems)
	b.Func(sig.New("array_random(array: array) -> array|none",
		"A random item as [key, value]; none for an empty array.").
		Show(`echo array_random(["only" => 1]);`, `[0=>"only",1=>1]`), random)
	b.Func(sig.New("array_range(start: number, stop: number, step?: number = 1) -> array",
		"start, start + step and so on while below stop, or above it when the step is negative.").
		Show(`echo array_range(3, 0, -1);`, "[0=>3,1=>2,2=>1]"), numbers)
	b.Func(sig.New("array_reduce(callback: function, array: array, initial?: any) -> any",
		"Folds from the left with callback(carry, value). Without initial the first value is the carry.").
		Show(`echo array_reduce(function ($a, $b) { return $a + $b; }, [1, 2, 3]);`, "6"), reduce)
	b.Func(sig.New("array_reverse(array: array) -> array",
		"The items in reverse order. Number keys count anew from 0, string keys stay.").
		Show(`echo array_reverse([1, "x" => 2, 3]);`, `[0=>3,"x"=>2,1=>1]`), reverse)
	b.Func(sig.New("array_sort(callback: function, array: array, options?: array) -> array",
		"Sorts so that callback(a, b), read as \"a comes before b\", holds for neighbours. Keys stay with their values; the sort is stable.",
		sig.Opt("keys: boolean = false", "call the callback with keys instead of values")).
		Show(`echo array_sort(function ($x, $y) { return $x > $y; }, ["p" => 5, "q" => 9]);`, `["q"=>9,"p"=>5]`), sortItems)
	b.Func(sig.New("array_shuffle(array: array) -> array",
		"The items in random order. Number keys count anew from 0, string keys stay.").
		Show(`echo array_shuffle(["only"]);`, `[0=>"only"]`), shuffle)
	b.Func(sig.New("array_unique(array: array) -> array",
		"Drops values that are identical to an earlier one; the first keeps its key.").
		Show(`echo array_unique(["a" => 1, "b" => 1, "c" => 2]);`, `["a"=>1,"c"=>2]`), unique)
}
