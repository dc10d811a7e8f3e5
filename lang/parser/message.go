package parser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// syntaxError is a fault found by this package; participle passes it through
// with the names of the productions around it put in front of the text.
type syntaxError struct {
	span      token.Span
	msg, hint string
}

const mark = "\x00"

// Error returns the message after a mark, so that note can find it again
// behind the names of productions.
func (e *syntaxError) Error() string { return mark + e.msg + mark + e.hint }

// Message implements participle.Error.
func (e *syntaxError) Message() string { return e.Error() }

// Position implements participle.Error; Line carries the end of the span.
func (e *syntaxError) Position() lexer.Position {
	return lexer.Position{Offset: int(e.span.From), Line: int(e.span.To)}
}

func fault(t *lexer.Token, format string, args ...any) error {
	return &syntaxError{span: spanOf(t), msg: fmt.Sprintf(format, args...)}
}

func faultAt(n ast.Node, format string, args ...any) error {
	return &syntaxError{span: ast.Span(n), msg: fmt.Sprintf(format, args...)}
}

func withHint(err error, hint string) error {
	if e := err.(*syntaxError); hint != "" {
		e.hint = hint
	}
	return err
}

func spanOf(t *lexer.Token) token.Span { return token.Span{From: at(t), To: end(t)} }

// asSyntax turns an error of a participle parser into a syntaxError, so that it
// survives being passed through further parsers.
func asSyntax(err error, lex *lexer.PeekingLexer) error {
	var own *syntaxError
	if errors.As(err, &own) {
		return own
	}
	var unexpected *participle.UnexpectedTokenError
	if errors.As(err, &unexpected) {
		t := &unexpected.Unexpected
		if w := want(unexpected); w == "name" && (t.Type == token.Keyword || t.Type == token.Refused) {
			return fault(t, "'%s' is a reserved word, want name", t.Value)
		}
		return fault(t, "got %s, want %s", quote(t), want(unexpected))
	}
	var perr participle.Error
	if errors.As(err, &perr) {
		pos := perr.Position()
		span := token.Span{From: token.Pos(pos.Offset), To: token.Pos(max(pos.Line, pos.Offset+1))}
		if parts := strings.Split(perr.Message(), mark); len(parts) >= 3 {
			return &syntaxError{span: span, msg: parts[len(parts)-2], hint: parts[len(parts)-1]}
		}
	}
	t := lex.Peek()
	return fault(t, "got %s, want statement", quote(t))
}

// note reports the error of a statement parser.
func (st *state) note(err error, lex *lexer.PeekingLexer) {
	e := asSyntax(err, lex).(*syntaxError)
	st.report(e.span, e.hint, "%s", e.msg)
}

// quote names a token in messages.
func quote(t *lexer.Token) string {
	if t.EOF() {
		return "end of file"
	}
	v := t.Value
	if len(v) > 40 {
		v = v[:37] + "..."
	}
	return "'" + strings.ToValidUTF8(v, "?") + "'"
}

// names of productions and token kinds as a user knows them.
var productions = strings.NewReplacer(
	"Stmt", "statement", "Expr", "expression", "NameTok", "name", "Var", "variable",
	"Params", "'('", "Param", "parameter", "Block", "'{'", "Case", "'case'", "Symbol", "name",
	"Member", "member", "MethodDecl", "name", "Method", "'('", "Modifier", "modifier", "\"", "'",
)

// want words what participle expected. Only the look-ahead at the end of simple
// statements fails without naming anything.
func want(e *participle.UnexpectedTokenError) string {
	_, x, ok := strings.Cut(e.Message(), "(expected ")
	if !ok {
		return "';'"
	}
	x = strings.TrimSuffix(x, ")")
	if strings.HasPrefix(x, "\"") {
		x = x[:strings.IndexByte(x[1:], '"')+2]
	} else if i := strings.IndexAny(x, " ("); i > 0 {
		x = x[:i]
	}
	if strings.HasPrefix(x, "(") {
		return "statement"
	}
	return productions.Replace(x)
}
