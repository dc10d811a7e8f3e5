package resolve

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
)

// count reports a wrong number of arguments.
func (r *resolver) count(name string, min, max, args int, at token.Span) {
	if args < 0 || args >= min && (max < 0 || args <= max) {
		return
	}
	want := fmt.Sprint(min)
	switch {
	case max < 0:
		want = fmt.Sprintf("at least %d", min)
	case max > min:
		want = fmt.Sprintf("%d to %d", min, max)
	}
	unit := "arguments"
	if min == 1 && max <= 1 {
		unit = "argument"
	}
	r.errorAt(at, "arity", "", "function %s takes %s %s, got %d", name, want, unit, args)
}

func (r *resolver) arity(name string, s *Scope, args int, at token.Span) {
	min, max := 0, 0
	if s.Params != nil {
		for _, p := range s.Params.List {
			switch {
			case p.Variadic:
				max = -1
			case p.Default == nil:
				min++
			}
		}
		if max == 0 {
			max = len(s.Params.List)
		}
	}
	r.count(name, min, max, args, at)
}

func (r *resolver) construct(c *Class, args int, at token.Span) {
	if c.Ctor != nil {
		r.arity(c.Name, c.Ctor, args, at)
		return
	}
	r.count(c.Name, 0, 0, args, at)
}

func (r *resolver) foreignArity(name string, e bytecode.Export, args int, at token.Span) {
	p := e.Index
	if e.Kind == bytecode.ExportClass {
		if p = e.Program.Classes[e.Index].Ctor; p < 0 {
			r.count(name, 0, 0, args, at)
			return
		}
	}
	r.protoArity(name, e.Program.Protos[p], args, at)
}

func (r *resolver) protoArity(name string, p *bytecode.Proto, args int, at token.Span) {
	max := p.Params
	if p.Variadic {
		max = -1
	}
	r.count(name, p.Required, max, args, at)
}
