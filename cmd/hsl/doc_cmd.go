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
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/mta"
)

type docCmd struct {
	Name string `arg:"" optional:"" help:"Function, Class, Class->method, $variable or keyword."`
}

// Run prints the reference of a name, or the list of all names.
func (c *docCmd) Run() error {
	cat := mta.Universe().Catalog
	if c.Name == "" {
		names(os.Stdout, cat)
		return nil
	}
	if !describe(os.Stdout, cat, c.Name) {
		return cli.Fail(cli.Failed, "%s", unnamed(cat, c.Name))
	}
	return nil
}

// unnamed words that nothing has a name, with the nearest one there is.
func unnamed(cat *sig.Catalog, name string) string {
	hint := ""
	if s := sig.Suggest(name, slices.Values(allNames(cat))); s != "" {
		hint = ", did you mean '" + s + "'?"
	}
	return fmt.Sprintf("nothing is named '%s'%s", name, hint)
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
	for _, k := range sig.Keywords {
		for _, w := range k.Words {
			seen[w] = true
		}
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
				m := c.Method(method)
				if s := c.Static(method); s != nil && (m == nil || sep == "::") {
					m = s
				}
				if m != nil {
					function(w, m)
					return true
				}
			}
			return false
		}
	}
	found := reserved(w, name)
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

// reserved prints what a keyword means, or that a word has no meaning.
func reserved(w io.Writer, word string) bool {
	if k := sig.KeywordOf(word); k != nil {
		fmt.Fprintf(w, "%s\n", k.Syntax)
		for l := range strings.Lines(k.Text) {
			fmt.Fprintf(w, "    %s\n", strings.TrimSuffix(l, "\n"))
		}
		if k.Module != "" {
			fmt.Fprintf(w, "    lib.hsl: %s\n", k.Module)
		}
		example(w, k.Example, k.Output)
		return true
	}
	switch {
	case slices.Contains(sig.Meaningless, word):
		fmt.Fprintf(w, "%s\n    A reserved word without a meaning: no function, class or namespace can have this name.\n", word)
	case token.IsRefused(word):
		fmt.Fprintf(w, "%s\n    A refused word: it has no meaning and cannot be a name, except of members and in strings.\n", word)
	default:
		return false
	}
	return true
}

func example(w io.Writer, code, output string) {
	fmt.Fprintf(w, "    example: %s\n", code)
	if output != "" {
		fmt.Fprintf(w, "    prints:  %s\n", strings.ReplaceAll(output, "\n", "\n             "))
	}
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
	if f.Compat {
		fmt.Fprintln(w, "    A legacy name: only with --compat or scripting.compat.")
	}
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
	if f.Shape != "" {
		fmt.Fprintf(w, "    gives:   %s\n", f.Shape)
	}
	if f.Example != "" {
		example(w, f.Example, f.Output)
	}
}
