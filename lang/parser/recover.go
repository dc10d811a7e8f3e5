package parser

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

// maxNesting bounds the depth of statements and expressions inside each other,
// and with it the stack that a hostile file can make us use.
const maxNesting = 500

// maxErrors bounds the messages of one file.
const maxErrors = 50

// state is what one run of the parser carries besides its tokens.
type state struct {
	fset  *token.FileSet
	diags diag.List
	depth int
}

// states finds the state of a run by its first token, see doc.go.
var states sync.Map // *lexer.Token → *state

func stateOf(lex *lexer.PeekingLexer) *state {
	s, _ := states.Load(&lex.Range(0, 1)[0])
	return s.(*state)
}

// Parse parses one file. The tree is usable even when the list holds errors:
// statements that could not be parsed are ast.Bad.
func Parse(fset *token.FileSet, name, src string) (*ast.File, diag.List) {
	f := fset.Add(name, src)
	st := &state{fset: fset}
	sc := &scanner{file: f, src: src, report: st.report}
	lex, _ := lexer.Upgrade(sc, token.Comment)
	key := &lex.Range(0, 1)[0]
	states.Store(key, st)
	defer states.Delete(key)

	file := &ast.File{Name: name}
	file.From, file.To = f.Pos(0), f.End()
	for !lex.Peek().EOF() && len(st.diags) < maxErrors {
		s, err := parseStmt(lex)
		if errors.Is(err, participle.NextMatch) {
			t := lex.Next()
			st.report(spanOf(t), "", "got %s, want statement", quote(t))
			continue
		}
		file.Stmts = append(file.Stmts, s)
	}
	st.diags.Sort()
	return file, st.diags
}

func (st *state) report(span token.Span, hint, format string, args ...any) {
	d := diag.At(st.fset, span, diag.Error, "syntax", format, args...)
	d.Hint = hint
	st.diags = append(st.diags, d)
}

// parseStmt is the dispatcher: it parses any statement and never fails except
// with NextMatch where no statement can begin.
func parseStmt(lex *lexer.PeekingLexer) (ast.Stmt, error) {
	t := lex.Peek()
	key := ""
	switch t.Type {
	case token.EOF:
		return nil, participle.NextMatch
	case token.Keyword:
		switch t.Value {
		case "case", "default", "else", "catch":
			return nil, participle.NextMatch
		case "function":
			if !isLambda(lex) {
				key = t.Value
			}
		default:
			key = t.Value
		}
	case token.Name:
		if t.Value == "__debug" {
			key = t.Value
		}
	case token.Punct:
		switch t.Value {
		case "}":
			return nil, participle.NextMatch
		case "{", ";":
			key = t.Value
		}
	}
	parse, ok := grammar()[key]
	if !ok {
		parse = grammar()[""]
	}
	st := stateOf(lex)
	from, start := at(t), lex.RawCursor()
	st.depth++
	defer func() { st.depth-- }()
	if st.depth > maxNesting {
		st.report(spanOf(t), "", "statements nested too deeply, at most %d", maxNesting)
		for !lex.Peek().EOF() {
			lex.Next()
		}
		return bad(from, from), nil
	}
	s, err := parse(lex)
	if err == nil {
		s.SetSpan(from, lastEnd(lex, start, from))
		err = check(s)
	}
	if err != nil {
		st.note(err, lex)
		skip(lex)
		return bad(from, lastEnd(lex, start, from)), nil
	}
	return s, nil
}

func bad(from, to token.Pos) ast.Stmt {
	b := &ast.Bad{}
	b.SetSpan(from, to)
	return b
}

// isLambda tells `function (` from `function name`.
func isLambda(lex *lexer.PeekingLexer) bool {
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	lex.Next()
	return lex.Peek().Value == "("
}

// lastEnd returns the end of the last token consumed since the cursor start.
func lastEnd(lex *lexer.PeekingLexer, start lexer.RawCursor, from token.Pos) token.Pos {
	toks := lex.Range(start, lex.RawCursor())
	for i := len(toks) - 1; i >= 0; i-- {
		if toks[i].Type != token.Comment {
			return end(&toks[i])
		}
	}
	return from
}

// skip leaves the lexer behind the end of a broken statement: after a ';' or a
// balanced block, or before the '}' that closes the block around it.
func skip(lex *lexer.PeekingLexer) {
	depth := 0
	for {
		t := lex.Peek()
		if t.EOF() {
			return
		}
		if t.Type == token.Punct {
			switch t.Value {
			case "{":
				depth++
			case "}":
				if depth == 0 {
					return
				}
				depth--
				if depth == 0 {
					lex.Next()
					if n := lex.Peek().Value; n != ")" && n != "," && n != ";" && n != "]" && n != "else" && n != "catch" {
						return
					}
					continue
				}
			case ";":
				if depth == 0 {
					lex.Next()
					return
				}
			}
		}
		lex.Next()
	}
}

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
	err.(*syntaxError).hint = hint
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
	"Params", "parameters", "Param", "parameter", "Block", "'{'", "Case", "'case'", "Symbol", "name",
	"Member", "member", "MethodDecl", "name", "Method", "parameters", "Modifier", "modifier", "\"", "'",
)

// want words what participle expected. Only the look-ahead at the end of simple
// statements fails without naming anything.
func want(e *participle.UnexpectedTokenError) string {
	_, x, ok := strings.Cut(e.Message(), "(expected ")
	if !ok {
		return "';'"
	}
	x = strings.TrimSuffix(x, ")")
	if i := strings.IndexAny(x, " ("); i > 0 {
		x = x[:i]
	}
	if strings.HasPrefix(x, "(") {
		return "statement"
	}
	return productions.Replace(x)
}
