package parser

import (
	"errors"
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
			t := lex.Peek()
			st.report(spanOf(t), "", "got %s, want statement", quote(t))
			if lex.Next(); !isEnd(t) {
				skip(lex, 0)
			}
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
	if n := len(st.diags); n > 0 && st.diags[n-1].Pos == d.Pos {
		return // of blocks that end with the file
	}
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
		spanBlocks(s, lex.Range(start, lex.RawCursor()))
		if err = check(s); err == nil {
			return s, nil
		}
		st.note(err, lex) // the statement is read to its end
	} else {
		st.note(withHint(asSyntax(err, lex), hint(lex, start, t)), lex)
		skip(lex, opened(lex, start))
		if f, ok := s.(*ast.Function); ok && f != nil && f.Body != nil && lex.Peek().EOF() {
			// Only its '}' is missing: what it holds is checked.
			f.SetSpan(from, lastEnd(lex, start, from))
			return f, nil
		}
	}
	b := bad(from, lastEnd(lex, start, from))
	b.Names = declared(t.Value, lex.Range(start, lex.RawCursor()))
	return b, nil
}

func bad(from, to token.Pos) *ast.Bad {
	b := &ast.Bad{}
	b.SetSpan(from, to)
	return b
}

// declared returns the names that a broken statement, which begins with word,
// would have declared; their use is no error.
func declared(word string, toks []lexer.Token) []string {
	var names []string
	for _, t := range toks {
		switch {
		case t.Type != token.Name:
		case word == "import":
			names = append(names, t.Value)
		case word == "function", word == "class":
			return []string{t.Value}
		}
	}
	return names
}

// hint helps with what other languages have: the statement begins with first and
// was read up to the offending token.
func hint(lex *lexer.PeekingLexer, start lexer.RawCursor, first *lexer.Token) string {
	toks := lex.Range(start, lex.RawCursor())
	if len(toks) == 0 {
		return ""
	}
	last, next := toks[len(toks)-1].Value, lex.Peek()
	switch {
	case first.Value == "import" && (last == "as" || next.Value == "as"):
		return "a function or class is renamed to a name, a variable to a variable"
	case last == "&" && next.Value == "&":
		return "write 'and'"
	case last == "|" && next.Value == "|":
		return "write 'or'"
	case last == "<" && next.Value == ">":
		return "write '!='"
	case last == "->" && next.Type == token.Variable:
		return "write $object[$name]"
	case first.Value == "elseif" || first.Value == "elif":
		return "write 'else if'"
	}
	return ""
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

// skip leaves the lexer behind the end of a broken statement, which has opened
// depth braces: after a ';' or a balanced block, or before the '}' that closes the
// block around it.
func skip(lex *lexer.PeekingLexer, depth int) {
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
					if n := lex.Peek().Value; n != ")" && n != "," && n != ";" && n != "]" && n != "else" && n != "catch" && n != "from" {
						return
					}
					continue
				}
			case ";":
				if depth == 0 {
					lex.Next()
					if n := lex.Peek().Value; n != "else" && n != "catch" {
						return
					}
				}
			}
		}
		lex.Next()
	}
}
