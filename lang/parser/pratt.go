package parser

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// maxChain bounds runs such as a.b.c… and $x[1][2]…, which become one level of
// tree each.
const maxChain = 10000

// exprParser parses one expression by precedence climbing.
type exprParser struct {
	lex *lexer.PeekingLexer
	st  *state
}

// parseExpr is participle's door to expressions.
func parseExpr(lex *lexer.PeekingLexer) (ast.Expr, error) {
	if !startsExpr(lex.Peek()) {
		return nil, participle.NextMatch
	}
	p := &exprParser{lex: lex, st: stateOf(lex)}
	return p.expr()
}

func startsExpr(t *lexer.Token) bool {
	switch t.Type {
	case token.EOF, token.Comment:
		return false
	case token.Punct:
		switch t.Value {
		case "(", "[", "!", "-", "+", "~", "++", "--":
			return true
		}
		return false
	case token.Keyword:
		switch t.Value {
		case "true", "false", "none", "function", "match", "cache", "builtin", "static", "isset", "unset", "array", "not":
			return true
		}
		return false
	}
	return true
}

func (p *exprParser) peek() *lexer.Token { return p.lex.Peek() }

// is reports whether the next token is the operator, separator or keyword text.
func (p *exprParser) is(text string) bool {
	t := p.lex.Peek()
	return (t.Type == token.Punct || t.Type == token.Keyword) && t.Value == text
}

func (p *exprParser) accept(text string) bool {
	if p.is(text) {
		p.lex.Next()
		return true
	}
	return false
}

// expect consumes text and returns the position behind it.
func (p *exprParser) expect(text string) (token.Pos, error) {
	t := p.lex.Peek()
	if !p.is(text) {
		return 0, fault(t, "got %s, want '%s'", quote(t), text)
	}
	p.lex.Next()
	return end(t), nil
}

func (p *exprParser) enter() error {
	p.st.depth++
	if p.st.depth > maxNesting {
		return fault(p.peek(), "expression nested too deeply, at most %d", maxNesting)
	}
	return nil
}

func (p *exprParser) leave() { p.st.depth-- }

// expr parses `conditional`: the loosest level, since assignment is an operand.
func (p *exprParser) expr() (ast.Expr, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	c, err := p.binary(token.PrecCond + 1)
	if err != nil || !p.accept("?") {
		return c, err
	}
	n := &ast.Cond{C: c}
	if !p.accept(":") {
		if n.T, err = p.expr(); err != nil {
			return nil, err
		}
		if _, err = p.expect(":"); err != nil {
			return nil, err
		}
	}
	if n.E, err = p.expr(); err != nil {
		return nil, err
	}
	n.SetSpan(c.Pos(), n.E.End())
	return n, nil
}

// binary parses infix operators of at least the given precedence.
func (p *exprParser) binary(min int) (ast.Expr, error) {
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		t := p.peek()
		if t.Type != token.Punct && t.Type != token.Keyword {
			return x, nil
		}
		op, ok := token.BinaryOp(t.Value)
		if !ok || op == token.Pow || op.Prec() < min {
			return x, nil
		}
		if n > maxChain {
			return nil, fault(t, "expression too long, at most %d operators in a row", maxChain)
		}
		p.lex.Next()
		next := op.Prec() + 1
		if op.RightAssoc() {
			next = op.Prec()
			if err := p.enter(); err != nil {
				return nil, err
			}
		}
		y, err := p.binary(next)
		if op.RightAssoc() {
			p.leave()
		}
		if err != nil {
			return nil, err
		}
		b := &ast.Binary{Op: op, OpPos: at(t), X: x, Y: y}
		b.SetSpan(x.Pos(), y.End())
		x = b
	}
}

// unary parses prefix operators, assignments and powers.
func (p *exprParser) unary() (ast.Expr, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	t := p.peek()
	if t.Type == token.Punct || t.Type == token.Keyword {
		if op, ok := token.UnaryOp(t.Value); ok {
			p.lex.Next()
			x, err := p.unary()
			if err != nil {
				return nil, err
			}
			u := &ast.Unary{Op: op, X: x}
			u.SetSpan(at(t), x.End())
			return u, nil
		}
		if t.Value == "++" || t.Value == "--" {
			return p.prefixStep(t)
		}
	}
	x, err := p.postfix()
	if err != nil {
		return nil, err
	}
	t = p.peek()
	if t.Type == token.Punct {
		if op, ok := token.AssignOp(t.Value); ok {
			return p.assign(x, op, t)
		}
	}
	return p.power(p.postStep(x))
}

func stepOp(text string) token.Op {
	if text == "++" {
		return token.Add
	}
	return token.Sub
}

func (p *exprParser) prefixStep(t *lexer.Token) (ast.Expr, error) {
	p.lex.Next()
	x, err := p.postfix()
	if err != nil {
		return nil, err
	}
	if !isTarget(x) || isSlice(x) {
		return nil, faultAt(x, "got %s behind '%s', want a variable, element or property", describe(x), t.Value)
	}
	n := &ast.IncDec{Op: stepOp(t.Value), Prefix: true, X: x}
	n.SetSpan(at(t), x.End())
	return p.power(n, nil)
}

// postStep takes x++ and x--.
func (p *exprParser) postStep(x ast.Expr) (ast.Expr, error) {
	t := p.peek()
	if t.Type != token.Punct || t.Value != "++" && t.Value != "--" {
		return x, nil
	}
	if !isTarget(x) || isSlice(x) {
		return nil, faultAt(x, "got %s before '%s', want a variable, element or property", describe(x), t.Value)
	}
	p.lex.Next()
	n := &ast.IncDec{Op: stepOp(t.Value), X: x}
	n.SetSpan(x.Pos(), end(t))
	return n, nil
}

// power takes `** unary` behind its left operand.
func (p *exprParser) power(x ast.Expr, err error) (ast.Expr, error) {
	if err != nil || !p.is("**") {
		return x, err
	}
	t := p.lex.Next()
	y, err := p.unary()
	if err != nil {
		return nil, err
	}
	b := &ast.Binary{Op: token.Pow, OpPos: at(t), X: x, Y: y}
	b.SetSpan(x.Pos(), y.End())
	return b, nil
}

// assign parses what follows the target of an assignment: the whole rest of
// the expression belongs to it.
func (p *exprParser) assign(x ast.Expr, op token.Op, t *lexer.Token) (ast.Expr, error) {
	if arr, ok := x.(*ast.Array); ok && op == token.NoOp && !arr.Long {
		pat, err := pattern(arr)
		if err != nil {
			return nil, err
		}
		x = pat
	} else if err := target(x, " before '"+t.Value+"'", ""); err != nil {
		return nil, err
	}
	p.lex.Next()
	v, err := p.expr()
	if err != nil {
		return nil, err
	}
	n := &ast.Assign{Op: op, OpPos: at(t), Target: x, Value: v}
	n.SetSpan(x.Pos(), v.End())
	return n, nil
}

// postfix parses a primary with its calls, subscripts, slices and properties.
func (p *exprParser) postfix() (ast.Expr, error) {
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		t := p.peek()
		if t.Type != token.Punct {
			return x, nil
		}
		if n > maxChain {
			return nil, fault(t, "expression too long, at most %d calls and subscripts in a row", maxChain)
		}
		switch t.Value {
		case "(":
			x, err = p.call(x)
		case "[":
			x, err = p.subscript(x)
		case "->":
			p.lex.Next()
			id, ok := p.ident()
			if !ok {
				return nil, fault(p.peek(), "got %s behind '->', want name", quote(p.peek()))
			}
			pr := &ast.Prop{X: x, Name: id}
			pr.SetSpan(x.Pos(), id.To)
			x = pr
		default:
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// ident takes any identifier, reserved or not, as it may stand behind -> and ::.
func (p *exprParser) ident() (*ast.Ident, bool) {
	t := p.peek()
	switch t.Type {
	case token.Name, token.Keyword, token.Refused:
		p.lex.Next()
		return &ast.Ident{Range: ast.Range{From: at(t), To: end(t)}, Name: t.Value}, true
	}
	return nil, false
}

func (p *exprParser) call(fn ast.Expr) (*ast.Call, error) {
	p.lex.Next()
	c := &ast.Call{Fn: fn}
	for !p.is(")") {
		a := &ast.Arg{Spread: p.accept("...")}
		var err error
		if a.X, err = p.operand(); err != nil {
			return nil, err
		}
		c.Args = append(c.Args, a)
		if !p.accept(",") {
			break
		}
	}
	to, err := p.expect(")")
	c.SetSpan(fn.Pos(), to)
	return c, err
}

// operand parses an expression that must be there.
func (p *exprParser) operand() (ast.Expr, error) {
	if t := p.peek(); !startsExpr(t) {
		return nil, fault(t, "got %s, want expression", quote(t))
	}
	return p.expr()
}

func (p *exprParser) subscript(x ast.Expr) (ast.Expr, error) {
	p.lex.Next()
	if t := p.peek(); p.accept("]") {
		n := &ast.Index{X: x}
		n.SetSpan(x.Pos(), end(t))
		return n, nil
	}
	var lo ast.Expr
	var err error
	if !p.is(":") && !p.is("::") {
		if lo, err = p.operand(); err != nil {
			return nil, err
		}
		if t := p.peek(); p.accept("]") {
			n := &ast.Index{X: x, I: lo}
			n.SetSpan(x.Pos(), end(t))
			return n, nil
		}
	}
	return p.slice(x, lo)
}

// slice parses behind the first bound; `::` is two colons here.
func (p *exprParser) slice(x, lo ast.Expr) (ast.Expr, error) {
	s := &ast.Slice{X: x, Lo: lo}
	var err error
	if p.accept("::") {
		s.Stepped = true
	} else if _, err = p.expect(":"); err != nil {
		t := p.peek()
		return nil, fault(t, "got %s, want ']'", quote(t))
	}
	if !s.Stepped {
		if !p.is(":") && !p.is("]") {
			if s.Hi, err = p.operand(); err != nil {
				return nil, err
			}
		}
		s.Stepped = p.accept(":")
	}
	if s.Stepped && !p.is("]") {
		if s.Step, err = p.operand(); err != nil {
			return nil, err
		}
	}
	to, err := p.expect("]")
	s.SetSpan(x.Pos(), to)
	return s, err
}
