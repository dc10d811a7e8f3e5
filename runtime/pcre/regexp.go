package pcre

import (
	"strings"
	"sync"
)

// Regexp is a compiled pattern, safe for use by several goroutines.
type Regexp struct {
	Pattern, Flags string

	prog  *program
	names []Name
	tree  node
	once  sync.Once
	lin   *linear
}

// Name is a named group.
type Name struct {
	Name   string
	Groups []int // more than one with (?J) or (?|
}

// Flags are the letters behind a delimited pattern.
const Flags = "imsuxUX"

// Compile compiles a pattern. Flags are letters of Flags. The error is a
// *SyntaxError.
func Compile(pattern, flags string) (re *Regexp, err error) {
	p := &parser{src: pattern, names: map[string][]int{}}
	defer func() {
		if e := recover(); e != nil {
			se, ok := e.(*SyntaxError)
			if !ok {
				panic(e)
			}
			re, err = nil, se
		}
	}()
	for _, c := range flags {
		switch c {
		case 'i':
			p.f.i = true
		case 'm':
			p.f.m = true
		case 's':
			p.f.s = true
		case 'x':
			p.f.x = true
		case 'u':
			p.utf = true
		case 'U':
			p.f.ungreedy = true
		case 'X':
		default:
			return nil, &SyntaxError{"unknown flag '" + string(c) + "'", 0}
		}
	}
	tree := p.parse()
	re = &Regexp{Pattern: pattern, Flags: flags, prog: compile(tree, p), tree: tree}
	for _, n := range p.order {
		re.names = append(re.names, Name{n, p.names[n]})
	}
	return re, nil
}

// Split takes /pattern/flags apart; other text is a bare pattern.
func Split(text string) (pattern, flags string) {
	if len(text) < 2 || text[0] != '/' {
		return text, ""
	}
	i := strings.LastIndexByte(text, '/')
	if i == 0 || strings.Trim(text[i+1:], Flags) != "" {
		return text, ""
	}
	return text[1:i], text[i+1:]
}

// Groups returns the number of capturing groups.
func (re *Regexp) Groups() int { return re.prog.groups }

// Names returns the named groups in the order of their numbers.
func (re *Regexp) Names() []Name { return re.names }

// UTF8 reports whether the pattern works on characters.
func (re *Regexp) UTF8() bool { return re.prog.utf }

// String returns the pattern as a literal.
func (re *Regexp) String() string { return "#/" + re.Pattern + "/" + re.Flags }

// Match reports whether the subject contains a match. It ends with ErrStopped when
// done is closed.
func (re *Regexp) Match(done <-chan struct{}, s string) (bool, error) {
	f := Finder{re: re, s: s, free: true, Done: done}
	var room [2]int
	loc, err := f.Find(room[:0], 0)
	return loc != nil, err
}

// Find returns the positions of the first match at or behind start and of its
// groups, two per group, -1 where a group took no part; nil without a match.
func (re *Regexp) Find(s string, start int) ([]int, error) {
	f := Finder{re: re, s: s}
	return f.Find(nil, start)
}

// ordered mends a match whose \K stands behind its end, as in (?=ab\K).
func ordered(loc []int) []int {
	if loc != nil && loc[0] > loc[1] {
		loc[0] = loc[1]
	}
	return loc
}

// Quote returns text as a pattern that matches it.
func Quote(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == 0:
			b.WriteString(`\000`)
			continue
		case strings.IndexByte(`.\+*?[^]$(){}=!<>|:-#/`, c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
