package resolve

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

// operands warns about an operator that throws whenever it is reached, because of
// the types of the literals it is given (spec language 3.3, 6.1). Strings may be
// numeric, so that they are suspected only beside an array.
func (r *resolver) operands(n *ast.Binary) {
	x, y := literalType(n.X), literalType(n.Y)
	if x == "" || y == "" {
		return
	}
	number := func(t string) bool { return t == "number" || t == "none" || t == "boolean" }
	bad := x != "string" && !number(x) || y != "string" && !number(y)
	switch n.Op {
	case token.Add:
		bad = y == "array" && x != "array" && x != "none"
	case token.Sub:
		bad = bad && x != "array"
	case token.Mul:
		bad = bad && !(x == "array" && number(y)) && !(y == "array" && number(x))
	case token.Mod:
		bad = bad && !(x == "string" && y == "array")
	case token.Div, token.Pow:
	default:
		return
	}
	if bad {
		r.diags = append(r.diags, diag.At(r.opt.Fset, ast.Span(n), diag.Warning, "operands",
			"operator '%s' cannot work on %s and %s", n.Op, x, y))
		r.diags[len(r.diags)-1].Chain = r.chain
	}
}

// literalType names the type of a literal, "" for other expressions.
func literalType(x ast.Expr) string {
	switch n := x.(type) {
	case *ast.Paren:
		return literalType(n.X)
	case *ast.Number:
		return "number"
	case *ast.Bool:
		return "boolean"
	case *ast.None:
		return "none"
	case *ast.String, *ast.Interp:
		return "string"
	case *ast.Array:
		return "array"
	case *ast.Regex:
		return "resource"
	case *ast.Lambda:
		return "function"
	}
	return ""
}
