package resolve

import (
	"errors"
	"maps"
	"path"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
)

// importStmt binds the symbols of a module or a data file.
func (r *resolver) importStmt(n *ast.Import) {
	if r.opt.Loader == nil {
		r.errorAt(ast.Span(n), "import", "", "import is not available here")
		return
	}
	name := n.Path.(*ast.String).Value
	if n.Data != nil {
		r.dataImport(n, name)
		return
	}
	if n.Options != nil {
		r.errorAt(ast.Span(n.Options), "import", "", "'with' is for data imports: import $v from \"file\" with [...]")
	}
	p, err := r.opt.Loader.Module(name, r.file)
	if err != nil {
		if n.Space != nil {
			r.poison(n.Space.Name)
		}
		for _, sym := range n.Symbols {
			local, _ := sym.Local()
			r.poison(local)
		}
		if l := diag.FromError(err); l != nil {
			step := diag.Included{Verb: "imported", Pos: r.opt.Fset.Position(n.Pos())}
			for _, d := range l {
				c := *d
				c.Chain = append(append([]diag.Included(nil), d.Chain...), step)
				r.diags = append(r.diags, &c)
			}
			return
		}
		r.errorAt(ast.Span(n.Path), "import", "", "%s", err)
		return
	}
	index := len(r.info.Imports)
	r.info.Imports = append(r.info.Imports, n)
	n.Module = p
	if n.Space != nil {
		r.info.Spaces[n.Space.Name] = p
		r.declare(r.info.Main, &Symbol{Kind: SymSpace, Name: n.Space.Name, Pos: ast.Span(n.Space), Import: index, Program: p, origin: p.Name + "\x00*"})
		return
	}
	for _, sym := range n.Symbols {
		r.importSymbol(p, index, path.Base(name), sym)
	}
}

func (r *resolver) importSymbol(p *bytecode.Program, index int, module string, sym *ast.Symbol) {
	local, variable := sym.Local()
	key, at := "", ast.Node(sym.Var)
	if variable {
		key = "$" + sym.Var.Name
	} else {
		key, at = sym.Name.Name, sym.Name
	}
	e, ok := p.Exports[key]
	if !ok {
		r.errorAt(ast.Span(at), "import", suggest(key, maps.Keys(p.Exports)), "module '%s' has no '%s'", module, key)
		r.poison(local)
		return
	}
	if variable {
		_, dup := r.info.globals[local]
		g := r.global(local)
		for _, v := range r.info.ImportVars {
			dup = dup && (v.Global != g || v.From != e)
		}
		if dup {
			r.errorAt(ast.Span(at), "duplicate", "", "'$%s' is imported twice", local)
			return
		}
		r.info.ImportVars = append(r.info.ImportVars, bytecode.ImportVar{Global: g, From: e})
		r.info.ImportOf = append(r.info.ImportOf, index)
		r.info.Exports["$"+local] = e
		return
	}
	pos := ast.Span(at)
	if sym.As != nil {
		pos = ast.Span(sym.As)
	}
	s := &Symbol{Kind: SymForeign, Name: local, Pos: pos, Import: index, Foreign: r.foreign(e), origin: e.Program.Name + "\x00" + key}
	r.declare(r.info.Main, s)
	r.info.Exports[local] = e
}

// foreign returns the index of an imported function or class.
func (r *resolver) foreign(e bytecode.Export) int {
	for i, f := range r.info.Foreign {
		if f == e {
			return i
		}
	}
	r.info.Foreign = append(r.info.Foreign, e)
	return len(r.info.Foreign) - 1
}

func (r *resolver) dataImport(n *ast.Import, name string) {
	opts := map[string]any{}
	if n.Options != nil {
		arr, ok := n.Options.(*ast.Array)
		if !ok {
			r.errorAt(ast.Span(n.Options), "import", "", "'with' takes an array literal")
			return
		}
		v, err := constant(arr)
		if err != nil {
			r.errorAt(ast.Span(n.Options), "import", "", "options of an import are constants")
			return
		}
		m, ok := v.(map[string]any)
		if !ok && len(arr.Elems) > 0 {
			r.errorAt(ast.Span(n.Options), "import", "", "options of an import have names: [\"name\" => value]")
			return
		}
		if ok {
			opts = m
		}
	}
	data, err := r.opt.Loader.Data(name, r.file, opts)
	if err != nil {
		r.errorAt(ast.Span(n.Path), "import", "", "%s", err)
		return
	}
	if _, dup := r.info.globals[n.Data.Name]; dup {
		r.errorAt(ast.Span(n.Data), "duplicate", "", "'$%s' is imported twice", n.Data.Name)
	}
	r.global(n.Data.Name)
	n.Module = &DataImport{Value: data}
	r.info.Imports = append(r.info.Imports, n)
}

// DataImport holds what a data import decoded.
type DataImport struct{ Value any }

var errNotConstant = errors.New("not a constant")

// constant evaluates the small constants that import options are made of:
// map[string]any for keyed arrays, []any for lists.
func constant(x ast.Expr) (any, error) {
	switch n := x.(type) {
	case *ast.String:
		return n.Value, nil
	case *ast.Number:
		return n.Value, nil
	case *ast.Bool:
		return n.Value, nil
	case *ast.None:
		return nil, nil
	case *ast.Paren:
		return constant(n.X)
	case *ast.Array:
		m, l := map[string]any{}, []any{}
		for _, e := range n.Elems {
			v, err := constant(e.Value)
			if err != nil || e.Spread {
				return nil, errNotConstant
			}
			if e.Key == nil {
				l = append(l, v)
				continue
			}
			k, err := constant(e.Key)
			s, ok := k.(string)
			if err != nil || !ok {
				return nil, errNotConstant
			}
			m[s] = v
		}
		if len(m) > 0 {
			return m, nil
		}
		return l, nil
	}
	return nil, errNotConstant
}
