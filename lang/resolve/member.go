package resolve

import (
	"iter"
	"maps"
	"slices"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/sig"
)

// static resolves CLASS::member of a class of this program; rest is what stands
// behind the class.
func (r *resolver) static(s *Scope, n *ast.Name, c *Class, rest []*ast.Ident, args int) {
	inside := s.Class == c
	if n.Var != nil {
		st, ok := c.members[n.Var.Name].(*Static)
		if !ok || len(rest) > 0 {
			r.errorAt(spanOf(n.Var), "unknown-member", suggest(n.Var.Name, staticNames(c, false)), "class %s has no static variable '$%s'", c.Name, n.Var.Name)
			return
		}
		if st.Private && !inside {
			r.errorAt(spanOf(n.Var), "private", "", "'$%s' is private to class %s", st.Name, c.Name)
		}
		n.Sym = &Target{Kind: ToGlobal, Index: st.Global, ReadOnly: st.ReadOnly && !inside}
		return
	}
	if len(rest) != 1 {
		r.errorAt(ast.Span(n), "unknown-member", "", "got '%s', want CLASS::member", text(n))
		return
	}
	id := rest[0]
	m, ok := c.members[id.Name].(*Method)
	if !ok || !m.Static {
		hint := suggest(id.Name, staticNames(c, true))
		if ok {
			hint = "call it on an object: $object->" + id.Name + "()"
		}
		r.errorAt(spanOf(id), "unknown-member", hint, "class %s has no static function '%s'", c.Name, id.Name)
		return
	}
	if m.Private && !inside {
		r.errorAt(spanOf(id), "private", "", "'%s' is private to class %s", m.Name, c.Name)
	}
	n.Sym = &Target{Kind: ToFunc, Index: m.Scope.Index}
	if args > -2 {
		r.arity(c.Name+"::"+m.Name, m.Scope, args, ast.Span(n))
	}
}

func staticNames(c *Class, funcs bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for n, m := range c.members {
			me, isMethod := m.(*Method)
			_, isStatic := m.(*Static)
			if (funcs && isMethod && me.Static || !funcs && isStatic) && !yield(n) {
				return
			}
		}
	}
}

// native resolves CLASS::function of a native class.
func (r *resolver) native(n *ast.Name, c *sig.Class, args int) {
	if n.Var != nil || len(n.Parts) != 2 {
		r.errorAt(ast.Span(n), "unknown-member", "", "got '%s', want CLASS::function", text(n))
		return
	}
	id := n.Parts[1]
	m := r.nativeMethod(c, id.Name, (*sig.Class).Static)
	if m == nil {
		names := func(yield func(string) bool) {
			for _, f := range c.Methods {
				if f.Static && !yield(f.Name) {
					return
				}
			}
		}
		r.errorAt(spanOf(id), "unknown-member", suggest(id.Name, names), "class %s has no static function '%s'", c.Name, id.Name)
		return
	}
	n.Sym = &Target{Kind: ToNative, Native: c, Method: m}
	if args > -2 {
		r.count(c.Name+"::"+id.Name, m.MinArgs(), m.MaxArgs(), args, ast.Span(n))
	}
}

// inSpace resolves ns::name, ns::$v, ns::Class::member.
func (r *resolver) inSpace(n *ast.Name, sym *Symbol, args int) {
	p := sym.Program
	if len(n.Parts) == 1 {
		e, ok := p.Exports["$"+n.Var.Name]
		if !ok {
			r.errorAt(spanOf(n.Var), "import", suggest("$"+n.Var.Name, maps.Keys(p.Exports)), "module '%s' has no '$%s'", p.Name, n.Var.Name)
			return
		}
		n.Sym = &Target{Kind: ToGlobal, Index: r.borrow(e, sym.Name+"::$"+n.Var.Name, sym.Import)}
		return
	}
	id := n.Parts[1]
	e, ok := p.Exports[id.Name]
	if !ok {
		r.errorAt(spanOf(id), "import", suggest(id.Name, maps.Keys(p.Exports)), "module '%s' has no '%s'", p.Name, id.Name)
		return
	}
	if len(n.Parts) == 2 && n.Var == nil {
		n.Sym = &Target{Kind: ToForeign, Index: r.foreign(e)}
		if args > -2 {
			r.foreignArity(text(n), e, args, ast.Span(n))
		}
		return
	}
	r.foreignMember(n, e, n.Parts[2:], args)
}

// borrow binds a hidden global to the variable of another module.
func (r *resolver) borrow(e bytecode.Export, name string, imp int) int {
	for _, v := range r.info.ImportVars {
		if v.From == e {
			return v.Global
		}
	}
	g := r.global(name)
	r.info.ImportVars = append(r.info.ImportVars, bytecode.ImportVar{Global: g, From: e})
	r.info.ImportOf = append(r.info.ImportOf, imp)
	return g
}

// foreignMember resolves CLASS::member of an imported class.
func (r *resolver) foreignMember(n *ast.Name, e bytecode.Export, rest []*ast.Ident, args int) {
	if e.Kind != bytecode.ExportClass {
		r.errorAt(ast.Span(n), "unknown-class", "", "'%s' is a function, want class before '::'", n.Parts[0].Name)
		return
	}
	c := e.Program.Classes[e.Index]
	if n.Var != nil {
		i := slices.IndexFunc(c.Statics, func(s bytecode.ClassStatic) bool { return s.Name == n.Var.Name })
		if i < 0 || len(rest) > 0 {
			r.errorAt(spanOf(n.Var), "unknown-member", "", "class %s has no static variable '$%s'", c.Name, n.Var.Name)
			return
		}
		if c.Statics[i].Private {
			r.errorAt(spanOf(n.Var), "private", "", "'$%s' is private to class %s", n.Var.Name, c.Name)
		}
		v := bytecode.Export{Program: e.Program, Kind: bytecode.ExportVar, Index: c.Statics[i].Global}
		n.Sym = &Target{Kind: ToGlobal, Index: r.borrow(v, text(n), 0), ReadOnly: c.Statics[i].ReadOnly}
		return
	}
	if len(rest) != 1 {
		r.errorAt(ast.Span(n), "unknown-member", "", "got '%s', want CLASS::member", text(n))
		return
	}
	i := slices.IndexFunc(c.Methods, func(m bytecode.Method) bool { return m.Name == rest[0].Name && m.Static })
	if i < 0 {
		r.errorAt(spanOf(rest[0]), "unknown-member", "", "class %s has no static function '%s'", c.Name, rest[0].Name)
		return
	}
	if c.Methods[i].Private {
		r.errorAt(spanOf(rest[0]), "private", "", "'%s' is private to class %s", rest[0].Name, c.Name)
	}
	f := bytecode.Export{Program: e.Program, Kind: bytecode.ExportFunc, Index: c.Methods[i].Proto}
	n.Sym = &Target{Kind: ToForeign, Index: r.foreign(f)}
	if args > -2 {
		r.foreignArity(text(n), f, args, ast.Span(n))
	}
}

// cacheable checks that a cache expression calls a named function.
func (r *resolver) cacheable(n *ast.Cache) {
	if name, ok := n.Call.Fn.(*ast.Name); ok && name.Var != nil {
		r.errorAt(ast.Span(name), "placement", "", "cache takes a call of a named function, got variable '%s'", text(name))
	}
}

// methodCall checks a call of a method when the class of the object is certain:
// a native class whose object was made in the same expression, so that nothing can
// have given it a property of that name.
func (r *resolver) methodCall(p *ast.Prop, args int) {
	c := r.nativeClass(p.X)
	if c == nil {
		return
	}
	m := r.nativeMethod(c, p.Name.Name, (*sig.Class).Method)
	if m == nil {
		names := func(yield func(string) bool) {
			for _, f := range c.Methods {
				if !f.Static && !yield(f.Name) {
					return
				}
			}
		}
		r.errorAt(spanOf(p.Name), "unknown-member", suggest(p.Name.Name, names), "class %s has no method '%s'", c.Name, p.Name.Name)
		return
	}
	if r.opt.Compat && m.Wider != nil {
		m = m.Wider
	}
	r.count(c.Name+"->"+p.Name.Name, m.MinArgs(), m.MaxArgs(), args, spanOf(p.Name))
}

func (r *resolver) nativeMethod(c *sig.Class, name string, find func(*sig.Class, string) *sig.Func) *sig.Func {
	for ; c != nil; c = r.cat.Classes[c.Parent] {
		if m := find(c, name); m != nil {
			return m
		}
	}
	return nil
}

// nativeClass returns the native class that an expression makes an object of, nil
// when it is none or not certain.
func (r *resolver) nativeClass(x ast.Expr) *sig.Class {
	call, ok := x.(*ast.Call)
	if !ok {
		return nil
	}
	var f *sig.Func
	switch fn := call.Fn.(type) {
	case *ast.Name:
		t, _ := fn.Sym.(*Target)
		switch {
		case t == nil:
		case t.Kind == ToBuiltin:
			f = r.cat.Func(fn.Parts[0].Name, r.opt.Context, r.opt.Compat)
		case t.Kind == ToNative:
			f = t.Method
		}
	case *ast.Prop:
		if c := r.nativeClass(fn.X); c != nil {
			f = r.nativeMethod(c, fn.Name.Name, (*sig.Class).Method)
		}
	}
	if f == nil || len(f.Returns) != 1 {
		return nil
	}
	return r.cat.Classes[string(f.Returns[0])]
}
