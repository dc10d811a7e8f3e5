package parser

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/token"
)

// definition makes the hand-written lexer available to participle. The entry
// points of this package feed tokens directly; LexString serves participle's
// interface.
type definition struct{}

func (definition) Symbols() map[string]lexer.TokenType { return token.Symbols }

// LexString implements lexer.StringDefinition.
func (definition) LexString(name, src string) (lexer.Lexer, error) {
	var set token.FileSet
	return &scanner{file: set.Add(name, src), src: src}, nil
}

// Lex implements lexer.Definition.
func (d definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return d.LexString(name, string(b))
}

// scanner walks the source once. Faults go to report; they yield no token or one
// of kind token.Bad, which stands for an operand, so that one bad byte costs one
// message.
type scanner struct {
	file   *token.File
	src    string
	pos    int
	last   int // end of the last token but comments: where the end of the file is reported
	report func(span token.Span, hint, format string, args ...any)
}

func (s *scanner) fault(from, to int, hint, format string, args ...any) {
	if s.report != nil {
		s.report(token.Span{From: s.file.Pos(from), To: s.file.Pos(to)}, hint, format, args...)
	}
}

func (s *scanner) token(kind token.Kind, from int) lexer.Token {
	return lexer.Token{Type: kind, Value: s.src[from:s.pos], Pos: lexer.Position{Offset: int(s.file.Base) + from}}
}

// Next implements lexer.Lexer.
func (s *scanner) Next() (lexer.Token, error) {
	for {
		s.blanks()
		from := s.pos
		if from >= len(s.src) {
			s.pos = s.last
			return s.token(token.EOF, s.last), nil
		}
		if kind, ok := s.scan(s.src[from]); ok {
			if kind != token.Comment {
				s.last = s.pos
			}
			return s.token(kind, from), nil
		}
	}
}

func (s *scanner) blanks() {
	if s.pos == 0 {
		s.pos = len(s.src) - len(strings.TrimPrefix(s.src, "\ufeff"))
		if strings.HasPrefix(s.src[s.pos:], "#!") {
			s.line()
		}
	}
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\r', '\n', '\v', '\f':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) line() {
	if i := strings.IndexByte(s.src[s.pos:], '\n'); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.src)
	}
}

// scan consumes one token beginning with c and returns its kind; ok is false
// when it consumed a fault instead.
func (s *scanner) scan(c byte) (kind token.Kind, ok bool) {
	switch {
	case isLetter(c):
		from := s.pos
		s.word()
		return token.Lookup(s.src[from:s.pos]), true
	case isDigit(c):
		return s.number()
	case c == '$':
		return s.variable()
	case c == '"':
		return s.quoted()
	case c == '\'':
		return s.raw()
	case c == '/' && s.peek(1) == '/':
		s.line()
		return token.Comment, true
	case c == '/' && s.peek(1) == '*':
		return s.comment()
	case c == '#':
		return s.regex()
	case c >= utf8.RuneSelf:
		return s.foreign()
	}
	if n := punctLen(s.src[s.pos:]); n > 0 {
		s.pos += n
		return token.Punct, true
	}
	s.pos++
	s.fault(s.pos-1, s.pos, "", "unexpected character %s", quoteByte(c))
	if c != '`' {
		return 0, false
	}
	if i := strings.IndexAny(s.src[s.pos:], "`\n"); i >= 0 && s.src[s.pos+i] == c {
		s.pos += i + 1
	}
	return token.Bad, true
}

func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *scanner) word() {
	for s.pos < len(s.src) && isWord(s.src[s.pos]) {
		s.pos++
	}
}

func (s *scanner) variable() (token.Kind, bool) {
	from := s.pos
	s.pos++
	if !isLetter(s.peek(0)) {
		s.fault(from, s.pos, "", "got '$' without a name, want variable")
		return token.Bad, s.peek(0) != '$'
	}
	s.word()
	return token.Variable, true
}

func (s *scanner) comment() (token.Kind, bool) {
	from := s.pos
	i := strings.Index(s.src[from+2:], "*/")
	if i < 0 {
		s.pos = len(s.src)
		s.fault(from, from+2, "", "comment without end, want '*/'")
		return 0, false
	}
	s.pos += i + 4
	return token.Comment, true
}

// quoted scans a double-quoted string; escapes are decoded by literal.go.
func (s *scanner) quoted() (token.Kind, bool) {
	from := s.pos
	for s.pos++; s.pos < len(s.src); s.pos++ {
		switch s.src[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return token.String, true
		}
	}
	s.pos = len(s.src)
	s.fault(from, from+1, "", "string without end, want '\"'")
	return token.Bad, true
}

// raw scans 'D'text'D'.
func (s *scanner) raw() (token.Kind, bool) {
	from := s.pos
	s.pos++
	for s.pos < len(s.src) && s.src[s.pos] > ' ' && s.src[s.pos] < 0x7f && s.src[s.pos] != '\'' {
		s.pos++
	}
	if s.peek(0) != '\'' {
		s.fault(from, from+1, "write ''text'' for a raw string or \"text\" for a string", "got ''' without a raw string delimiter")
		return token.Bad, true
	}
	s.pos++
	delim := s.src[from:s.pos]
	i := strings.Index(s.src[s.pos:], delim)
	if i < 0 {
		s.pos = len(s.src)
		s.fault(from, from+len(delim), "", "raw string without end, want %s", delim)
		return token.Bad, true
	}
	s.pos += i + len(delim)
	return token.RawString, true
}

// regex scans #/pattern/flags.
func (s *scanner) regex() (token.Kind, bool) {
	from := s.pos
	if s.peek(1) != '/' {
		s.fault(from, from+1, "comments begin with '//'", "unexpected character '#'")
		s.line()
		return 0, false
	}
	for s.pos += 2; s.pos < len(s.src) && s.src[s.pos] != '\n'; s.pos++ {
		switch s.src[s.pos] {
		case '\\':
			if s.peek(1) != '\n' {
				s.pos++
			}
		case '/':
			s.pos++
			s.word()
			return token.Regex, true
		}
	}
	s.pos = min(s.pos, len(s.src))
	s.fault(from, from+2, "", "regex literal without end, want '/'")
	return token.Bad, true
}

// foreign reports a character outside ASCII where none is allowed. With what
// belongs to it (a word, text between typographic quotes) it stands for an operand.
func (s *scanner) foreign() (token.Kind, bool) {
	from := s.pos
	r, n := utf8.DecodeRuneInString(s.src[from:])
	s.pos += n
	hint, closing := "", ""
	name := fmt.Sprintf("'%c' (U+%04X)", r, r)
	switch r {
	case utf8.RuneError:
		name = quoteByte(s.src[from])
	case '\u00a0':
		s.fault(from, s.pos, "replace it with an ordinary space", "unexpected character no-break space (U+00A0)")
		return 0, false
	case '\u201c', '\u201d', '\u201e':
		name, hint = fmt.Sprintf("typographic quote '%c' (U+%04X)", r, r), "use '\"'"
		closing = "\u201c\u201d"
	case '\u2018', '\u2019':
		name, hint = fmt.Sprintf("typographic quote '%c' (U+%04X)", r, r), "use '\"', or '' for raw strings"
		closing = "\u2018\u2019"
	}
	s.fault(from, s.pos, hint, "unexpected character %s", name)
	if i := strings.IndexAny(s.src[s.pos:], closing+"\n"); closing != "" && i >= 0 && s.src[s.pos+i] != '\n' {
		s.pos += i + len(closing)/2
		return token.Bad, true
	}
	for s.pos < len(s.src) && (isWord(s.src[s.pos]) || s.src[s.pos] >= utf8.RuneSelf) {
		s.pos++
	}
	return token.Bad, true
}

// punctuation by length, longest match first.
var punct = [...][]string{
	3: {"===", "!==", "**=", ">>>", "...", "??="},
	2: {"==", "!=", "<=", ">=", "=~", "!~", "=>", "->", "::", "++", "--", "+=", "-=", "*=", "/=", "%=", ".=", "**", "<<", ">>", "??"},
}

const single = "{}()[];,.+-*/%=!<>?:&|^~"

func punctLen(s string) int {
	for n := 3; n >= 2; n-- {
		if len(s) < n {
			continue
		}
		for _, p := range punct[n] {
			if s[:n] == p {
				return n
			}
		}
	}
	if strings.IndexByte(single, s[0]) >= 0 {
		return 1
	}
	return 0
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) }

func quoteByte(c byte) string {
	if c > ' ' && c < 0x7f {
		return "'" + string(rune(c)) + "'"
	}
	return fmt.Sprintf("byte 0x%02x", c)
}
