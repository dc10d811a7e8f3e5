package vm

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Library is everything built in that programs are linked to.
type Library struct {
	Builtins []Builtin
	Classes  map[string]*value.Class
	Regex    RegexCompiler
}

// Image is an entry program with all modules it imports, linked. It never
// changes and serves any number of threads.
type Image struct {
	lib   *Library
	calls []call  // of each built-in as this image sees it
	units []*unit // in order of execution; the entry program is the last
	index map[*bytecode.Program]int
	freed sync.Pool // of *Thread
}

// unit is one linked program.
type unit struct {
	prog    *bytecode.Program
	index   int
	k       []value.Value
	consts  unsafe.Pointer // the first of k
	foreign []foreign
	classes []*classInfo
	sites   []site
	hits    []uint32 // how often each point of the program was run; atomic
}

// call is a built-in with the declaration that holds in the image's context,
// nil when it has none there.
type call struct {
	impl    Impl
	variant *Variant
}

// builtins chooses the declarations of the image's context.
func (m *Image) builtins() {
	context := m.Program().Context
	m.calls = make([]call, len(m.lib.Builtins))
	for i := range m.lib.Builtins {
		b := &m.lib.Builtins[i]
		m.calls[i] = call{b.Impl, b.variant(context)}
	}
}

// foreign is a function or class of another unit.
type foreign struct {
	unit, index int
	class       bool
}

// classInfo is the part of a class that all threads share.
type classInfo struct {
	decl     *bytecode.Class
	methods  map[string]*bytecode.Method
	props    map[string]*bytecode.ClassProp // private or readonly ones
	shape    *value.Shape
	defaults []value.Value
}

// Program returns the entry program.
func (m *Image) Program() *bytecode.Program { return m.units[len(m.units)-1].prog }

// TakeHits calls f with the programs of the image that were compiled for coverage
// and how often their points have run since the last call.
func (m *Image) TakeHits(f func(p *bytecode.Program, hits []uint32)) {
	for _, u := range m.units {
		if u.hits == nil {
			continue
		}
		taken := make([]uint32, len(u.hits))
		for i := range taken {
			taken[i] = atomic.SwapUint32(&u.hits[i], 0)
		}
		f(u.prog, taken)
	}
}

// Link prepares a program for running. It fails when a constant expression
// cannot be computed; the error is a *diag.Diagnostic.
func Link(p *bytecode.Program, lib *Library) (*Image, error) {
	m := &Image{lib: lib, index: map[*bytecode.Program]int{}}
	if err := m.add(p); err != nil {
		return nil, err
	}
	m.builtins()
	return m, nil
}

func (m *Image) add(p *bytecode.Program) error {
	if _, ok := m.index[p]; ok {
		return nil
	}
	for _, im := range p.Imports {
		if im.Program != nil {
			if err := m.add(im.Program); err != nil {
				return err
			}
		}
	}
	if err := p.Verify(len(m.lib.Builtins)); err != nil {
		return fmt.Errorf("internal error in %s: %w", p.Name, err)
	}
	u := &unit{prog: p, index: len(m.units)}
	if n := len(p.Points); n > 0 {
		u.hits = make([]uint32, n)
	}
	m.index[p] = u.index
	m.units = append(m.units, u)
	for _, e := range p.Foreign {
		if err := m.add(e.Program); err != nil {
			return err
		}
		u.foreign = append(u.foreign, foreign{m.index[e.Program], e.Index, e.Kind == bytecode.ExportClass})
	}
	if err := m.constants(u); err != nil {
		return err
	}
	u.sites = make([]site, len(p.Sites))
	for i, c := range p.Sites {
		u.sites[i].key = u.k[c]
		u.sites[i].name = u.k[c].Str()
	}
	for _, c := range p.Classes {
		u.classes = append(u.classes, newClassInfo(u, c))
	}
	return nil
}

func newClassInfo(u *unit, c *bytecode.Class) *classInfo {
	i := &classInfo{decl: c, methods: map[string]*bytecode.Method{}, props: map[string]*bytecode.ClassProp{}}
	for j := range c.Methods {
		i.methods[c.Methods[j].Name] = &c.Methods[j]
	}
	var keys []string
	for j := range c.Props {
		p := &c.Props[j]
		keys = append(keys, p.Name)
		i.defaults = append(i.defaults, u.k[p.Const])
		if p.Private || p.ReadOnly {
			i.props[p.Name] = p
		}
	}
	i.shape = value.NewShape(keys)
	return i
}

// constants makes the values of the constant pool.
func (m *Image) constants(u *unit) error {
	u.k = make([]value.Value, len(u.prog.Consts))
	u.consts = unsafe.Pointer(unsafe.SliceData(u.k))
	for i, c := range u.prog.Consts {
		v, err := m.constant(u, c)
		if err != nil {
			return err
		}
		u.k[i] = v
	}
	return nil
}

func (m *Image) constant(u *unit, c bytecode.Const) (value.Value, error) {
	switch c := c.(type) {
	case bool:
		return value.Bool(c), nil
	case float64:
		return value.Num(c), nil
	case string:
		return value.Str(c), nil
	case bytecode.Regex:
		if m.lib.Regex == nil {
			return value.None, fmt.Errorf("regular expressions are not available")
		}
		return m.lib.Regex.Literal(c.Pattern, c.Flags)
	case bytecode.ConstArray:
		// Elements stand in the pool before the array that uses them.
		a := value.NewArray(len(c))
		for _, e := range c {
			if e.Key < 0 {
				a.Append(u.k[e.Value])
			} else {
				a.Set(u.k[e.Key], u.k[e.Value])
			}
		}
		return value.FromArray(a).Freeze(), nil
	case bytecode.ConstCode:
		return m.compute(u, c.Proto)
	}
	return value.None, nil
}

// compute runs the code of a constant expression.
func (m *Image) compute(u *unit, proto int) (value.Value, error) {
	t := New(m, DefaultHost(nil), Limits{Steps: 1_000_000, Memory: 16 << 20})
	t.start(context.Background())
	mod := &Module{unit: u}
	t.push(frame{proto: u.prog.Protos[proto], mod: mod})
	v, err := t.run(0)
	if err != nil {
		return v, diag.At(u.prog.Fset, u.prog.Protos[proto].Span, diag.Error, "constant", "%s", err)
	}
	return v.Freeze(), nil
}

// Module is one program of the image during one run.
type Module struct {
	unit    *unit
	cells   []*value.Cell
	classes []*value.Class
	ran     bool
}

// Class is what value.Class.Script points to.
type Class struct {
	*classInfo
	mod *Module
}

// code returns where the instructions of a function and its constants are.
func (m *Module) code(p *bytecode.Proto) (code, k unsafe.Pointer) {
	return unsafe.Pointer(unsafe.SliceData(p.Code)), m.unit.consts
}

// instance makes the module of a unit; those it imports exist already.
func (t *Thread) instance(u *unit) *Module {
	m := &Module{unit: u}
	if n := len(u.prog.Globals); n > 0 {
		store := make([]value.Cell, n)
		m.cells = make([]*value.Cell, n)
		for i := range m.cells {
			store[i].V = value.Undef
			m.cells[i] = &store[i]
		}
	}
	for _, im := range u.prog.Imports {
		for _, v := range im.Vars {
			m.cells[v.Global] = t.mods[t.img.index[v.From.Program]].cells[v.From.Index]
		}
	}
	for _, c := range u.prog.Classes {
		for _, s := range c.Statics {
			m.cells[s.Global].V = u.k[s.Const]
		}
	}
	return m
}

// class returns the class of a module, made when first used.
func (m *Module) class(i int) *value.Class {
	if m.classes == nil {
		m.classes = make([]*value.Class, len(m.unit.classes))
	}
	if m.classes[i] == nil {
		info := m.unit.classes[i]
		m.classes[i] = &value.Class{Name: info.decl.Name, Shape: info.shape, Script: &Class{info, m}}
	}
	return m.classes[i]
}
