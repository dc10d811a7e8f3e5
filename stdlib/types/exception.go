package types

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func exception(b *registry.Builder) {
	ctor := sig.New("Exception(message: string) -> Exception", "Makes an exception to throw.")
	var class *value.Class
	class = b.Class(sig.Class{
		Name: "Exception", Constructor: &ctor,
		Text: "What built-ins and the language throw. Any other value can be thrown too.",
		Methods: []*sig.Func{
			sig.New("message() -> string", "The bare text.").Method(),
			sig.New("toString() -> string", "The text, with file, line and column where they are known.").Method(),
			sig.New("file() -> string|none", "Script file of the failed call; none for exceptions made by script.").Method(),
			sig.New("line() -> number|none", "Line of the failed call, from 1.").Method(),
			sig.New("column() -> number|none", "Column of the failed call in bytes, from 1.").Method(),
		},
	}, map[string]vm.Impl{
		"Exception": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.NewException(class, value.Exception{Text: a[0].Str()}), nil
		},
		"message":  of(func(x *value.Exception) value.Value { return value.Str(x.Text) }),
		"toString": of(func(x *value.Exception) value.Value { return value.Str(x.String()) }),
		"file":     located(func(x *value.Exception) value.Value { return value.Str(x.File) }),
		"line":     located(func(x *value.Exception) value.Value { return value.Int(x.Line) }),
		"column":   located(func(x *value.Exception) value.Value { return value.Int(x.Column) }),
	})
}

func of(f func(*value.Exception) value.Value) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		return f(a[0].Object().Native.(*value.Exception)), nil
	}
}

func located(f func(*value.Exception) value.Value) vm.Impl {
	return of(func(x *value.Exception) value.Value {
		if x.File == "" {
			return value.None
		}
		return f(x)
	})
}
