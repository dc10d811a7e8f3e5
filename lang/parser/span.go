package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// spanBlocks gives the blocks that belong to a statement or member their places:
// participle fills them without one. In all of them the block is the last pair of
// braces; that of try is the first.
func spanBlocks(n any, toks []lexer.Token) {
	switch n := n.(type) {
	case *ast.Function:
		spanBlock(n.Body, toks, false)
	case *ast.Barrier:
		spanBlock(n.Body, toks, false)
	case *ast.Try:
		spanBlock(n.Body, toks, true)
		spanBlock(n.Catch, toks, false)
	case *ast.Member:
		if n.Ctor != nil {
			spanBlock(n.Ctor.Body, toks, false)
		}
		if n.Func != nil {
			spanBlock(n.Func.Body, toks, false)
		}
	}
}

// spanBlock gives a block the place of the first or last pair of braces.
func spanBlock(b *ast.Block, toks []lexer.Token, first bool) {
	depth, from := 0, token.Pos(0)
	for _, t := range toks {
		if t.Type != token.Punct {
			continue
		}
		switch t.Value {
		case "{":
			if depth == 0 {
				from = at(&t)
			}
			depth++
		case "}":
			if depth--; depth == 0 {
				b.SetSpan(from, at(&t)+1)
				if first {
					return
				}
			}
		}
	}
}
