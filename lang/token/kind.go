package token

import "github.com/alecthomas/participle/v2/lexer"

// Kind is the kind of a token. Values are negative because participle reserves
// the non-negative ones for single runes; EOF is participle's own.
type Kind = lexer.TokenType

// The kinds of tokens.
const (
	EOF      Kind = lexer.EOF
	Comment  Kind = -2 - iota
	Name          // identifier that is no keyword
	Variable      // $name
	Number
	String    // "…" with escapes and interpolation
	RawString // 'D'…'D'
	Regex     // #/…/flags
	Keyword   // reserved word; the value tells which
	Refused   // word of other languages that is refused as a name
	Punct     // operator or separator; the value tells which
	Bad       // byte sequence that is no token; the value is the message
)

// Symbols maps the names used in grammar tags to kinds.
var Symbols = map[string]Kind{
	"EOF": EOF, "Comment": Comment, "Name": Name, "Variable": Variable, "Number": Number,
	"String": String, "RawString": RawString, "Regex": Regex, "Keyword": Keyword,
	"Refused": Refused, "Punct": Punct, "Bad": Bad,
}

var keywords = set(`and array as barrier break builtin cache case catch class closure constructor
continue default echo else false for foreach forever from function global if import include
include_once isset match none not object or private readonly return static switch throw true try
unset while with yield`)

var refused = set(`this self public protected struct clone final const goto namespace new interface in
extends print trait finally lambda pass destroy export use`)

// Assert is refused as a name, too, except for the function of that name that
// test files import from "std://testing"; the resolver tells them apart.
const Assert = "assert"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range fields(words) {
		m[w] = true
	}
	return m
}

// Lookup returns the kind of an identifier: Keyword, Refused or Name.
func Lookup(word string) Kind {
	switch {
	case keywords[word]:
		return Keyword
	case refused[word]:
		return Refused
	}
	return Name
}

// IsRefused reports whether the word is refused as a name without being reserved.
func IsRefused(word string) bool { return refused[word] || word == Assert }

// Keywords returns the reserved words, for completion and documentation.
func Keywords() []string {
	var l []string
	for w := range keywords {
		l = append(l, w)
	}
	return l
}
