package compile

import (
	"math"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
)

// fold returns the constant that an expression is. Only what needs no library
// of values is computed here; the rest of the constant expressions becomes
// bytecode.ConstCode.
func (c *compiler) fold(x ast.Expr) (int, bool) {
	v, ok := c.literal(x)
	if !ok {
		return 0, false
	}
	return c.constant(v), true
}

func (c *compiler) literal(x ast.Expr) (bytecode.Const, bool) {
	if c.plain && !leaf(x) {
		return nil, false
	}
	switch n := x.(type) {
	case *ast.Number:
		return n.Value, true
	case *ast.String:
		return n.Value, true
	case *ast.Bool:
		return n.Value, true
	case *ast.None:
		return nil, true
	case *ast.Regex:
		return bytecode.Regex{Pattern: n.Pattern, Flags: n.Flags}, true
	case *ast.Paren:
		return c.literal(n.X)
	case *ast.Unary:
		return c.unary(n)
	case *ast.Binary:
		return c.binary(n)
	case *ast.Array:
		return c.array(n)
	}
	return nil, false
}

// leaf reports whether an expression has no parts.
func leaf(x ast.Expr) bool {
	switch x.(type) {
	case *ast.Unary, *ast.Binary, *ast.Array, *ast.Paren:
		return false
	}
	return true
}

func (c *compiler) array(n *ast.Array) (bytecode.Const, bool) {
	out := make(bytecode.ConstArray, 0, len(n.Elems))
	for _, e := range n.Elems {
		if e.Spread {
			return nil, false
		}
		k, v := -1, 0
		ok := true
		if e.Key != nil {
			if k, ok = c.fold(e.Key); !ok {
				return nil, false
			}
		}
		if v, ok = c.fold(e.Value); !ok {
			return nil, false
		}
		out = append(out, bytecode.ConstElem{Key: k, Value: v})
	}
	return out, true
}

func (c *compiler) unary(n *ast.Unary) (bytecode.Const, bool) {
	v, ok := c.literal(n.X)
	f, num := v.(float64)
	if !ok || !num {
		return nil, false
	}
	switch n.Op {
	case token.Neg:
		return -f, true
	case token.Plus:
		return f, true
	}
	return nil, false
}

func (c *compiler) binary(n *ast.Binary) (bytecode.Const, bool) {
	a, ok := c.literal(n.X)
	if !ok {
		return nil, false
	}
	b, ok := c.literal(n.Y)
	if !ok {
		return nil, false
	}
	if s, ok := a.(string); ok && n.Op == token.Concat {
		t, ok := b.(string)
		if !ok || len(s)+len(t) > 1<<16 {
			return nil, false
		}
		return s + t, true
	}
	x, ok := a.(float64)
	y, ok2 := b.(float64)
	if !ok || !ok2 {
		return nil, false
	}
	switch n.Op {
	case token.Add:
		return x + y, true
	case token.Sub:
		return x - y, true
	case token.Mul:
		return x * y, true
	case token.Div:
		return x / y, true
	case token.Pow:
		// Only what math.Pow has exactly; for the rest see value.Power.
		p := math.Pow(x, y)
		return p, p == math.Trunc(p) && math.Abs(p) < 1<<53
	}
	return nil, false
}
