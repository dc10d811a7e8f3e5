package main

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/reeflective/readline"
)

// completion is what can stand before the cursor: names that begin with word.
type completion struct {
	word  string
	names []string
	what  map[string]string // a line about a name
}

// complete finds what the text before the cursor can go on with.
func (sh *shell) complete(before string) completion {
	tokens := parser.Tokens(before)
	if n := len(tokens); n > 0 && tokens[n-1].Kind == token.Bad && before[tokens[n-1].From] == '"' {
		c := completion{word: before[tokens[n-1].From+1:]}
		if n > 1 {
			prev := before[tokens[n-2].From:tokens[n-2].To]
			if prev == "from" || strings.HasPrefix(prev, "include") {
				c.names = sh.importPaths(c.word)
			}
		}
		return c.matching()
	}
	c := completion{word: lastWord(before), what: map[string]string{}}
	switch head := strings.TrimRight(before[:len(before)-len(c.word)], " "); {
	case strings.HasPrefix(before, ":") && !strings.Contains(before, " "):
		c.names = []string{":help", ":type", ":load", ":time", ":disasm", ":reset", ":quit"}
		c.word = before
	case strings.HasSuffix(head, "->"):
		sh.members(&c)
	case strings.HasSuffix(head, "::"):
		sh.statics(&c, lastWord(head[:len(head)-2]))
	case strings.HasPrefix(c.word, "$"):
		sh.variables(&c)
	default:
		sh.functions(&c)
	}
	return c.matching()
}

func lastWord(s string) string {
	i := len(s)
	for i > 0 && (s[i-1] == '$' || s[i-1] == '_' || s[i-1] >= '0' && s[i-1] <= '9' || s[i-1]|0x20 >= 'a' && s[i-1]|0x20 <= 'z') {
		i--
	}
	return s[i:]
}

func (c completion) matching() completion {
	slices.Sort(c.names)
	c.names = slices.DeleteFunc(slices.Compact(c.names), func(n string) bool { return !strings.HasPrefix(n, c.word) })
	return c
}

// members are those of all classes: what a variable holds is known when it runs.
func (sh *shell) members(c *completion) {
	for _, class := range sh.e.universe.Catalog.Classes {
		for _, m := range class.Methods {
			c.names = append(c.names, m.Name)
			c.what[m.Name] = m.String()
		}
	}
	if sh.base != nil {
		for _, class := range sh.base.Classes {
			for _, m := range class.Methods {
				c.names = append(c.names, m.Name)
			}
		}
	}
}

func (sh *shell) statics(c *completion, class string) {
	if d := sh.e.universe.Catalog.Classes[class]; d != nil {
		for _, m := range d.Methods {
			if m.Static {
				c.names = append(c.names, m.Name)
				c.what[m.Name] = m.String()
			}
		}
	}
	if sh.base == nil {
		return
	}
	for _, d := range sh.base.Classes {
		if d.Name != class {
			continue
		}
		for _, m := range d.Methods {
			if m.Static {
				c.names = append(c.names, m.Name)
			}
		}
	}
}

func (sh *shell) variables(c *completion) {
	for _, v := range sh.e.universe.Catalog.Vars {
		c.names = append(c.names, "$"+v.Name)
	}
	if sh.base != nil {
		for _, g := range sh.base.Globals {
			c.names = append(c.names, "$"+g)
		}
	}
	for _, g := range sh.e.defined() {
		c.names = append(c.names, "$"+g)
	}
}

func (sh *shell) functions(c *completion) {
	for _, f := range sh.e.universe.Catalog.Funcs {
		if !strings.HasPrefix(f.Name, "__") && (sh.e.s.Compat || !f.Compat) {
			c.names = append(c.names, f.Name)
			c.what[f.Name] = f.String()
		}
	}
	for n := range sh.e.universe.Catalog.Classes {
		c.names = append(c.names, n)
	}
	if sh.base != nil {
		for n := range sh.base.Exports {
			c.names = append(c.names, n)
		}
	}
	for _, w := range token.Keywords() {
		c.names = append(c.names, w)
		if k := sig.KeywordOf(w); k != nil {
			c.what[w] = k.Syntax
		}
	}
}

// importPaths lists the files that an import path can go on with.
func (sh *shell) importPaths(word string) []string {
	var out []string
	list := func(prefix string, root *module.Root, dir string) {
		if root == nil {
			return
		}
		entries, err := fs.ReadDir(root.FS, path.Join(".", dir))
		if err != nil {
			return
		}
		for _, e := range entries {
			name := prefix + path.Join(dir, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), "."):
			case e.IsDir():
				out = append(out, name+"/")
			default:
				out = append(out, name)
			}
		}
	}
	dir := func(s string) string { return path.Dir(s + "x") }
	if rest, ok := strings.CutPrefix(word, "std://"); ok {
		list("std://", sh.roots.Std, dir(rest))
	} else if rest, ok := strings.CutPrefix(word, "extras://"); ok {
		for _, r := range sh.roots.Extras {
			list("extras://", r, dir(rest))
		}
	} else {
		out = append(out, "std://", "extras://")
		list("", sh.roots.Files, dir(word))
	}
	for i, n := range out {
		if strings.HasPrefix(n, "std://") || strings.HasPrefix(n, "extras://") {
			out[i] = strings.TrimSuffix(n, ".hsl")
		}
	}
	return out
}

// candidates puts a completion into the form of the line editor, which replaces
// everything back to the last blank.
func candidates(before string, c completion) readline.Completions {
	blank := before[strings.LastIndexAny(before, " \t\n")+1:]
	head, ok := strings.CutSuffix(blank, c.word)
	if !ok {
		head, blank = "", c.word // a file name with blanks
	}
	var list []readline.Completion
	for _, n := range c.names {
		list = append(list, readline.Completion{Value: head + n, Display: n, Description: c.what[n]})
	}
	out := readline.CompleteRaw(list)
	out.PREFIX = blank
	return out
}
