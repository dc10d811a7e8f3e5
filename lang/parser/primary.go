package parser

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// primary parses an operand without prefix or postfix operators.
func (p *exprParser) primary() (ast.Expr, error) {
	t := p.peek()
	switch t.Type {
	case token.Number:
		p.lex.Next()
		n := &ast.Number{Value: numberValue(t.Value), Text: t.Value}
		n.SetSpan(at(t), end(t))
		return n, nil
	case token.String:
		p.lex.Next()
		return stringLiteral(t)
	case token.RawString:
		p.lex.Next()
		return rawLiteral(t), nil
	case token.Regex:
		p.lex.Next()
		return regexLiteral(t)
	case token.Variable:
		p.lex.Next()
		v := &ast.Var{Name: t.Value[1:]}
		v.SetSpan(at(t), end(t))
		return v, nil
	case token.Name:
		return p.scoped()
	case token.Keyword:
		return p.keyword(t)
	case token.Bad: // reported already
		p.lex.Next()
		n := &ast.None{}
		n.SetSpan(at(t), end(t))
		return n, nil
	case token.Refused:
		return nil, fault(t, "'%s' is a reserved word, want expression", t.Value)
	case token.Punct:
		switch t.Value {
		case "(":
			return p.paren(t)
		case "[":
			p.lex.Next()
			return p.array(t, "]")
		}
	}
	return nil, fault(t, "got %s, want expression", quote(t))
}

func (p *exprParser) keyword(t *lexer.Token) (ast.Expr, error) {
	switch t.Value {
	case "true", "false":
		p.lex.Next()
		b := &ast.Bool{Value: t.Value == "true"}
		b.SetSpan(at(t), end(t))
		return b, nil
	case "none":
		p.lex.Next()
		n := &ast.None{}
		n.SetSpan(at(t), end(t))
		return n, nil
	case "function":
		return p.lambda(t)
	case "match":
		return p.match(t)
	case "cache":
		return p.cache(t)
	case "builtin":
		return p.builtin(t)
	case "static":
		return p.scoped()
	case "isset", "unset":
		return p.isset(t)
	case "array":
		p.lex.Next()
		if _, err := p.expect("("); err != nil {
			return nil, err
		}
		a, err := p.array(t, ")")
		if err != nil {
			return nil, err
		}
		a.Long = true
		return a, nil
	}
	return nil, fault(t, "got '%s', want expression", t.Value)
}

func (p *exprParser) paren(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	x, err := p.operand()
	if err != nil {
		return nil, err
	}
	to, err := p.expect(")")
	n := &ast.Paren{X: x}
	n.SetSpan(at(t), to)
	return n, err
}

// array parses the elements up to the closing token.
func (p *exprParser) array(t *lexer.Token, closing string) (*ast.Array, error) {
	a := &ast.Array{}
	for !p.is(closing) {
		e := &ast.Elem{Spread: p.accept("...")}
		var err error
		if e.Value, err = p.operand(); err != nil {
			return nil, err
		}
		if !e.Spread && p.accept("=>") {
			e.Key = e.Value
			if e.Value, err = p.operand(); err != nil {
				return nil, err
			}
		}
		a.Elems = append(a.Elems, e)
		if !p.accept(",") {
			break
		}
	}
	to, err := p.expect(closing)
	a.SetSpan(at(t), to)
	return a, err
}

// scoped parses NAME and paths with ::. A `::` that no name follows belongs to
// a slice around it.
func (p *exprParser) scoped() (*ast.Name, error) {
	t := p.peek()
	if t.Type == token.Refused {
		return nil, fault(t, "'%s' is a reserved word, want name", t.Value)
	}
	id, ok := p.ident()
	if !ok {
		return nil, fault(t, "got %s, want name", quote(t))
	}
	n := &ast.Name{Parts: []*ast.Ident{id}}
	to := id.To
	for p.is("::") {
		c := p.lex.MakeCheckpoint()
		p.lex.Next()
		if id, ok := p.ident(); ok {
			n.Parts = append(n.Parts, id)
			to = id.To
			continue
		}
		if v := p.peek(); v.Type == token.Variable {
			p.lex.Next()
			n.Var = &ast.Ident{Range: ast.Range{From: at(v), To: end(v)}, Name: v.Value[1:]}
			to = end(v)
			break
		}
		p.lex.LoadCheckpoint(c)
		break
	}
	if id.Name == "static" && len(n.Parts) == 1 && n.Var == nil {
		return nil, fault(p.peek(), "got %s behind 'static', want '::'", quote(p.peek()))
	}
	n.SetSpan(id.From, to)
	return n, nil
}

func (p *exprParser) builtin(t *lexer.Token) (*ast.Builtin, error) {
	p.lex.Next()
	id, ok := p.ident()
	if !ok {
		return nil, fault(p.peek(), "got %s behind 'builtin', want name", quote(p.peek()))
	}
	b := &ast.Builtin{Name: id}
	b.SetSpan(at(t), id.To)
	return b, nil
}

func (p *exprParser) lambda(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	l := &ast.Lambda{}
	var err error
	if !p.is("(") {
		return nil, fault(p.peek(), "got %s, want '('", quote(p.peek()))
	}
	if l.Params, err = paramsParser().ParseFromLexer(p.lex, participle.AllowTrailing(true)); err != nil {
		return nil, asSyntax(err, p.lex)
	}
	if p.accept("closure") {
		if _, err := p.expect("("); err != nil {
			return nil, err
		}
		l.Closure = []*ast.Var{}
		for !p.is(")") {
			v := &ast.Var{}
			if v.Parse(p.lex) != nil {
				return nil, fault(p.peek(), "got %s, want variable", quote(p.peek()))
			}
			l.Closure = append(l.Closure, v)
			if !p.accept(",") {
				break
			}
		}
		if _, err := p.expect(")"); err != nil {
			return nil, err
		}
	}
	if !p.is("{") {
		return nil, fault(p.peek(), "got %s, want '{'", quote(p.peek()))
	}
	open := p.lex.RawCursor()
	from := at(p.peek())
	if l.Body, err = blockParser().ParseFromLexer(p.lex, participle.AllowTrailing(true)); err != nil {
		return nil, asSyntax(err, p.lex)
	}
	to := lastEnd(p.lex, open, from)
	l.Body.SetSpan(from, to)
	l.SetSpan(at(t), to)
	return l, nil
}

func (p *exprParser) match(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	if _, err := p.expect("("); err != nil {
		return nil, err
	}
	m := &ast.Match{}
	var err error
	if m.X, err = p.operand(); err != nil {
		return nil, err
	}
	if _, err = p.expect(")"); err != nil {
		return nil, err
	}
	if _, err = p.expect("{"); err != nil {
		return nil, err
	}
	for !p.is("}") {
		a, err := p.arm()
		if err != nil {
			return nil, err
		}
		m.Arms = append(m.Arms, a)
		if !p.accept(",") {
			break
		}
	}
	to, err := p.expect("}")
	m.SetSpan(at(t), to)
	return m, err
}

func (p *exprParser) arm() (*ast.Arm, error) {
	a := &ast.Arm{}
	a.From = at(p.peek())
	if p.accept("default") {
		a.Default = true
	} else {
		for {
			x, err := p.operand()
			if err != nil {
				return nil, err
			}
			a.Labels = append(a.Labels, x)
			if !p.accept(",") || p.is("=>") {
				break
			}
		}
	}
	if _, err := p.expect("=>"); err != nil {
		return nil, err
	}
	var err error
	if a.Value, err = p.operand(); err != nil {
		return nil, err
	}
	a.To = a.Value.End()
	return a, nil
}

// cache parses `cache [options] f(args)`; options is any array literal.
func (p *exprParser) cache(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	open := p.peek()
	if _, err := p.expect("["); err != nil {
		return nil, err
	}
	opts, err := p.array(open, "]")
	if err != nil {
		return nil, err
	}
	var fn ast.Expr
	if b := p.peek(); p.is("builtin") {
		fn, err = p.builtin(b)
	} else {
		fn, err = p.scoped()
	}
	if err != nil {
		return nil, err
	}
	if !p.is("(") {
		return nil, fault(p.peek(), "got %s, want '(': cache takes a call of a named function", quote(p.peek()))
	}
	call, err := p.call(fn)
	if err != nil {
		return nil, err
	}
	n := &ast.Cache{Options: opts, Call: call}
	n.SetSpan(at(t), call.To)
	return n, nil
}

func (p *exprParser) isset(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	if _, err := p.expect("("); err != nil {
		return nil, err
	}
	x, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !isPath(x) {
		return nil, faultAt(x, "%s takes a variable, element or property, got %s", t.Value, describe(x))
	}
	to, err := p.expect(")")
	n := &ast.Isset{X: x, Unset: t.Value == "unset"}
	n.SetSpan(at(t), to)
	return n, err
}
