package types

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	functions(b)
	constructs(b)
	exception(b)
	containers(b)
}

func functions(b *registry.Builder) {
	b.Func(sig.New("length(value: any) -> number|none",
		"Items of an array, bytes of a string, none for every other type.").
		Show(`echo [length("é"), length([1, 2]), length(5)];`, "[0=>2,1=>2,2=>none]"), length)
	b.Func(sig.New("boolean(value: any) -> boolean",
		"The truth of a value: false for none, 0, the empty string and the empty array.").
		Show(`echo [boolean("0"), boolean(0)];`, "[0=>true,1=>false]"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Bool(a[0].Truth()), nil })
	b.Func(sig.New("number(value: any) -> number",
		"Converts to a number: booleans to 1 and 0, decimal and 0x text; everything else gives 0.").
		Show(`echo [number("0x1f"), number("12abc"), number(" 7 "), number(true)];`, "[0=>31,1=>0,2=>7,3=>1]"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Num(a[0].Number()), nil })
	b.Func(sig.New("string(value: any) -> string",
		"Converts to the text that echo prints: the shortest decimal, literals of arrays, \"\" for none.").
		Show(`echo string([1.5, "a", none]);`, `[0=>1.5,1=>"a",2=>none]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			s, err := t.Text(a[0])
			return value.Str(s), err
		})
	for _, k := range []struct {
		name string
		kind value.Kind
		text string
	}{
		{"is_array", value.KArray, "True for arrays."},
		{"is_boolean", value.KBool, "True for true and false."},
		{"is_function", value.KFunc, "True for everything that can be called: functions, closures, bound methods."},
		{"is_number", value.KNumber, "True for numbers, not for numeric strings."},
		{"is_object", value.KObject, "True for instances of classes and for regular expressions."},
		{"is_string", value.KString, "True for strings."},
	} {
		b.Func(sig.New(k.name+"(value: any) -> boolean", k.text),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				return value.Bool(is(a[0], k.kind)), nil
			})
	}
}

func length(_ *vm.Thread, a []value.Value) (value.Value, error) {
	switch v := a[0]; v.Kind() {
	case value.KArray:
		return value.Int(v.Array().Len()), nil
	case value.KString:
		return value.Int(len(v.Str())), nil
	}
	return value.None, nil
}

func is(v value.Value, k value.Kind) bool {
	if v.Kind() == value.KResource && k == value.KObject {
		_, regex := v.Resource().Native.(vm.Regexp)
		return regex
	}
	return v.Kind() == k
}

// constructs declares what looks like a function and is compiled into
// operations, so that its place in the reference is the usual one.
func constructs(b *registry.Builder) {
	for _, f := range []sig.Func{
		sig.New("array(...args: any) -> array", "Makes an array, as [...] does; takes key => value pairs as well.").
			Show(`echo array(1, "k" => 2);`, `[0=>1,"k"=>2]`),
		sig.New("isset(x: variable) -> boolean",
			"True when a variable, element or property exists, also when its value is none.").
			Show(`$a = ["k" => none]; echo [isset($a["k"]), isset($a["x"]["y"])];`, "[0=>true,1=>false]"),
		sig.New("unset(x: variable) -> boolean",
			"Removes a variable, element, property or slice of an array; true if something was there.").
			Show(`$a = [1, 2]; echo [unset($a[0]), $a];`, "[0=>true,1=>[1=>2]]"),
	} {
		f.Construct = true
		b.Func(f, nil)
	}
}
