package sig

import (
	"fmt"
	"strings"
)

// New returns the declaration written as
//
//	NAME(PARAM: TYPE|TYPE, OPTIONAL?: TYPE = DEFAULT, ...REST: TYPE) -> TYPE|TYPE
//
// A parameter called options takes the given keys. A malformed declaration is a
// fault of the program and panics.
func New(decl, text string, options ...Option) Func {
	f := Func{Text: text}
	head, rest, ok := strings.Cut(decl, "(")
	params, returns, closed := strings.Cut(rest, ") -> ")
	f.Name = strings.TrimSpace(head)
	if !ok || !closed || f.Name == "" {
		panic("sig: malformed declaration " + decl)
	}
	f.Returns = types(returns)
	for _, p := range splitParams(params) {
		f.Params = append(f.Params, param(p))
	}
	if len(options) > 0 {
		p := f.param("options")
		if p == nil {
			panic("sig: no parameter options in " + decl)
		}
		p.Options = options
	}
	return f
}

// Opt returns an option written as NAME: TYPE|TYPE = DEFAULT.
func Opt(decl, text string) Option {
	p := param(decl)
	return Option{Name: p.Name, Types: p.Types, Default: p.Default, Text: text}
}

// For returns the declaration for the given contexts.
func (f Func) For(contexts ...string) Func {
	f.Contexts = contexts
	return f
}

// Show returns the declaration with an example and what it prints.
func (f Func) Show(code, output string) Func {
	f.Example, f.Output = code, output
	return f
}

// Gives returns the declaration with the shape of the array that it returns.
func (f Func) Gives(shape string) Func {
	f.Shape = shape
	return f
}

// Legacy returns the declaration as that of an old name, with what to write instead.
func (f Func) Legacy(modern string) Func {
	f.Compat, f.Modern = true, modern
	return f
}

// Widened returns the declaration of a method with a form that takes older arguments as
// well, which programs compiled with compat see in its place. One implementation serves
// both; it asks vm.Thread.Compat which of them it has.
func (f Func) Widened(wider Func) Func {
	wider.Compat = true
	f.Wider = &wider
	return f
}

// AsGiven returns the declaration as that of a function that judges the types of its
// arguments itself: they are neither refused nor converted.
func (f Func) AsGiven() Func {
	f.Raw = true
	return f
}

// Method returns the declaration as a method.
func (f Func) Method() *Func { return &f }

// StaticMethod returns the declaration as a static method.
func (f Func) StaticMethod() *Func {
	f.Static = true
	return &f
}

func (f *Func) param(name string) *Param {
	for i := range f.Params {
		if f.Params[i].Name == name {
			return &f.Params[i]
		}
	}
	return nil
}

// splitParams cuts at commas outside quotes and brackets of defaults.
func splitParams(s string) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ',' && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	if strings.TrimSpace(s[from:]) != "" {
		out = append(out, s[from:])
	}
	return out
}

func param(s string) Param {
	var p Param
	s = strings.TrimSpace(s)
	s, p.Default, p.Optional = strings.Cut(s, " = ")
	name, typ, ok := strings.Cut(s, ": ")
	if !ok {
		panic(fmt.Sprintf("sig: parameter %q has no type", s))
	}
	if name, ok = strings.CutPrefix(name, "..."); ok {
		p.Variadic, p.Optional = true, true
	}
	if name, ok = strings.CutSuffix(name, "?"); ok {
		p.Optional = true
	}
	p.Name, p.Types = name, types(typ)
	return p
}

func types(s string) []Type {
	var out []Type
	for t := range strings.SplitSeq(strings.TrimSpace(s), "|") {
		out = append(out, Type(t))
	}
	return out
}
