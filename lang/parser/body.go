package parser

import (
	"errors"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// The bodies of classes and switches are walked by hand around the grammars of
// their parts, so that one broken member or label does not hide the others.

func buildClass() statement {
	head := participle.MustBuild[ast.Class](options()...)
	member := participle.MustBuild[ast.Member](options()...)
	return func(lex *lexer.PeekingLexer) (ast.Stmt, error) {
		n, err := head.ParseFromLexer(lex, participle.AllowTrailing(true))
		if err != nil {
			return n, err
		}
		err = body(lex, "member", func(t *lexer.Token) bool {
			switch t.Value {
			case "private", "readonly", "static", "constructor", "function":
				return t.Type == token.Keyword
			case ";":
				return t.Type == token.Punct
			}
			return t.Type == token.Variable
		}, func() error {
			if lex.Peek().Value == ";" {
				lex.Next()
				return nil
			}
			from, start := at(lex.Peek()), lex.RawCursor()
			m, err := member.ParseFromLexer(lex, participle.AllowTrailing(true))
			if err == nil {
				m.SetSpan(from, lastEnd(lex, start, from))
				spanBlocks(m, lex.Range(start, lex.RawCursor()))
				n.Members = append(n.Members, m)
			}
			return err
		})
		return n, err
	}
}

func buildSwitch() statement {
	head := participle.MustBuild[ast.Switch](options()...)
	label := participle.MustBuild[ast.Case](options()...)
	return func(lex *lexer.PeekingLexer) (ast.Stmt, error) {
		n, err := head.ParseFromLexer(lex, participle.AllowTrailing(true))
		if err != nil {
			return n, err
		}
		err = body(lex, "'case'", func(t *lexer.Token) bool {
			return t.Type == token.Keyword && (t.Value == "case" || t.Value == "default")
		}, func() error {
			c, err := label.ParseFromLexer(lex, participle.AllowTrailing(true))
			if err != nil {
				stateOf(lex).note(err, lex)
				skip(lex, 0)
				c = &ast.Case{Default: true}
				for !isEnd(lex.Peek()) {
					s, err := parseStmt(lex)
					if err != nil {
						break
					}
					c.Stmts = append(c.Stmts, s)
				}
				// What it labels is checked, without being a second default.
				n.Broken = append(n.Broken, c.Stmts...)
				return nil
			}
			n.Cases = append(n.Cases, c)
			return nil
		})
		return n, err
	}
}

// debug parses a breakpoint. What follows its array belongs to the statement, also
// when it begins with a bracket.
func debug(lex *lexer.PeekingLexer) (ast.Stmt, error) {
	lex.Next()
	n := &ast.Debug{}
	p := &exprParser{lex: lex, st: stateOf(lex)}
	open := p.peek()
	if !p.is("[") {
		return n, fault(open, "got %s behind '__debug', want array literal", quote(open))
	}
	lex.Next()
	var err error
	if n.Args, err = p.array(open, "]"); err != nil {
		return n, err
	}
	if n.Stmt, err = parseStmt(lex); errors.Is(err, participle.NextMatch) {
		return n, nil
	}
	return n, err
}

func isEnd(t *lexer.Token) bool { return t.EOF() || t.Type == token.Punct && t.Value == "}" }

// body parses parts up to the '}'; what begins no part is reported and skipped.
func body(lex *lexer.PeekingLexer, what string, begins func(*lexer.Token) bool, part func() error) error {
	st := stateOf(lex)
	for {
		t := lex.Peek()
		switch {
		case t.EOF():
			return fault(t, "got end of file, want '}'")
		case isEnd(t):
			lex.Next()
			return nil
		case ast.SkipMark(lex):
			continue
		case !begins(t):
			st.report(spanOf(t), "", "got %s, want %s", quote(t), what)
			skip(lex, 0)
			continue
		}
		start := lex.RawCursor()
		if err := part(); err != nil {
			st.note(err, lex)
			skip(lex, opened(lex, start))
		}
	}
}

// opened returns the number of braces that were opened since start and not
// closed.
func opened(lex *lexer.PeekingLexer, start lexer.RawCursor) int {
	n := 0
	for _, t := range lex.Range(start, lex.RawCursor()) {
		switch {
		case t.Type != token.Punct:
		case t.Value == "{":
			n++
		case t.Value == "}":
			n--
		}
	}
	return max(n, 0)
}
