package pcre

import (
	"fmt"
	"regexp"
	"strings"
)

// linear is the form of a pattern for Go's engine, which answers in time linear
// in the subject. It is exact for subjects in ASCII only: there a byte is a
// character, and both engines prefer the same match.
type linear struct {
	re      *regexp.Regexp
	asserts bool // looks at what surrounds the match
	lineEnd bool // has a $ that could match before a final line feed
}

// linearise translates a pattern, or returns nil when the engines could differ.
func linearise(n node, groups int) *linear {
	l := &linear{}
	var b strings.Builder
	if !l.write(&b, n, 0) || b.Len() > 1<<14 {
		return nil
	}
	re, err := regexp.Compile(b.String())
	if err != nil || re.NumSubexp() != groups {
		return nil
	}
	l.re = re
	return l
}

// serves reports whether the engine may be asked about a search.
func (l *linear) serves(s string, start int) bool {
	return l.fits(s, start) && ascii(s)
}

// fits is the part of serves that differs between searches of one subject.
func (l *linear) fits(s string, start int) bool {
	return !(start > 0 && l.asserts || l.lineEnd && strings.HasSuffix(s, "\n"))
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (l *linear) match(s string, start int) []int {
	loc := l.re.FindStringSubmatchIndex(s[start:])
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += start
		}
	}
	return loc
}

// write appends the pattern of n; groups are numbered in the order of their
// parentheses, as here.
func (l *linear) write(b *strings.Builder, n node, depth int) bool {
	if depth > 100 {
		return false
	}
	switch n := n.(type) {
	case empty:
		b.WriteString("(?:)")
	case char:
		c := class{}
		c.add(n.r, n.r)
		if n.fold {
			c.foldCase()
		}
		return writeClass(b, &c)
	case set:
		return writeClass(b, n.c)
	case anyChar:
		if n.newline {
			b.WriteString("(?s:.)")
		} else {
			b.WriteString("[^\\n]")
		}
	case concat:
		for _, x := range n.list {
			if !l.write(b, x, depth+1) {
				return false
			}
		}
	case alternate:
		b.WriteString("(?:")
		for i, x := range n.list {
			if i > 0 {
				b.WriteByte('|')
			}
			if !l.write(b, x, depth+1) {
				return false
			}
		}
		b.WriteByte(')')
	case group:
		b.WriteByte('(')
		ok := l.write(b, n.body, depth+1)
		b.WriteByte(')')
		return ok
	case repeat:
		return l.repeat(b, n, depth)
	case assertion:
		return l.assertion(b, n)
	default:
		return false
	}
	return true
}

func (l *linear) repeat(b *strings.Builder, n repeat, depth int) bool {
	// Engines differ in the groups of a turn that matches nothing.
	if lo, _ := width(n.body, false, 0); lo == 0 || n.possessive || n.max == 0 || n.min > 1000 || n.max > 1000 {
		return false
	}
	b.WriteString("(?:")
	if !l.write(b, n.body, depth+1) {
		return false
	}
	b.WriteByte(')')
	switch {
	case n.min == 0 && n.max == 1:
		b.WriteByte('?')
	case n.min == 0 && n.max < 0:
		b.WriteByte('*')
	case n.min == 1 && n.max < 0:
		b.WriteByte('+')
	case n.max < 0:
		fmt.Fprintf(b, "{%d,}", n.min)
	default:
		fmt.Fprintf(b, "{%d,%d}", n.min, n.max)
	}
	if n.lazy {
		b.WriteByte('?')
	}
	return true
}

func (l *linear) assertion(b *strings.Builder, n assertion) bool {
	l.asserts = true
	switch n.kind {
	case opTextStart:
		b.WriteString(`\A`)
	case opTextEnd:
		b.WriteString(`\z`)
	case opTextEndLine:
		l.lineEnd = true
		b.WriteString(`\z`)
	case opLineEnd:
		b.WriteString(`(?m:$)`)
	case opWordBoundary:
		b.WriteString(`\b`)
	case opNotWordBoundary:
		b.WriteString(`\B`)
	default:
		return false
	}
	return true
}

// writeClass writes the ASCII part of a class.
func writeClass(b *strings.Builder, c *class) bool {
	var in strings.Builder
	for r := rune(0); r < 128; r++ {
		if !c.has(r) {
			continue
		}
		hi := r
		for hi+1 < 128 && c.has(hi+1) {
			hi++
		}
		fmt.Fprintf(&in, `\x%02x-\x%02x`, r, hi)
		r = hi
	}
	if in.Len() == 0 {
		return false
	}
	b.WriteString("[" + in.String() + "]")
	return true
}
