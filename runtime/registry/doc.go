// Package registry collects the declarations and implementations of everything
// built in and freezes them into a Universe: the catalogue that the compiler
// reads and the table of implementations that the machine runs.
//
//	b := registry.New()
//	b.Func(sig.Func{Name: "str_upper", Params: …, Returns: …, Text: …}, upper)
//	u := b.Freeze()
//
// A name is declared once. Hook functions are declared once per set of
// contexts and share one implementation, which asks the thread for its hook.
//
// The package also has the helpers with which implementations read options
// arrays, objects and resources, so that all of them word errors alike.
package registry
