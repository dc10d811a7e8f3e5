package parser

import (
	"github.com/hawser-mta/hawser/lang/ast"
)

// isPath reports whether x is a variable or static variable with any number of
// subscripts, slices and properties behind it.
func isPath(x ast.Expr) bool {
	for {
		switch n := x.(type) {
		case *ast.Var:
			return true
		case *ast.Name:
			return n.Var != nil
		case *ast.Index:
			if n.I == nil {
				return false
			}
			x = n.X
		case *ast.Slice:
			x = n.X
		case *ast.Prop:
			x = n.X
		default:
			return false
		}
	}
}

// isTarget reports whether x can be assigned: a path, or any expression whose
// last part is a subscript or property.
func isTarget(x ast.Expr) bool {
	switch n := x.(type) {
	case *ast.Var:
		return true
	case *ast.Name:
		return n.Var != nil
	case *ast.Index, *ast.Slice, *ast.Prop:
		return true
	}
	return false
}

func isSlice(x ast.Expr) bool { _, ok := x.(*ast.Slice); return ok }

// target reports what cannot be written; where and more complete the message.
func target(x ast.Expr, where, more string) error {
	if !isTarget(x) {
		return faultAt(x, "got %s%s, want a variable, element or property%s", describe(x), where, more)
	}
	if s, ok := x.(*ast.Slice); ok && s.Stepped {
		return faultAt(x, "a slice with a step cannot be assigned")
	}
	return nil
}

// pattern turns an array literal on the left of '=' into a pattern.
func pattern(a *ast.Array) (*ast.Pattern, error) {
	p := &ast.Pattern{}
	p.Range = a.Range
	if len(a.Elems) == 0 {
		return nil, faultAt(a, "an empty pattern assigns nothing, want at least one target")
	}
	for i, e := range a.Elems {
		if e.Spread {
			if i != len(a.Elems)-1 || p.Keyed {
				return nil, faultAt(e.Value, "'...' must be the last element of a pattern without keys")
			}
			if err := target(e.Value, " in pattern", ""); err != nil {
				return nil, err
			}
			p.Rest = e.Value
			continue
		}
		if i > 0 && p.Keyed != (e.Key != nil) {
			return nil, faultAt(e.Value, "a pattern has keys for all elements or for none")
		}
		p.Keyed = e.Key != nil
		el := &ast.PatElem{Key: e.Key, Target: e.Value}
		if as, ok := e.Value.(*ast.Assign); ok && as.Op == 0 {
			el.Target, el.Default = as.Target, as.Value
		}
		switch t := el.Target.(type) {
		case *ast.Array:
			sub, err := pattern(t)
			if err != nil {
				return nil, err
			}
			el.Target = sub
		case *ast.Pattern:
		default:
			if err := target(t, " in pattern", ""); err != nil {
				return nil, err
			}
		}
		p.Elems = append(p.Elems, el)
	}
	return p, nil
}

// describe names an expression in messages.
func describe(x ast.Expr) string {
	switch x.(type) {
	case *ast.Var:
		return "variable"
	case *ast.Regex:
		return "regex literal"
	case *ast.Number:
		return "number"
	case *ast.String, *ast.Interp:
		return "string"
	case *ast.Bool, *ast.None:
		return "constant"
	case *ast.Array:
		return "array literal"
	case *ast.Call:
		return "call"
	case *ast.Name:
		return "name"
	case *ast.Lambda:
		return "function literal"
	case *ast.Slice:
		return "slice"
	}
	return "expression"
}

// check finishes a statement: what its grammar leaves open.
func check(s ast.Stmt) error {
	switch n := s.(type) {
	case *ast.Foreach:
		return foreach(n)
	case *ast.Try:
		if _, ok := n.Var.(*ast.Var); !ok {
			return faultAt(n.Var, "got %s behind 'catch', want variable", describe(n.Var))
		}
	case *ast.Global:
		for _, v := range n.Vars {
			if _, ok := v.(*ast.Var); !ok {
				return faultAt(v, "got %s behind 'global', want variable", describe(v))
			}
		}
	case *ast.Barrier:
		if n.Var != nil {
			if _, ok := n.Var.(*ast.Var); !ok {
				return faultAt(n.Var, "got %s behind '=>', want variable", describe(n.Var))
			}
		}
	case *ast.Include:
		return plain(n.Path, n.Word)
	case *ast.Import:
		return plain(n.Path, "from")
	}
	return nil
}

func plain(x ast.Expr, word string) error {
	if _, ok := x.(*ast.String); ok {
		return nil
	}
	if _, ok := x.(*ast.Interp); ok {
		return withHint(faultAt(x, "got string with a variable in it behind '%s', want plain string", word), "files are chosen when the script is compiled")
	}
	return faultAt(x, "got %s behind '%s', want plain string", describe(x), word)
}

// foreach sorts the targets into key and value.
func foreach(n *ast.Foreach) error {
	n.Value = n.First
	if n.Second != nil {
		n.Key, n.Value = n.First, n.Second
		if err := target(n.Key, "", ""); err != nil {
			return err
		}
	}
	if a, ok := n.Value.(*ast.Array); ok && !a.Long {
		p, err := pattern(a)
		n.Value = p
		return err
	}
	return target(n.Value, "", " or pattern")
}
