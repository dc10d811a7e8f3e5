package parser

import (
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// stringLiteral decodes a double-quoted string into *ast.String or, with
// variables in it, *ast.Interp (spec language 1.4).
func stringLiteral(t *lexer.Token) (ast.Expr, error) {
	text := t.Value[1 : len(t.Value)-1]
	base := at(t) + 1
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '$') < 0 {
		return newString(text, at(t), end(t)), nil
	}
	var parts []ast.Expr
	var buf []byte
	from := 0
	flush := func(to int) {
		if len(buf) > 0 {
			parts = append(parts, newString(string(buf), base+token.Pos(from), base+token.Pos(to)))
			buf = nil
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\':
			b, n, err := escape(text[i:], base+token.Pos(i))
			if err != nil {
				return nil, err
			}
			buf = append(buf, b)
			i += n
		case c == '$':
			name, n := interpolated(text[i:])
			if n == 0 {
				buf = append(buf, c)
				i++
				continue
			}
			flush(i)
			v := &ast.Var{Name: name}
			v.SetSpan(base+token.Pos(i), base+token.Pos(i+n))
			parts = append(parts, v)
			i += n
			from = i
		default:
			buf = append(buf, c)
			i++
		}
	}
	if len(parts) == 0 {
		return newString(string(buf), at(t), end(t)), nil
	}
	flush(len(text))
	n := &ast.Interp{Parts: parts}
	n.SetSpan(at(t), end(t))
	return n, nil
}

func newString(s string, from, to token.Pos) *ast.String {
	n := &ast.String{Value: s}
	n.SetSpan(from, to)
	return n
}

// escape decodes one escape sequence and returns the bytes it takes.
func escape(s string, pos token.Pos) (b byte, n int, err error) {
	if len(s) > 1 {
		switch s[1] {
		case '\\', '"', '$':
			return s[1], 2, nil
		case 'n':
			return '\n', 2, nil
		case 'r':
			return '\r', 2, nil
		case 't':
			return '\t', 2, nil
		case 'x':
			if len(s) >= 4 && validDigits(s[2:4], 16) {
				return byte(numberValue("0x" + s[2:4])), 4, nil
			}
		}
	}
	bad := s[:min(len(s), 2)]
	return 0, 0, &syntaxError{
		span: token.Span{From: pos, To: pos + token.Pos(len(bad))},
		msg:  fmt.Sprintf("unknown escape '%s' in string", strings.ToValidUTF8(bad, "?")),
		hint: `want \\ \" \$ \n \r \t or \xHH; raw strings ''…'' have no escapes`,
	}
}

// interpolated recognises $name and ${name} at the start of s; n is 0 when the
// dollar sign is literal.
func interpolated(s string) (name string, n int) {
	open := 1
	if len(s) > 1 && s[1] == '{' {
		open = 2
	}
	if len(s) <= open || !isLetter(s[open]) {
		return "", 0
	}
	i := open
	for i < len(s) && isWord(s[i]) {
		i++
	}
	if open == 2 {
		if i >= len(s) || s[i] != '}' {
			return "", 0
		}
		return s[open:i], i + 1
	}
	return s[open:i], i
}

func rawLiteral(t *lexer.Token) ast.Expr {
	n := strings.IndexByte(t.Value[1:], '\'') + 2
	return newString(t.Value[n:len(t.Value)-n], at(t), end(t))
}

// regexLiteral splits #/pattern/flags. `\/` becomes a plain slash; the other
// escapes belong to the pattern.
func regexLiteral(t *lexer.Token) (ast.Expr, error) {
	i := strings.LastIndexByte(t.Value, '/')
	r := &ast.Regex{Pattern: strings.ReplaceAll(t.Value[2:i], `\/`, "/"), Flags: t.Value[i+1:]}
	r.SetSpan(at(t), end(t))
	for _, f := range r.Flags {
		if !strings.ContainsRune("imusxUX", f) {
			return nil, fault(t, "unknown regex flag '%c', want any of i m u s x U X", f)
		}
	}
	return r, nil
}
