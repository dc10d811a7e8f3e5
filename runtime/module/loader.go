package module

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

type hash [sha256.Size]byte

func sum(b []byte) hash { return sha256.Sum256(b) }

// Entry is a script to build an image of.
type Entry struct {
	ID      string   // name in the Set
	Context string   // hook; "" for a program outside hooks
	Root    *Root    // tree it lies in, for relative names
	Path    string   // inside Root
	Source  []byte   // content when it is not to be read from Root
	Globals []string // variables that have a value before the script runs
	Module  bool     // a module that hooks import: it may call what any of them has
	Shell   bool     // the program can be the Base of a later one
	Base    *bytecode.Program
}

// Loader builds sets. It keeps compiled programs, so that a build after a small
// change compiles little. It serves one Build at a time.
type Loader struct {
	Cover  bool // programs count what they run
	Compat bool // programs may use legacy names
	// Plain compiles without optimisations, for tests that compare.
	Plain bool

	universe *registry.Universe
	lib      *vm.Library
	kept     map[key]*compiled
	last     *Set
}

// key names a kept program.
type key struct {
	loc     location
	context string
	module  bool
	cover   bool
}

// NewLoader returns a loader for programs that use the universe.
func NewLoader(u *registry.Universe) *Loader {
	return &Loader{universe: u, lib: u.Library(), kept: map[key]*compiled{}}
}

// build is one Build while it runs.
type build struct {
	*Loader
	roots *Roots
	read  func(location) ([]byte, error) // one content per file and build
	next  map[key]*compiled
	stack []location // modules being compiled
}

// Build compiles and links the entries. The list holds every error and warning
// of all entries; with an error in it there is no set. A build of unchanged
// files returns the set of the last one.
func (l *Loader) Build(ctx context.Context, roots *Roots, entries []Entry) (*Set, diag.List) {
	b := &build{Loader: l, roots: roots, next: map[key]*compiled{}, read: once()}
	s := &Set{images: map[string]*vm.Image{}, entries: map[string]Entry{}, files: map[location]hash{}, cover: l.Cover}
	var diags diag.List
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, append(diags, &diag.Diagnostic{Message: "the build was cancelled"})
		}
		img, c := b.entry(e)
		diags = append(diags, c.diags...)
		for loc, h := range c.deps {
			s.files[loc] = h
		}
		if img != nil {
			s.images[e.ID] = img
			s.entries[e.ID] = e
		}
	}
	diags.Sort()
	if diags.Errors() {
		return nil, diags
	}
	l.kept = b.next
	s.finish()
	if l.last != nil && l.last.Version == s.Version {
		return l.last, diags
	}
	if l.last != nil {
		s.Generation = l.last.Generation
	}
	s.Generation++
	l.last = s
	return s, diags
}

// once returns a reader that reads each file a single time.
func once() func(location) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	seen := map[location]result{}
	return func(l location) ([]byte, error) {
		r, ok := seen[l]
		if !ok {
			r.b, r.err = l.read()
			seen[l] = r
		}
		return r.b, r.err
	}
}

func (b *build) entry(e Entry) (*vm.Image, *compiled) {
	loc := location{e.Root, e.Path}
	src, err := e.Source, error(nil)
	if src == nil {
		if src, err = b.read(loc); err != nil {
			return nil, &compiled{diags: diag.List{{
				Pos: token.Position{File: loc.String()}, Message: "cannot read the script: " + reason(err),
			}}}
		}
	}
	k := key{loc: loc, context: e.Context, module: e.Module, cover: b.Cover}
	c := b.reuse(k, src)
	if c == nil || e.Shell || len(e.Globals) > 0 {
		b.stack = append(b.stack[:0], loc)
		c = b.compile(loc, src, options{context: e.Context, module: e.Module, globals: e.Globals, shell: e.Shell, base: e.Base})
	}
	if c.prog == nil {
		return nil, c
	}
	b.next[k] = c
	if e.Context != "" {
		if bad := b.hookCalls(c.prog, e.Context); bad.Errors() {
			return nil, &compiled{diags: append(bad, c.diags...), deps: c.deps}
		}
	}
	img, err := vm.Link(c.prog, b.lib)
	if err != nil {
		var d *diag.Diagnostic
		if !errors.As(err, &d) {
			d = &diag.Diagnostic{Pos: token.Position{File: loc.String()}, Message: err.Error()}
		}
		return nil, &compiled{diags: append(diag.List{d}, c.diags...), deps: c.deps}
	}
	return img, c
}

// module returns the program of an imported file.
func (b *build) module(loc location, src []byte) (*compiled, error) {
	for i, l := range b.stack {
		if l == loc {
			var names []string
			for _, m := range append(b.stack[i:len(b.stack):len(b.stack)], loc) {
				names = append(names, m.String())
			}
			return nil, fmt.Errorf("import cycle: %s", strings.Join(names, " → "))
		}
	}
	k := key{loc: loc, module: true, cover: b.Cover}
	if c := b.next[k]; c != nil {
		return c, nil
	}
	c := b.reuse(k, src)
	if c == nil {
		b.stack = append(b.stack, loc)
		c = b.compile(loc, src, options{module: true})
		b.stack = b.stack[:len(b.stack)-1]
	}
	b.next[k] = c
	return c, nil
}

// reuse returns the program that an earlier build made from the same content,
// nil when any file it came from has changed. The modules of a kept program are
// kept with it, so that a program is in a set at most once.
func (b *build) reuse(k key, src []byte) *compiled {
	if c := b.next[k]; c != nil {
		return c
	}
	c := b.kept[k]
	if c == nil || c.prog == nil || c.deps[k.loc] != sum(src) {
		return nil
	}
	for loc, h := range c.deps {
		if loc == k.loc {
			continue
		}
		got, err := b.read(loc)
		if errors.Is(err, fs.ErrNotExist) && h == (hash{}) {
			continue
		}
		if err != nil || sum(got) != h {
			return nil
		}
	}
	for _, im := range c.prog.Imports {
		if im.Program == nil {
			continue
		}
		for mk, m := range b.kept {
			if m.prog != im.Program {
				continue
			}
			if other := b.next[mk]; other != nil && other != m {
				return nil // compiled anew for another entry already
			}
			b.next[mk] = m
		}
	}
	return c
}

// hookCalls checks the calls of hook functions in the modules of a program: a
// module is written for no hook in particular.
func (b *build) hookCalls(p *bytecode.Program, context string) diag.List {
	var diags diag.List
	seen := map[*bytecode.Program]bool{p: true}
	var walk func(p *bytecode.Program)
	walk = func(p *bytecode.Program) {
		for _, im := range p.Imports {
			m := im.Program
			if m == nil || seen[m] {
				continue
			}
			seen[m] = true
			for _, c := range m.HookCalls {
				if b.universe.Catalog.Func(c.Name, context, true) == nil {
					diags = append(diags, diag.At(m.Fset, c.Pos, diag.Error, "unavailable",
						"%s is not available in hook %s, which imports this module", c.Name, context))
				}
			}
			walk(m)
		}
	}
	walk(p)
	return diags
}
