package hook_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/sig"
)

// entry is one line of testdata/catalog/stdlib.json.
type entry struct {
	ID, Name, Context, Kind, Class, Extends string
	Params                                  []struct {
		Name               string
		Types              []sig.Type
		Optional, Variadic bool
	}
	MinArgs      int  `json:"min_args"`
	MaxArgs      *int `json:"max_args"`
	Returns      []sig.Type
	Terminates   bool
	Instantiable *bool
	Registered   *bool
	Construct    bool `json:"language_construct"`
}

// wider are declarations that take more than the catalogue says, with the reason.
var wider = map[string]string{
	"eod.Accept":                 "the text may stand before the options (spec hooks 9.1)",
	"core.http":                  "a File is a body too (spec stdlib 10)",
	"core.MailMessage->signDKIM": "return_header with several signatures gives a list",
}

// privateKey is a word of the catalogue for three types.
func privateKey(types []sig.Type) []sig.Type {
	i := slices.Index(types, "PrivateKey")
	if i < 0 {
		return types
	}
	return slices.Concat(types[:i], types[i+1:], []sig.Type{"RSAPrivateKey", "ECPrivateKey", "ED25519PrivateKey"})
}

// callable is what is compared of a function, constructor or method.
type callable struct {
	Params     []sig.Param
	Min, Max   int
	Returns    []sig.Type
	Terminates bool
	Static     bool
}

func (e entry) want() callable {
	c := callable{Min: e.MinArgs, Max: -1, Returns: slices.Sorted(slices.Values(e.Returns)), Terminates: e.Terminates, Static: e.Kind == "static-method"}
	if e.MaxArgs != nil {
		c.Max = *e.MaxArgs
	}
	for _, p := range e.Params {
		c.Params = append(c.Params, sig.Param{Name: p.Name, Types: slices.Sorted(slices.Values(privateKey(p.Types))), Optional: p.Optional || p.Variadic, Variadic: p.Variadic})
	}
	return c
}

func declared(f *sig.Func) callable {
	c := callable{Min: f.MinArgs(), Max: f.MaxArgs(), Returns: slices.Sorted(slices.Values(f.Returns)), Terminates: f.Terminates, Static: f.Static}
	for _, p := range f.Params {
		c.Params = append(c.Params, sig.Param{Name: p.Name, Types: slices.Sorted(slices.Values(p.Types)), Optional: p.Optional, Variadic: p.Variadic})
	}
	return c
}

// TestCatalog compares every declaration with the catalogue of the reference.
func TestCatalog(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../testdata/catalog/stdlib.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Entries []entry }
	if err := json.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	cat := universe().Catalog
	for _, e := range file.Entries {
		context := e.Context
		if context == "core" {
			context = ""
		}
		class := cat.Classes[e.Class]
		var f *sig.Func
		switch e.Kind {
		case "class":
			c := cat.Classes[e.Name]
			if e.Registered != nil && !*e.Registered {
				continue
			}
			switch {
			case c == nil:
				t.Errorf("%s: missing", e.ID)
			case c.Parent != e.Extends:
				t.Errorf("%s: extends %q, want %q", e.ID, c.Parent, e.Extends)
			case e.Instantiable != nil && *e.Instantiable != (c.Constructor != nil):
				t.Errorf("%s: instantiable %v, want %v", e.ID, c.Constructor != nil, *e.Instantiable)
			}
			continue
		case "function":
			f = cat.Func(e.Name, context, false)
		case "constructor":
			if class != nil {
				f = class.Constructor
			}
		default:
			if class != nil {
				if f = class.Method(e.Name); e.Kind == "static-method" {
					f = class.Static(e.Name)
				}
			}
		}
		if e.Registered != nil && !*e.Registered {
			continue
		}
		if f == nil {
			t.Errorf("%s: missing", e.ID)
			continue
		}
		if d := cmp.Diff(e.want(), declared(f)); d != "" && wider[e.ID] == "" {
			t.Errorf("%s (-want +got)\n%s", e.ID, d)
		}
	}
}
