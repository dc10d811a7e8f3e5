package resolve

import (
	"iter"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

func (r *resolver) exprs(s *Scope, list ...ast.Expr) {
	for _, x := range list {
		if x != nil {
			r.expr(s, x)
		}
	}
}

// target resolves an expression that is written.
func (r *resolver) target(s *Scope, x ast.Expr) {
	if p, ok := x.(*ast.Pattern); ok {
		for _, e := range p.Elems {
			r.exprs(s, e.Key, e.Default)
			r.target(s, e.Target)
		}
		if p.Rest != nil {
			r.target(s, p.Rest)
		}
		return
	}
	if r.isThis(s, x) {
		return
	}
	r.path(s, x)
	r.store(s, x)
}

// isThis reports $this as the whole of a place that is written.
func (r *resolver) isThis(s *Scope, x ast.Expr) bool {
	v, ok := x.(*ast.Var)
	if !ok || v.Name != "this" {
		return false
	}
	r.errorAt(ast.Span(v), "readonly", "", "'$this' cannot be assigned")
	r.variable(s, "this")
	return true
}

// path resolves the parts of a target; X[] is allowed in it.
func (r *resolver) path(s *Scope, x ast.Expr) {
	switch n := x.(type) {
	case *ast.Index:
		r.path(s, n.X)
		r.exprs(s, n.I)
	case *ast.Slice:
		r.path(s, n.X)
		r.exprs(s, n.Lo, n.Hi, n.Step)
	case *ast.Prop:
		r.path(s, n.X)
	default:
		r.expr(s, x)
	}
}

// expr resolves the names in an expression.
func (r *resolver) expr(s *Scope, x ast.Expr) {
	switch n := x.(type) {
	case *ast.Var:
		if n.Name == "this" {
			r.thisHere(s, n)
		}
		r.variable(s, n.Name)
	case *ast.Regex:
		r.regex(n)
	case *ast.Interp:
		r.exprs(s, n.Parts...)
	case *ast.Paren:
		r.expr(s, n.X)
	case *ast.Array:
		for _, e := range n.Elems {
			r.exprs(s, e.Key, e.Value)
		}
	case *ast.Unary:
		r.expr(s, n.X)
	case *ast.Binary:
		r.exprs(s, n.X, n.Y)
		r.operands(n)
	case *ast.Cond:
		r.exprs(s, n.C, n.T, n.E)
	case *ast.Assign:
		r.expr(s, n.Value)
		r.target(s, n.Target)
	case *ast.IncDec:
		r.target(s, n.X)
	case *ast.Index:
		if n.I == nil {
			r.errorAt(ast.Span(n), "placement", "", "'[]' can only be written, not read")
		}
		r.exprs(s, n.X, n.I)
	case *ast.Slice:
		r.exprs(s, n.X, n.Lo, n.Hi, n.Step)
	case *ast.Prop:
		r.expr(s, n.X)
	case *ast.Call:
		r.call(s, n)
	case *ast.Name:
		r.name(s, n, -2, token.Span{})
	case *ast.Builtin:
		r.builtin(n, -2, token.Span{})
	case *ast.Lambda:
		r.lambda(s, n)
	case *ast.Match:
		r.match(s, n)
	case *ast.Cache:
		r.expr(s, n.Options)
		r.call(s, n.Call)
		r.cacheable(n)
	case *ast.Isset:
		if n.Unset && r.isThis(s, n.X) {
			return
		}
		r.path(s, n.X)
		if n.Unset {
			r.store(s, n.X)
			if v, ok := n.X.(*ast.Var); ok {
				r.variable(s, v.Name).Unset = true
			}
		}
	}
}

func (r *resolver) match(s *Scope, n *ast.Match) {
	r.expr(s, n.X)
	seen := false
	for _, a := range n.Arms {
		if a.Default && seen {
			r.errorAt(token.Span{From: a.From, To: a.To}, "duplicate", "", "a match has at most one default")
		}
		seen = seen || a.Default
		r.exprs(s, a.Labels...)
		r.expr(s, a.Value)
	}
}

func (r *resolver) lambda(s *Scope, n *ast.Lambda) {
	fs := r.scope("", s, ast.Span(n))
	fs.Params, fs.Body, fs.Captures, fs.Class, fs.Lambda = n.Params, n.Body.Stmts, n.Closure, s.Class, true
	n.Scope = fs
	for _, c := range n.Closure {
		if c.Name == "this" {
			r.thisHere(s, c)
		}
		v := r.variable(s, c.Name)
		v.Boxed, v.Unset = true, true
	}
	r.collect(fs, fs.Body, false)
	r.body(fs)
}

func (r *resolver) regex(n *ast.Regex) {
	if r.cat.CheckRegex == nil {
		return
	}
	if err := r.cat.CheckRegex(n.Pattern, n.Flags); err != nil {
		r.errorAt(ast.Span(n), "regex", "", "bad regex literal: %s", err)
	}
}

// call resolves a call; a callee known by name is checked for its arguments.
func (r *resolver) call(s *Scope, n *ast.Call) {
	count := len(n.Args)
	for _, a := range n.Args {
		r.expr(s, a.X)
		if a.Spread {
			count = -1
		}
	}
	switch fn := n.Fn.(type) {
	case *ast.Name:
		r.name(s, fn, count, ast.Span(fn))
	case *ast.Builtin:
		r.builtin(fn, count, ast.Span(fn))
	case *ast.Lambda:
		r.expr(s, fn)
		r.arity("literal", fn.Scope.(*Scope), count, ast.Span(fn))
	case *ast.Prop:
		r.expr(s, fn)
		r.methodCall(fn, count)
	default:
		r.expr(s, n.Fn)
	}
}

// name resolves a function, class or scoped name. args is the number of
// arguments when it is called, -1 with a spread, -2 when it is not called.
func (r *resolver) name(s *Scope, n *ast.Name, args int, at token.Span) {
	first := n.Parts[0]
	if first.Name == "static" {
		if s.Class == nil {
			r.errorAt(ast.Span(n), "placement", "", "'static::' stands only in classes")
			return
		}
		r.static(s, n, s.Class, n.Parts[1:], args)
		return
	}
	if len(n.Parts) == 1 && n.Var == nil {
		r.plain(s, n, first.Name, args, at)
		return
	}
	sym := r.lookup(s, first.Name)
	if sym == nil {
		if c := r.cat.Classes[first.Name]; c != nil {
			r.native(n, c, args)
			return
		}
		if r.poisoned[first.Name] {
			return
		}
		r.errorAt(spanOf(first), "unknown-class", suggest(first.Name, r.functionNames(s)), "unknown class or namespace '%s'", first.Name)
		return
	}
	switch sym.Kind {
	case SymClass:
		r.static(s, n, sym.Class, n.Parts[1:], args)
	case SymSpace:
		r.inSpace(n, sym, args)
	case SymForeign:
		r.foreignMember(n, r.info.Foreign[sym.Foreign], n.Parts[1:], args)
	default:
		r.errorAt(spanOf(first), "unknown-class", "", "'%s' is a function, want class or namespace before '::'", first.Name)
	}
}

// lookup finds a declared name: enclosing functions outward, then the script.
func (r *resolver) lookup(s *Scope, name string) *Symbol {
	for ; s != nil; s = s.Outer {
		if sym := s.funcs[name]; sym != nil {
			return sym
		}
	}
	if sym := r.info.names[name]; sym != nil {
		return sym
	}
	return r.inherited(name)
}

// plain resolves a single name.
func (r *resolver) plain(s *Scope, n *ast.Name, name string, args int, at token.Span) {
	sym := r.lookup(s, name)
	if sym == nil {
		if slot, f := r.builtinNamed(name, ast.Span(n), args); slot >= 0 {
			n.Sym = &Target{Kind: ToBuiltin, Index: slot, Callback: takesFunction(f)}
		} else if slot == -1 && !r.poisoned[name] {
			r.errorAt(ast.Span(n), "unknown-function", r.hint(s, name), "unknown function '%s'", name)
		}
		return
	}
	switch sym.Kind {
	case SymFunc:
		n.Sym = &Target{Kind: ToFunc, Index: sym.Scope.Index}
		r.arity(name, sym.Scope, args, at)
	case SymClass:
		n.Sym = &Target{Kind: ToClass, Index: sym.Class.Index}
		r.construct(sym.Class, args, at)
	case SymForeign:
		e := r.info.Foreign[sym.Foreign]
		n.Sym = &Target{Kind: ToForeign, Index: sym.Foreign}
		r.foreignArity(name, e, args, at)
	case SymSpace:
		r.errorAt(ast.Span(n), "unknown-function", "write "+name+"::NAME", "'%s' is a namespace, want function", name)
	}
}

// hint helps with a name that no built-in has here.
func (r *resolver) hint(s *Scope, name string) string {
	if name == token.Assert {
		return `import { assert } from "std://testing"`
	}
	if text := r.cat.Gone[name]; text != "" {
		return text
	}
	if fs := r.cat.Lookup(name); len(fs) > 0 {
		if !r.cat.Known(name, r.opt.Compat) {
			return "a legacy name, use " + fs[0].Modern + " or compile with compat"
		}
		var in []string
		for _, f := range fs {
			in = append(in, f.Contexts...)
		}
		return name + " exists in " + strings.Join(in, ", ")
	}
	return suggest(name, r.functionNames(s))
}

// builtinNamed finds a built-in and checks the call. It returns slot -1 when
// the name is unknown, -2 when it was reported.
func (r *resolver) builtinNamed(name string, at token.Span, args int) (int, *sig.Func) {
	slot, ok := r.cat.Slots[name]
	if !ok || !r.cat.Known(name, r.opt.Compat) {
		return -1, nil
	}
	f := r.cat.Func(name, r.opt.Context, r.opt.Compat)
	if f == nil {
		all := r.cat.Lookup(name)
		if !r.opt.Module {
			if r.opt.Context == "" {
				return -1, nil
			}
			r.errorAt(at, "hook", r.hint(nil, name), "%s is not available in hook %s", name, r.opt.Context)
			return -2, nil
		}
		r.info.HookCalls = append(r.info.HookCalls, bytecode.HookCall{Name: name, Pos: at, Args: args})
		return slot, all[0]
	}
	if f.Construct && args == -2 {
		r.errorAt(at, "unknown-function", "", "'%s' is part of the language, it is no function value", name)
	}
	if args >= -1 {
		r.count(name, f.MinArgs(), f.MaxArgs(), args, at)
	}
	return slot, f
}

func takesFunction(f *sig.Func) bool {
	for _, p := range f.Params {
		for _, t := range p.Types {
			if t == sig.Function {
				return true
			}
		}
	}
	return false
}

func (r *resolver) builtin(n *ast.Builtin, args int, at token.Span) {
	slot, _ := r.builtinNamed(n.Name.Name, spanOf(n.Name), args)
	if slot == -1 {
		r.errorAt(spanOf(n.Name), "unknown-function", suggest(n.Name.Name, r.builtinNames()), "unknown built-in function '%s'", n.Name.Name)
	}
	n.Slot = slot
}

func (r *resolver) builtinNames() iter.Seq[string] { return r.functionNames(nil) }

// Declared returns the functions and classes that the file itself declares.
func (i *Info) Declared() []*Symbol {
	var l []*Symbol
	for _, s := range i.names {
		if s.Kind == SymFunc || s.Kind == SymClass {
			l = append(l, s)
		}
	}
	return l
}
