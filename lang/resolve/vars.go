package resolve

import (
	"slices"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// variable returns the variable of a scope, made when it is new.
func (r *resolver) variable(s *Scope, name string) *Var {
	if v := s.vars[name]; v != nil {
		return v
	}
	v := &Var{Name: name, Global: -1}
	if s == r.info.Main {
		pre := r.cat.Var(name, r.opt.Context, r.opt.Compat)
		_, known := r.info.globals[name]
		switch {
		case pre != nil && !r.opt.Module:
			v.Global = r.global(name)
			v.ReadOnly = !pre.Writable
		case known || r.opt.Module || r.opt.Shell || r.linked[name]:
			v.Global = r.global(name)
		}
	}
	s.vars[name] = v
	s.Vars = append(s.Vars, v)
	return v
}

// enter declares $this, the parameters and the captured variables of a
// function before its body is walked.
func (r *resolver) enter(s *Scope) {
	if s.This {
		r.variable(s, "this")
	}
	if s.Params != nil {
		r.params(s)
	}
	for _, c := range s.Captures {
		if s.vars[c.Name] != nil && s.vars[c.Name].Param {
			r.errorAt(ast.Span(c), "duplicate", "", "'$%s' is a parameter, it cannot be captured as well", c.Name)
			continue
		}
		v := r.variable(s, c.Name)
		v.Boxed, v.ReadOnly = true, s.Outer.vars[c.Name].ReadOnly
	}
}

func (r *resolver) params(s *Scope) {
	optional := false
	for i, p := range s.Params.List {
		name := p.Var.Name
		if name == "this" {
			r.errorAt(ast.Span(p.Var), "placement", "", "'$this' cannot be a parameter")
			continue
		}
		if v := s.vars[name]; v != nil && v.Param {
			r.errorAt(ast.Span(p.Var), "duplicate", "", "parameter '$%s' is declared twice", name)
			continue
		}
		r.variable(s, name).Param = true
		switch {
		case p.Variadic && i != len(s.Params.List)-1:
			r.errorAt(ast.Span(p.Var), "placement", "", "'...$%s' must be the last parameter", name)
		case p.Variadic && p.Default != nil:
			r.errorAt(ast.Span(p.Default), "placement", "", "'...$%s' takes no default", name)
		case p.Default != nil:
			optional = true
			r.constantExpr(p.Default, "a default")
		case optional && !p.Variadic:
			r.errorAt(ast.Span(p.Var), "placement", "", "parameter '$%s' needs a default, since the one before has one", name)
		}
	}
}

// constantExpr reports what cannot stand in a constant expression.
func (r *resolver) constantExpr(x ast.Expr, what string) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Number, *ast.String, *ast.Bool, *ast.None, *ast.Paren, *ast.Unary, *ast.Cond:
			return true
		case *ast.Array:
			for _, e := range n.Elems {
				if e.Spread {
					r.errorAt(ast.Span(e.Value), "constant", "", "%s must be constant, got '...'", what)
				}
			}
			return true
		case *ast.Binary:
			return true
		case *ast.Regex:
			r.regex(n)
			return true
		}
		r.errorAt(ast.Span(n), "constant", "", "%s must be constant: literals, arrays and operators over them", what)
		return false
	})
}

// store notes that x is written and reports what cannot be.
func (r *resolver) store(s *Scope, x ast.Expr) {
	root := x
	for {
		switch n := root.(type) {
		case *ast.Index:
			root = n.X
			continue
		case *ast.Slice:
			root = n.X
			continue
		case *ast.Prop:
			root = n.X
			continue
		}
		break
	}
	switch n := root.(type) {
	case *ast.Var:
		if n.Name == "this" {
			return
		}
		if v := r.variable(s, n.Name); v.ReadOnly {
			r.errorAt(ast.Span(x), "readonly", "give changes to the function that ends the hook", "'$%s' is read-only", n.Name)
		}
	case *ast.Name:
		if t, ok := n.Sym.(*Target); ok && t.ReadOnly {
			r.errorAt(ast.Span(n), "readonly", "", "'%s' is readonly outside its class", text(n))
		}
	}
}

// thisHere reports $this where there is none.
func (r *resolver) thisHere(s *Scope, v *ast.Var) {
	captured := slices.ContainsFunc(s.Captures, func(c *ast.Var) bool { return c.Name == "this" })
	if !s.This && !captured {
		r.errorAt(ast.Span(v), "placement", "capture it in a function literal: closure ($this)", "'$this' exists only in constructors and methods")
		r.variable(s, "this")
	}
}

// text returns a scoped name as written.
func text(n *ast.Name) string {
	s := n.Parts[0].Name
	for _, p := range n.Parts[1:] {
		s += "::" + p.Name
	}
	if n.Var != nil {
		s += "::$" + n.Var.Name
	}
	return s
}

func spanOf(id *ast.Ident) token.Span { return token.Span{From: id.From, To: id.To} }
