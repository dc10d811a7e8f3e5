package ast

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/token"
)

// The leaves of statements parse themselves: participle captures tokens as
// text, and we want their positions as well.

// take consumes the next token when it has the kind.
func (r *Range) take(lex *lexer.PeekingLexer, kind token.Kind) (string, error) {
	t := lex.Peek()
	if t.Type != kind {
		return "", participle.NextMatch
	}
	lex.Next()
	r.SetSpan(token.Pos(t.Pos.Offset), token.Pos(t.Pos.Offset+len(t.Value)))
	return t.Value, nil
}

// Parse implements participle.Parseable.
func (v *Var) Parse(lex *lexer.PeekingLexer) error {
	s, err := v.take(lex, token.Variable)
	if err == nil {
		v.Name = s[1:]
	}
	return err
}

// Parse implements participle.Parseable.
func (n *NameTok) Parse(lex *lexer.PeekingLexer) (err error) {
	n.Name, err = n.take(lex, token.Name)
	return err
}

// Parse implements participle.Parseable.
func (m *Modifier) Parse(lex *lexer.PeekingLexer) (err error) {
	switch lex.Peek().Value {
	case "private", "readonly", "static":
		m.Word, err = m.take(lex, token.Keyword)
		return err
	}
	return participle.NextMatch
}

// Breakpoints stand in front of a whole source line, so also before words that
// begin no statement. There they are skipped (spec language 8.3); before the '}'
// of a block a Debug statement takes them.
type (
	// ElseMark is a breakpoint before else.
	ElseMark struct{}
	// CatchMark is a breakpoint before catch.
	CatchMark struct{}
)

// Parse implements participle.Parseable.
func (*ElseMark) Parse(lex *lexer.PeekingLexer) error { return mark(lex, "else") }

// Parse implements participle.Parseable.
func (*CatchMark) Parse(lex *lexer.PeekingLexer) error { return mark(lex, "catch") }

func mark(lex *lexer.PeekingLexer, word string) error {
	c := lex.MakeCheckpoint()
	if SkipMark(lex) && lex.Peek().Value == word {
		return nil
	}
	lex.LoadCheckpoint(c)
	return participle.NextMatch
}

// SkipMark skips `__debug [ … ]` and reports whether it stood there.
func SkipMark(lex *lexer.PeekingLexer) bool {
	if lex.Peek().Value != "__debug" {
		return false
	}
	lex.Next()
	for depth := 0; !lex.Peek().EOF(); {
		t := lex.Next()
		if t.Type == token.Punct && t.Value == "[" {
			depth++
		} else if t.Type == token.Punct && t.Value == "]" {
			depth--
		}
		if depth == 0 {
			break
		}
	}
	return true
}
