package module

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/compile"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

// unit compiles one program: a file with everything it includes. It implements
// resolve.Loader.
type unit struct {
	b        *build
	fset     *token.FileSet
	at       map[string]location // by the name that diagnostics print
	included map[location]bool
	deps     map[location]hash
}

// compiled is a program with the files it was made from, those of its modules
// included. The hash of a file that was looked for in vain is zero.
type compiled struct {
	prog  *bytecode.Program
	diags diag.List
	deps  map[location]hash
}

// options are those of the resolver that differ between programs.
type options struct {
	context string
	module  bool
	globals []string
	base    *bytecode.Program
	shell   bool
}

// compile parses, resolves and compiles the file at loc.
func (b *build) compile(loc location, src []byte, o options) *compiled {
	u := &unit{
		b: b, fset: &token.FileSet{}, at: map[string]location{},
		included: map[location]bool{loc: true}, deps: map[location]hash{loc: sum(src)},
	}
	name := loc.String()
	u.at[name] = loc
	c := &compiled{deps: u.deps}
	f, diags := parser.Parse(u.fset, name, string(src))
	compat := b.Compat || loc.root != nil && loc.root.Compat
	info, more := resolve.Resolve(f, b.universe.Catalog, resolve.Options{
		Fset: u.fset, Context: o.context, Module: o.module, Compat: compat, Loader: u, Globals: o.globals, Shell: o.shell, Base: o.base,
	})
	c.diags = append(diags, more...)
	c.diags.Sort()
	if c.diags.Errors() {
		return c
	}
	c.prog, more = compile.Compile(f, info, compile.Options{Fset: u.fset, Context: o.context, Plain: b.Plain, Cover: b.Cover})
	c.diags = append(c.diags, more...)
	if c.prog != nil {
		c.prog.Compat = compat
	}
	return c
}

// open finds and reads the file that a name stands for.
func (u *unit) open(name, from string) (location, []byte, error) {
	places, err := u.b.roots.candidates(name, u.at[from])
	if err != nil {
		return location{}, nil, err
	}
	for _, l := range places {
		src, err := u.b.read(l)
		if errors.Is(err, fs.ErrNotExist) {
			u.deps[l] = hash{}
			continue
		}
		if err != nil {
			return l, nil, fmt.Errorf("cannot read '%s': %s", name, reason(err))
		}
		u.deps[l] = sum(src)
		return l, src, nil
	}
	return location{}, nil, fmt.Errorf("no file '%s'", name)
}

// reason words an I/O error without the path, which the message names already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Include implements resolve.Loader.
func (u *unit) Include(name, from string, once bool) (*ast.File, diag.List, error) {
	l, src, err := u.open(name, from)
	if err != nil {
		return nil, nil, err
	}
	if once && u.included[l] {
		return nil, nil, nil
	}
	u.included[l] = true
	u.at[l.String()] = l
	f, diags := parser.Parse(u.fset, l.String(), string(src))
	return f, diags, nil
}

// Module implements resolve.Loader.
func (u *unit) Module(name, from string) (*bytecode.Program, error) {
	l, src, err := u.open(name, from)
	if err != nil {
		return nil, err
	}
	c, err := u.b.module(l, src)
	if err != nil {
		return nil, err
	}
	maps.Copy(u.deps, c.deps)
	if err := c.diags.Err(); err != nil {
		return nil, err
	}
	return c.prog, nil
}

// Data implements resolve.Loader.
func (u *unit) Data(name, from string, opts map[string]any) (any, error) {
	loader, file, forced := strings.Cut(name, "!")
	if !forced {
		loader, file = "", name
	}
	d, err := u.b.universe.DataLoader(loader, file)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(opts)) {
		want, ok := d.Options[k]
		if !ok {
			return nil, fmt.Errorf("unknown option '%s' of loader %s", k, d.Name)
		}
		if got := typeOf(opts[k]); got != want {
			return nil, fmt.Errorf("option '%s' of loader %s must be %s, got %s", k, d.Name, want, got)
		}
	}
	_, src, err := u.open(file, from)
	if err != nil {
		return nil, err
	}
	v, err := d.Load(src, opts)
	if err != nil {
		return nil, fmt.Errorf("cannot load '%s' as %s: %s", file, d.Name, err)
	}
	return v, nil
}

// typeOf names the type of a constant of the resolver.
func typeOf(x any) sig.Type {
	switch x.(type) {
	case bool:
		return sig.Boolean
	case float64:
		return sig.Number
	case string:
		return sig.String
	case nil:
		return sig.None
	}
	return sig.Array
}
