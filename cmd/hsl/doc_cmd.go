package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta"
)

type docCmd struct {
	Name string `arg:"" optional:"" help:"Function, Class, Class->method or $variable."`
}

// Run prints the reference of a name, or the list of all names.
func (c *docCmd) Run() error {
	cat := mta.Universe().Catalog
	if c.Name == "" {
		names(os.Stdout, cat)
		return nil
	}
	if !describe(os.Stdout, cat, c.Name) {
		hint := ""
		if s := sig.Suggest(c.Name, slices.Values(allNames(cat))); s != "" {
			hint = ", did you mean '" + s + "'?"
		}
		return cli.Fail(cli.Failed, "nothing is named '%s'%s", c.Name, hint)
	}
	return nil
}

func allNames(cat *sig.Catalog) []string {
	seen := map[string]bool{}
	for _, f := range cat.Funcs {
		seen[f.Name] = true
	}
	for n := range cat.Classes {
		seen[n] = true
	}
	for _, v := range cat.Vars {
		seen["$"+v.Name] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func names(w io.Writer, cat *sig.Catalog) {
	for _, n := range allNames(cat) {
		fmt.Fprintln(w, n)
	}
}

// describe prints what a name means; it reports whether there is such a name.
func describe(w io.Writer, cat *sig.Catalog, name string) bool {
	if v, ok := strings.CutPrefix(name, "$"); ok {
		found := false
		for _, x := range cat.Vars {
			if x.Name == v {
				found = true
				fmt.Fprintf(w, "$%s    (%s)\n    %s\n", x.Name, strings.Join(x.Contexts, ", "), x.Text)
			}
		}
		return found
	}
	for _, sep := range []string{"->", "::"} {
		if class, method, ok := strings.Cut(name, sep); ok {
			for c := cat.Classes[class]; c != nil; c = cat.Classes[c.Parent] {
				if m := c.Method(method); m != nil {
					function(w, m)
					return true
				}
			}
			return false
		}
	}
	found := false
	if c := cat.Classes[name]; c != nil {
		classText(w, c)
		found = true
	}
	for _, f := range cat.Lookup(name) {
		if cat.Classes[name] == nil {
			function(w, f)
			found = true
		}
	}
	return found
}

func classText(w io.Writer, c *sig.Class) {
	fmt.Fprintf(w, "class %s", c.Name)
	if c.Parent != "" {
		fmt.Fprintf(w, " extends %s", c.Parent)
	}
	fmt.Fprintf(w, "\n    %s\n", c.Text)
	if c.Constructor != nil {
		fmt.Fprintf(w, "    %s\n", c.Constructor)
	}
	for _, m := range c.Methods {
		fmt.Fprintf(w, "    %s\n", m)
	}
}

func function(w io.Writer, f *sig.Func) {
	fmt.Fprint(w, f)
	if len(f.Contexts) > 0 {
		fmt.Fprintf(w, "    (%s)", strings.Join(f.Contexts, ", "))
	}
	fmt.Fprintf(w, "\n    %s\n", f.Text)
	for _, p := range f.Params {
		if len(p.Options) == 0 {
			continue
		}
		fmt.Fprintf(w, "    %s:\n", p.Name)
		for _, o := range p.Options {
			def := ""
			if o.Default != "" {
				def = ", " + o.Default
			}
			fmt.Fprintf(w, "        %-24s %s%s: %s\n", o.Name, sig.Union(o.Types), def, o.Text)
		}
	}
	if f.Example != "" {
		fmt.Fprintf(w, "    example: %s\n", f.Example)
		if f.Output != "" {
			fmt.Fprintf(w, "    prints:  %s\n", strings.ReplaceAll(f.Output, "\n", "\n             "))
		}
	}
}
