package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
)

// path compiles the keys of a place behind a variable into consecutive
// registers and returns the first of them with the description of the place. A
// place that begins with another expression has its value in the first
// register.
func (f *fn) path(x ast.Expr) (keys int, p bytecode.Path) {
	var steps []ast.Expr // from the last to the first
	for {
		switch n := x.(type) {
		case *ast.Index:
			steps, x = append(steps, x), n.X
			continue
		case *ast.Slice:
			steps, x = append(steps, x), n.X
			continue
		case *ast.Prop:
			steps, x = append(steps, x), n.X
			continue
		}
		break
	}
	keys = f.top
	f.root(x, &p)
	for i := len(steps) - 1; i >= 0; i-- {
		p.Steps = append(p.Steps, f.pathStep(steps[i]))
	}
	if f.top == keys { // no keys: the operand names a register all the same
		f.temp(1)
		f.top = keys
	}
	return keys, p
}

func (f *fn) root(x ast.Expr, p *bytecode.Path) {
	if g, ok := staticVar(x); ok {
		p.Root, p.Index = bytecode.RootGlobal, g
		return
	}
	n, ok := x.(*ast.Var)
	if !ok {
		r := f.temp(1)
		f.into(x, r)
		f.top = r + 1
		p.Root = bytecode.RootTemp
		return
	}
	v := f.scope.Var(n.Name)
	switch {
	case v.Global >= 0:
		p.Root, p.Index = bytecode.RootGlobal, v.Global
	case v.Boxed:
		p.Root, p.Index = bytecode.RootBox, v.Reg
	default:
		p.Root, p.Index = bytecode.RootReg, v.Reg
	}
}

func (f *fn) pathStep(x ast.Expr) bytecode.Step {
	switch n := x.(type) {
	case *ast.Index:
		if n.I == nil {
			return bytecode.Step{Kind: bytecode.StepAppend}
		}
		r := f.temp(1)
		f.into(n.I, r)
		f.top = r + 1
		return bytecode.Step{Kind: bytecode.StepIndex}
	case *ast.Slice:
		f.bounds(n)
		return bytecode.Step{Kind: bytecode.StepSlice}
	case *ast.Prop:
		return bytecode.Step{Kind: bytecode.StepProp, Const: f.c.constant(n.Name.Name)}
	}
	panic("compile: no path")
}

func (c *compiler) addPath(p bytecode.Path) int {
	p.Counts = p.Root != bytecode.RootTemp && len(p.Steps) == 1 && p.Steps[0].Kind == bytecode.StepIndex &&
		(p.Op == token.Add || p.Op == token.Sub)
	c.prog.Paths = append(c.prog.Paths, p)
	return len(c.prog.Paths) - 1
}
