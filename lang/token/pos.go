package token

import (
	"fmt"
	"sort"
	"sync"
)

// Pos is the place of one byte in a FileSet; the zero Pos is no place.
type Pos int32

// NoPos is the position of things that stand in no file.
const NoPos Pos = 0

// Valid reports whether p is a place in a file.
func (p Pos) Valid() bool { return p > 0 }

// Span is the half-open range of bytes [From, To).
type Span struct{ From, To Pos }

// Position is a Pos made readable. Line and Column count from 1; columns count
// bytes.
type Position struct {
	File         string
	Line, Column int
}

// String returns FILE:LINE:COL, the form of every diagnostic.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// File is one source text of a FileSet.
type File struct {
	Name string
	Src  string
	Base Pos // Pos of the first byte

	once  sync.Once
	lines []int // offset of the first byte of each line
}

// Pos returns the position of the byte at offset.
func (f *File) Pos(offset int) Pos { return f.Base + Pos(offset) }

// End returns the position behind the last byte.
func (f *File) End() Pos { return f.Base + Pos(len(f.Src)) }

func (f *File) table() []int {
	f.once.Do(func() {
		f.lines = []int{0}
		for i := 0; i < len(f.Src); i++ {
			if f.Src[i] == '\n' {
				f.lines = append(f.lines, i+1)
			}
		}
	})
	return f.lines
}

// Position returns line and column of p, which must lie in f.
func (f *File) Position(p Pos) Position {
	off := int(p - f.Base)
	t := f.table()
	line := sort.SearchInts(t, off+1)
	return Position{File: f.Name, Line: line, Column: off - t[line-1] + 1}
}

// Line returns the text of the line (from 1) without its line end.
func (f *File) Line(n int) string {
	t := f.table()
	if n < 1 || n > len(t) {
		return ""
	}
	end := len(f.Src)
	if n < len(t) {
		end = t[n] - 1
	}
	s := f.Src[t[n-1]:end]
	if len(s) > 0 && s[len(s)-1] == '\r' {
		s = s[:len(s)-1]
	}
	return s
}

// FileSet is the set of files of one compilation. The zero value is ready; its
// methods may be called concurrently.
type FileSet struct {
	mu    sync.RWMutex
	files []*File
	next  Pos
}

// Add appends a file. The total size of a set is limited to 2 GiB by the type
// of Pos; the loader limits single files far below that.
func (s *FileSet) Add(name, src string) *File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == 0 {
		s.next = 1
	}
	f := &File{Name: name, Src: src, Base: s.next}
	s.next += Pos(len(src)) + 1
	s.files = append(s.files, f)
	return f
}

// File returns the file in which p lies, nil when there is none.
func (s *FileSet) File(p Pos) *File {
	if s == nil || !p.Valid() {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := sort.Search(len(s.files), func(i int) bool { return s.files[i].Base > p }) - 1
	if i < 0 || p > s.files[i].End() {
		return nil
	}
	return s.files[i]
}

// Position returns the readable form of p, the zero Position when p is no place.
func (s *FileSet) Position(p Pos) Position {
	if f := s.File(p); f != nil {
		return f.Position(p)
	}
	return Position{}
}
