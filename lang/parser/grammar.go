package parser

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// statement is one entry of the dispatch table: it parses the statement whose
// first token chose it.
type statement func(lex *lexer.PeekingLexer) (ast.Stmt, error)

// The parsers refer to each other through parseStmt, which as plain package
// variables would be an initialisation cycle; so init only says how to build
// them and the first use does it.
var (
	grammar      func() map[string]statement // by first token of a statement
	paramsParser func() *participle.Parser[ast.Params]
	blockParser  func() *participle.Parser[ast.Block]
)

func init() {
	grammar = sync.OnceValue(buildGrammar)
	paramsParser = sync.OnceValue(func() *participle.Parser[ast.Params] { return participle.MustBuild[ast.Params](options()...) })
	blockParser = sync.OnceValue(func() *participle.Parser[ast.Block] { return participle.MustBuild[ast.Block](options()...) })
}

func buildGrammar() map[string]statement {
	return map[string]statement{
		"{":            build[ast.Block](),
		";":            build[ast.Empty](),
		"echo":         build[ast.Echo](),
		"if":           build[ast.If](),
		"while":        build[ast.While](),
		"for":          build[ast.For](),
		"foreach":      build[ast.Foreach](),
		"forever":      build[ast.Forever](),
		"switch":       buildSwitch(),
		"break":        build[ast.Jump](),
		"continue":     build[ast.Jump](),
		"return":       build[ast.Return](),
		"throw":        build[ast.Throw](),
		"try":          build[ast.Try](),
		"yield":        build[ast.Yield](),
		"global":       build[ast.Global](),
		"include":      build[ast.Include](),
		"include_once": build[ast.Include](),
		"barrier":      build[ast.Barrier](),
		"function":     build[ast.Function](),
		"class":        buildClass(),
		"import":       build[ast.Import](),
		"__debug":      debug,
		"":             build[ast.ExprStmt](),
	}
}

func options() []participle.Option {
	return []participle.Option{
		participle.Lexer(definition{}),
		participle.UseLookahead(1),
		participle.Elide("Comment"),
		participle.ParseTypeWith(parseStmt),
		participle.ParseTypeWith(parseExpr),
	}
}

// build makes the parser of one statement type.
func build[T any, P interface {
	*T
	ast.Stmt
}]() statement {
	p := participle.MustBuild[T](options()...)
	return func(lex *lexer.PeekingLexer) (ast.Stmt, error) {
		n, err := p.ParseFromLexer(lex, participle.AllowTrailing(true))
		return P(n), err
	}
}

// at returns the position of a token.
func at(t *lexer.Token) token.Pos { return token.Pos(t.Pos.Offset) }

// end returns the position behind a token.
func end(t *lexer.Token) token.Pos { return token.Pos(t.Pos.Offset + len(t.Value)) }
