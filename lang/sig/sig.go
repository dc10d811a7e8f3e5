package sig

import "strings"

// Type is a type name as signatures print it: none, boolean, number, string,
// array, function, object, any, variable, or the name of a class or resource.
type Type string

// The types with meaning to the argument checker; class and resource names are
// types as well.
const (
	None     Type = "none"
	Boolean  Type = "boolean"
	Number   Type = "number"
	String   Type = "string"
	Array    Type = "array"
	Function Type = "function"
	Object   Type = "object"
	Any      Type = "any"
	Variable Type = "variable"
	Never    Type = "never"

	// FFIFunction values are functions that do not come from scripts.
	FFIFunction Type = "FFIFunction"
)

// Param is one parameter.
type Param struct {
	Name     string
	Types    []Type
	Optional bool
	Variadic bool
	Default  string // as printed in signatures; "" when none is shown
	Text     string // one line of help
	Options  []Option
}

// Option is one key of an options array.
type Option struct {
	Name    string
	Types   []Type
	Default string
	Text    string
}

// Func declares a function, constructor or method.
type Func struct {
	Name       string
	Class      string   // class of a method; "" for functions
	Contexts   []string // hooks that have it; empty: every program
	Params     []Param
	Returns    []Type
	Text       string // what it does, first sentence standing alone
	Example    string // HSL whose output is checked, "" for none
	Output     string // output of Example
	Shape      string // of an array that it returns, as ["key" => type]; "" when the text says enough
	Domain     string // page of the reference
	Since      string // version that introduced it
	Static     bool
	Terminates bool   // ends the hook script
	Construct  bool   // language construct, not callable as a value
	Compat     bool   // legacy name, only in programs compiled with compat
	Modern     string // what to write instead of a legacy name
	Raw        bool   // takes arguments of any type as they are and judges them itself
	Wider      *Func  // of a method: the form, with older ones, that programs compiled with compat see; nil: none
}

// MinArgs returns the number of required arguments.
func (f *Func) MinArgs() int {
	n := 0
	for _, p := range f.Params {
		if !p.Optional && !p.Variadic {
			n++
		}
	}
	return n
}

// MaxArgs returns the greatest number of arguments, -1 when unlimited.
func (f *Func) MaxArgs() int {
	if n := len(f.Params); n > 0 && f.Params[n-1].Variadic {
		return -1
	}
	return len(f.Params)
}

// In reports whether the function exists in a program of the given context
// ("" is a program outside hooks).
func (f *Func) In(context string) bool {
	if len(f.Contexts) == 0 {
		return true
	}
	for _, c := range f.Contexts {
		if c == context {
			return true
		}
	}
	return false
}

// String returns the signature in the notation of the reference:
// str_split(string, delimiter [, limit = 0]) → array.
func (f *Func) String() string {
	var b strings.Builder
	if f.Class != "" && f.Class != f.Name {
		b.WriteString(f.Class)
		if f.Static {
			b.WriteString("::")
		} else {
			b.WriteString("->")
		}
	}
	b.WriteString(f.Name)
	b.WriteByte('(')
	open := 0
	for i, p := range f.Params {
		if p.Optional {
			if i > 0 {
				b.WriteString(" [, ")
			} else {
				b.WriteByte('[')
			}
			open++
		} else if i > 0 {
			b.WriteString(", ")
		}
		if p.Variadic {
			b.WriteString("...")
		}
		b.WriteString(p.Name)
		if p.Default != "" {
			b.WriteString(" = " + p.Default)
		}
	}
	b.WriteString(strings.Repeat("]", open))
	b.WriteByte(')')
	if len(f.Returns) > 0 {
		b.WriteString(" → " + Union(f.Returns))
	}
	return b.String()
}

// Union prints alternatives: string|none.
func Union(types []Type) string {
	s := make([]string, len(types))
	for i, t := range types {
		s[i] = string(t)
	}
	return strings.Join(s, "|")
}

// Class declares a built-in class.
type Class struct {
	Name        string
	Constructor *Func // nil: cannot be constructed by script
	Methods     []*Func
	Parent      string // class whose methods it shares, "" for none
	Text        string
	Domain      string // page of the reference
}

// Method returns the method of that name, nil when unknown. A class may have a
// static one of the same name.
func (c *Class) Method(name string) *Func { return c.find(name, false) }

// Static returns the static method of that name, nil when unknown.
func (c *Class) Static(name string) *Func { return c.find(name, true) }

func (c *Class) find(name string, static bool) *Func {
	for _, m := range c.Methods {
		if m.Name == name && m.Static == static {
			return m
		}
	}
	return nil
}

// Var declares a predefined variable of a hook.
type Var struct {
	Name     string // without the dollar sign
	Contexts []string
	Writable bool
	Compat   bool // legacy variable, only in programs compiled with compat
	Text     string
}

// In reports whether the variable exists in the given context.
func (v *Var) In(context string) bool { return (&Func{Contexts: v.Contexts}).In(context) }
