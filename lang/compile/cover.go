package compile

import (
	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/resolve"
	"github.com/hawser-mta/hawser/lang/token"
)

// cover makes the program count the runs of a place. Programs compiled without
// coverage hold nothing of it, so that it costs nothing there.
func (f *fn) cover(at token.Pos, entry bool) {
	if !f.c.cover {
		return
	}
	pos := f.pos
	f.pos = at
	pc := f.emit(bytecode.Cover, 0, 0, 0)
	f.proto.Code[pc] = f.proto.Code[pc].WithTarget(len(f.c.prog.Points))
	f.pos = pos
	f.c.prog.Points = append(f.c.prog.Points, bytecode.Point{Pos: at, Proto: f.scope.Index, Entry: entry})
}

// enters counts the calls of a function.
func (f *fn) enters(s *resolve.Scope) {
	at := s.Span.From
	if !at.Valid() && len(s.Body) > 0 { // methods have no span
		at = s.Body[0].Pos()
	}
	f.cover(at, true)
}

// runs reports whether a statement does something itself when it is reached.
func runs(st ast.Stmt) bool {
	switch st.(type) {
	case *ast.Block, *ast.Empty, *ast.Function, *ast.Class, *ast.Import, *ast.Include, *ast.Bad:
		return false
	}
	return true
}
