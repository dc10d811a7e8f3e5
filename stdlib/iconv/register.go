package iconv

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	ctor := sig.New("Iconv(fromcharset: string, tocharset: string) -> Iconv",
		"Converts between character sets. The second may end in //TRANSLIT, to write similar characters, or //IGNORE, to drop what cannot be converted.").
		Show(`echo Iconv("UTF-8", "US-ASCII//TRANSLIT")->convert("café “5 €”");`, `cafe "5 EUR"`)
	var class *value.Class
	class = b.Class(sig.Class{
		Name: "Iconv", Constructor: &ctor, Text: "A conversion from one character set to another.",
		Methods: []*sig.Func{
			sig.New("convert(text: string) -> string|none", "Converts a whole text; none when a part of it is invalid or cannot be converted.").
				Show(`$c = Iconv("ISO-8859-1", "UTF-8"); echo $c->convert("caf\xe9");`, "café").Method(),
			sig.New("errno() -> number", "0 when the last text was converted, 84 for what cannot be, 22 for a sequence that is cut.").Method(),
			sig.New("close() -> none", "Ends it; later texts give none.").Method(),
		},
	}, map[string]vm.Impl{
		"Iconv": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			c, bad := newConverter(a[0].Str(), a[1].Str())
			if bad > 0 {
				return value.None, fmt.Errorf("Iconv(): argument %d (%s) must be a known character set", bad, [...]string{"fromcharset", "tocharset"}[bad-1])
			}
			return value.Native(class, c), nil
		},
		"convert": func(t *vm.Thread, a []value.Value) (value.Value, error) { return of(a).result(t, a[1].Str()) },
		"errno":   func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Int(of(a).errno), nil },
		"close": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			of(a).closed = true
			return value.None, nil
		},
	})
}

// of returns the state of the object that a method is called on.
func of(a []value.Value) *converter { return a[0].Object().Native.(*converter) }
