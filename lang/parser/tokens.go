package parser

import "github.com/hawser-mta/hawser/lang/token"

// Token is one token of a text, at bytes From to To. What is no token, such as a
// string without end, is one of kind token.Bad.
type Token struct {
	Kind     token.Kind
	From, To int
}

// Tokens cuts a text into its tokens, comments included, whatever is wrong with
// it. Blanks lie between the tokens.
func Tokens(src string) []Token {
	var set token.FileSet
	var out []Token
	s := &scanner{file: set.Add("", src), src: src}
	for {
		s.blanks()
		from := s.pos
		if from >= len(src) {
			return out
		}
		kind, ok := s.scan(src[from])
		if !ok {
			kind = token.Bad
		}
		out = append(out, Token{kind, from, s.pos})
	}
}

// Open reports whether a text wants more: a bracket, comment or string has no end.
func Open(src string) bool {
	depth := 0
	for _, t := range Tokens(src) {
		switch text := src[t.From:t.To]; {
		case t.Kind == token.Bad && t.To == len(src) && (text[0] == '"' || text[0] == '\'' && len(text) > 1 || text[0] == '/'):
			return true
		case t.Kind != token.Punct:
		case text == "{" || text == "(" || text == "[":
			depth++
		case text == "}" || text == ")" || text == "]":
			depth--
		}
	}
	return depth > 0
}
