package pcre

import (
	"strings"
	"unicode/utf8"
)

// Finder searches one subject, match after match, under one step limit.
type Finder struct {
	re   *Regexp
	s    string
	free bool // groups are not wanted

	// Done ends searches with ErrStopped when it is closed, nil: never.
	Done <-chan struct{}

	begun bool
	bad   bool // not UTF-8
	left  int  // steps
	slow  bool // the backtracking machine took too long, the linear engine has it
}

// Finder returns a searcher of s.
func (re *Regexp) Finder(s string) Finder { return Finder{re: re, s: s} }

// Find is Regexp.Find; it puts the result into dst where there is room. It fails
// when all searches of the Finder take more than ten million steps and sixteen for
// every byte of the subject.
func (f *Finder) Find(dst []int, start int) ([]int, error) {
	p := f.re.prog
	if p.entry.whole {
		i := strings.Index(f.s[start:], p.entry.text)
		if i < 0 {
			return nil, nil
		}
		return append(dst[:0], start+i, start+i+len(p.entry.text)), nil
	}
	if !f.begun {
		f.begun = true
		f.bad = p.utf && !utf8.ValidString(f.s)
		f.left = maxSteps + 16*len(f.s)
	}
	if f.bad {
		return nil, nil
	}
	if f.slow && f.re.lin.fits(f.s, start) {
		if f.left -= (len(f.s) - start) >> 6; f.left < 0 {
			return nil, ErrSteps
		}
		return f.re.lin.match(f.s, start), nil
	}
	// Most searches end after few steps. What takes longer is given to the
	// linear engine, where the pattern allows.
	first := min(f.left, 4096+16*(len(f.s)-start))
	loc, steps, err := p.match(f.Done, dst, f.s, start, first, f.free)
	f.left -= steps
	if err != ErrSteps {
		return ordered(loc), err
	}
	if f.re.linear() != nil && f.re.lin.serves(f.s, start) {
		f.slow = true
		return f.re.lin.match(f.s, start), nil
	}
	loc, steps, err = p.match(f.Done, dst, f.s, start, f.left, f.free)
	f.left -= steps
	return ordered(loc), err
}

// linear returns the form for the linear engine, nil when there is none.
func (re *Regexp) linear() *linear {
	re.once.Do(func() {
		re.lin = linearise(re.tree, re.prog.groups)
		re.tree = nil
	})
	return re.lin
}
