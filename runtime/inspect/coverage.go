package inspect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Coverage is how often the lines of scripts have run.
type Coverage struct{ files map[string]*File }

// File is the coverage of one file.
type File struct {
	Name  string
	Lines map[int]int // runs of every line that can run
	Funcs []Func      // in the order of their lines
}

// Func is how often a function was called.
type Func struct {
	Name  string
	Line  int
	Calls int
}

// Add takes what an image has counted. name turns the name of a file into the one
// that reports show; "" leaves the file out.
func (c *Coverage) Add(img *vm.Image, name func(string) string) {
	img.TakeHits(func(p *bytecode.Program, hits []uint32) {
		// A line has run as often as its most frequent statement.
		most := map[token.Position]int{}
		for i, pt := range p.Points {
			pos := p.Fset.Position(pt.Pos)
			pos.Column = 0
			if pos.File = name(pos.File); pos.File == "" {
				continue
			}
			if pt.Entry {
				c.file(pos.File).called(funcName(p, pt.Proto, pos.Line), pos.Line, int(hits[i]))
				continue
			}
			most[pos] = max(most[pos], int(hits[i]))
		}
		for pos, n := range most {
			c.file(pos.File).Lines[pos.Line] += n
		}
	})
}

func (c *Coverage) file(name string) *File {
	if c.files == nil {
		c.files = map[string]*File{}
	}
	if c.files[name] == nil {
		c.files[name] = &File{Name: name, Lines: map[int]int{}}
	}
	return c.files[name]
}

func (f *File) called(name string, line, n int) {
	if name == "" {
		return
	}
	for i := range f.Funcs {
		if x := &f.Funcs[i]; x.Line == line && x.Name == name {
			x.Calls += n
			return
		}
	}
	f.Funcs = append(f.Funcs, Func{name, line, n})
}

// funcName names a function within its file, "" for the top level.
func funcName(p *bytecode.Program, proto, line int) string {
	f := p.Protos[proto]
	switch {
	case proto == 0:
		return ""
	case f.Name == "":
		return fmt.Sprintf("{function:%d}", line)
	}
	return f.Name
}

// Files returns the files that have lines which can run, sorted by name.
func (c *Coverage) Files() []*File {
	var out []*File
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if f := c.files[name]; len(f.Lines) > 0 {
			slices.SortFunc(f.Funcs, func(a, b Func) int {
				if a.Line != b.Line {
					return a.Line - b.Line
				}
				return strings.Compare(a.Name, b.Name)
			})
			out = append(out, f)
		}
	}
	return out
}

// Count returns how many lines have run, and how many can.
func (f *File) Count() (covered, total int) {
	for _, n := range f.Lines {
		if n > 0 {
			covered++
		}
	}
	return covered, len(f.Lines)
}

// Missed returns the lines that never ran as ranges: 3, 7-9. Lines in between
// that cannot run do not part a range.
func (f *File) Missed() string {
	var out []string
	lines := slices.Sorted(maps.Keys(f.Lines))
	for i := 0; i < len(lines); i++ {
		if f.Lines[lines[i]] > 0 {
			continue
		}
		from := lines[i]
		for i+1 < len(lines) && f.Lines[lines[i+1]] == 0 {
			i++
		}
		if lines[i] == from {
			out = append(out, fmt.Sprint(from))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", from, lines[i]))
		}
	}
	return strings.Join(out, ", ")
}
