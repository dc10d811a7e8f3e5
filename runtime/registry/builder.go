package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Builder collects declarations. A second declaration of one name panics:
// that is a fault of the program, found by its first test.
type Builder struct {
	funcs    []*sig.Func
	builtins []vm.Builtin
	slots    map[string]int
	classes  map[string]*sig.Class
	native   map[string]*value.Class
	vars     []*sig.Var
	loaders  []DataLoader
	regex    vm.RegexCompiler
	check    func(pattern, flags string) error
	gone     map[string]string
	domains  []sig.Domain
}

// New returns an empty builder.
func New() *Builder {
	return &Builder{slots: map[string]int{}, classes: map[string]*sig.Class{}, native: map[string]*value.Class{}, gone: map[string]string{}}
}

// Domain begins a page of the reference: what is declared from here on belongs to it.
func (b *Builder) Domain(name, title string) {
	b.domains = append(b.domains, sig.Domain{Name: name, Title: title})
}

func (b *Builder) domain() string {
	if n := len(b.domains); n > 0 {
		return b.domains[n-1].Name
	}
	return ""
}

// Func declares a function. Declaring a name again is allowed for other
// contexts only; impl is then ignored when nil.
func (b *Builder) Func(f sig.Func, impl vm.Impl) {
	slot, seen := b.slots[f.Name]
	if !seen {
		slot = len(b.builtins)
		b.slots[f.Name] = slot
		b.builtins = append(b.builtins, vm.Builtin{Name: f.Name, Impl: impl})
	} else {
		for _, v := range b.builtins[slot].Variants {
			if v.Sig.Compat == f.Compat && overlap(v.Sig, &f) {
				panic("registry: " + f.Name + " declared twice")
			}
		}
	}
	f.Domain = b.domain()
	b.funcs = append(b.funcs, &f)
	bi := &b.builtins[slot]
	if bi.Impl == nil {
		bi.Impl = impl
	}
	if bi.Variants = append(bi.Variants, vm.NewVariant(&f)); f.Compat {
		// Of two that fit the machine takes the first: the wider one.
		slices.Reverse(bi.Variants)
	}
	for _, p := range f.Params {
		bi.Callback = bi.Callback || slices.Contains(p.Types, sig.Function)
	}
}

func overlap(a, b *sig.Func) bool {
	if len(a.Contexts) == 0 || len(b.Contexts) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Contexts, b.In)
}

// Impl returns the implementation of a function declared before, for another name
// of it; that of a static method is named Class::method.
func (b *Builder) Impl(name string) vm.Impl {
	if class, method, ok := strings.Cut(name, "::"); ok {
		if c := b.native[class]; c != nil && c.Statics[method] != nil {
			return c.Statics[method].Impl.(*vm.NativeMethod).Impl
		}
	} else if slot, ok := b.slots[name]; ok {
		return b.builtins[slot].Impl
	}
	panic("registry: " + name + " is not declared yet")
}

// Gone names functions of older products that nothing has here; hint says what to do
// instead.
func (b *Builder) Gone(hint string, names ...string) {
	for _, n := range names {
		b.gone[n] = hint
	}
}

// Class declares a native class. impls maps method names to implementations,
// the class name to its constructor; "::NAME" is a static method of the name of a
// method. The returned class makes objects: value.Native(class, state).
func (b *Builder) Class(c sig.Class, impls map[string]vm.Impl) *value.Class {
	if b.classes[c.Name] != nil {
		panic("registry: class " + c.Name + " declared twice")
	}
	vc := &value.Class{Name: c.Name, Decl: &c, Methods: map[string]*value.Method{}, Statics: map[string]*value.Method{}}
	if c.Parent != "" {
		vc.Parent = b.native[c.Parent]
		if vc.Parent == nil {
			panic("registry: class " + c.Name + " needs " + c.Parent + " first")
		}
	}
	c.Domain = b.domain()
	for _, m := range c.Methods {
		m.Class, m.Domain = c.Name, c.Domain
		if m.Wider != nil {
			m.Wider.Class, m.Wider.Domain = c.Name, c.Domain
		}
		impl, methods := impls[m.Name], vc.Methods
		if m.Static {
			methods = vc.Statics
			if own := impls["::"+m.Name]; own != nil {
				impl = own
			}
		}
		if impl == nil {
			panic(fmt.Sprintf("registry: no implementation of %s", m))
		}
		methods[m.Name] = &value.Method{Name: m.Name, Static: m.Static, Sig: m, Impl: vm.NewMethod(m, impl)}
	}
	b.classes[c.Name] = &c
	b.native[c.Name] = vc
	if c.Constructor != nil {
		c.Constructor.Name, c.Constructor.Class = c.Name, c.Name
		b.Func(*c.Constructor, impls[c.Name])
		b.builtins[b.slots[c.Name]].Class = vc
	}
	return vc
}

// NativeClass returns a class declared before, for packages that build on it.
func (b *Builder) NativeClass(name string) *value.Class { return b.native[name] }

// Var declares a predefined variable of hooks.
func (b *Builder) Var(v sig.Var) { b.vars = append(b.vars, &v) }

// Regex sets the engine of regex literals and of =~, and the check of literals
// at compile time.
func (b *Builder) Regex(c vm.RegexCompiler, check func(pattern, flags string) error) {
	b.regex, b.check = c, check
}

// Universe is the frozen result. It never changes and is shared by everything.
type Universe struct {
	Catalog  *sig.Catalog
	Builtins []vm.Builtin
	Classes  map[string]*value.Class
	Regex    vm.RegexCompiler
	loaders  []DataLoader
}

// Freeze ends building.
func (b *Builder) Freeze() *Universe {
	cat := &sig.Catalog{Funcs: b.funcs, Classes: b.classes, Vars: b.vars, Slots: b.slots, Gone: b.gone, Domains: b.domains, CheckRegex: b.check}
	slices.SortStableFunc(cat.Funcs, func(x, y *sig.Func) int { return strings.Compare(x.Name, y.Name) })
	return &Universe{Catalog: cat, Builtins: b.builtins, Classes: b.native, Regex: b.regex, loaders: b.loaders}
}
