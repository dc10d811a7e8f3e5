package pcre

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape reads what follows a backslash outside a class.
func (p *parser) escape() node {
	if !p.more() {
		p.fail("'\\' at the end of the pattern")
	}
	c := p.src[p.pos]
	switch c {
	case 'Q':
		p.pos++
		return p.quoted()
	case 'E':
		p.pos++
		return nil
	case 'b', 'B', 'A', 'z', 'Z', 'G':
		p.pos++
		return assertion{map[byte]op{
			'b': opWordBoundary, 'B': opNotWordBoundary, 'A': opTextStart, 'z': opTextEnd, 'Z': opTextEndLine, 'G': opSearchStart,
		}[c]}
	case 'K':
		p.pos++
		return keep{}
	case 'R':
		p.pos++
		return linebreak{}
	case 'X':
		p.pos++
		return grapheme{}
	case 'C':
		p.pos++
		return anyByte{}
	case 'N':
		p.pos++
		if p.utf && p.take("{U+") {
			return char{p.code('}', 16), p.f.i}
		}
		return anyChar{}
	case 'g':
		p.pos++
		return p.groupEscape()
	case 'k':
		p.pos++
		for open, end := range map[string]byte{"<": '>', "'": '\'', "{": '}'} {
			if p.take(open) {
				return p.reference(&backref{name: p.name(end), fold: p.f.i})
			}
		}
		p.fail("\\k is not followed by a group name")
	}
	if '1' <= c && c <= '9' {
		if n := p.numbered(); n != nil {
			return n
		}
	}
	if s := p.classEscape(); s != nil {
		if p.f.i {
			s.foldCase()
		}
		return set{s}
	}
	return char{p.charEscape(), p.f.i}
}

// quoted reads up to \E.
func (p *parser) quoted() node {
	text, _, _ := strings.Cut(p.src[p.pos:], `\E`)
	end := p.pos + len(text)
	var list []node
	for p.pos < end {
		list = append(list, char{p.rune(), p.f.i})
	}
	p.take(`\E`)
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	// A quantifier behind \E applies to the last character.
	last := p.quantified(list[len(list)-1])
	return concat{append(list[:len(list)-1], last)}
}

// numbered reads \N as a back reference: always below 10, above only when there
// are as many groups; else it is octal.
func (p *parser) numbered() node {
	end := p.pos
	for end < len(p.src) && end < p.pos+5 && '0' <= p.src[end] && p.src[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(p.src[p.pos:end])
	if n >= 10 {
		if p.all == 0 {
			p.all = 1 + countGroups(p.src)
		}
		if n >= p.all {
			return nil
		}
	}
	p.pos = end
	return p.reference(&backref{nums: []int{n}, fold: p.f.i})
}

// countGroups estimates the number of capturing groups of a whole pattern.
func countGroups(src string) int {
	n := 0
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '[':
			// Parentheses in a class are characters.
			if strings.HasPrefix(src[i+1:], "^") {
				i++
			}
			for i += 2; i < len(src) && src[i] != ']'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
		case '(':
			rest := src[i+1:]
			if !strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "*") ||
				strings.HasPrefix(rest, "?P<") || strings.HasPrefix(rest, "?'") ||
				strings.HasPrefix(rest, "?<") && !strings.HasPrefix(rest, "?<=") && !strings.HasPrefix(rest, "?<!") {
				n++
			}
		}
	}
	return n
}

// groupEscape reads what follows \g: a back reference, or with <> and quotes a
// subroutine call.
func (p *parser) groupEscape() node {
	for open, end := range map[string]byte{"<": '>', "'": '\''} {
		if p.take(open) {
			if n, ok := p.signed(end); ok {
				return p.subroutine(&call{n: n})
			}
			return p.subroutine(&call{name: p.name(end)})
		}
	}
	if p.take("{") {
		if n, ok := p.signed('}'); ok {
			return p.reference(&backref{nums: []int{n}, fold: p.f.i})
		}
		return p.reference(&backref{name: p.name('}'), fold: p.f.i})
	}
	end := p.pos
	if p.peek("-") || p.peek("+") {
		end++
	}
	for end < len(p.src) && '0' <= p.src[end] && p.src[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(p.src[p.pos:end])
	if err != nil {
		p.fail("\\g is not followed by a group")
	}
	if n < 0 {
		if n += p.groups + 1; n < 1 {
			p.fail("reference to a group that does not exist")
		}
	}
	p.pos = end
	return p.reference(&backref{nums: []int{n}, fold: p.f.i})
}

// classEscape reads \d, \W, \p{..} and the like, nil when it is none of them.
func (p *parser) classEscape() *class {
	c := p.src[p.pos]
	if s := shorthand(c); s != nil {
		p.pos++
		s.utf = p.utf
		return s
	}
	if c != 'p' && c != 'P' {
		return nil
	}
	p.pos++
	if !p.more() {
		p.fail("\\%c is not followed by a property", c)
	}
	name, neg := p.src[p.pos:p.pos+1], c == 'P'
	if name == "{" {
		i := strings.IndexByte(p.src[p.pos:], '}')
		if i < 0 {
			p.fail("unfinished \\%c{", c)
		}
		name = p.src[p.pos+1 : p.pos+i]
		p.pos += i
		if rest, ok := strings.CutPrefix(name, "^"); ok {
			name, neg = rest, !neg
		}
	}
	p.pos++
	t := property(name)
	if t == nil {
		p.fail("unknown property '%s'", name)
	}
	return &class{utf: p.utf, tables: []table{{t, neg}}}
}

// charEscape reads an escape that stands for one character.
func (p *parser) charEscape() rune {
	c := p.src[p.pos]
	switch c {
	case 'a':
		p.pos++
		return 7
	case 'e':
		p.pos++
		return 27
	case 'f':
		p.pos++
		return 12
	case 'n':
		p.pos++
		return 10
	case 'r':
		p.pos++
		return 13
	case 't':
		p.pos++
		return 9
	case 'c':
		p.pos++
		if !p.more() || p.src[p.pos] >= 0x80 {
			p.fail("\\c is not followed by an ASCII character")
		}
		p.pos++
		return unicode.ToUpper(rune(p.src[p.pos-1])) ^ 64
	case 'x':
		p.pos++
		if p.take("{") {
			return p.code('}', 16)
		}
		return p.digits(2, 16)
	case 'o':
		p.pos++
		if !p.take("{") {
			p.fail("\\o is not followed by '{'")
		}
		return p.code('}', 8)
	}
	if '0' <= c && c <= '7' {
		return p.digits(3, 8)
	}
	if wordByte(c) && c != '_' && c != '8' && c != '9' {
		p.fail("unknown escape '\\%c'", c)
	}
	return p.rune()
}

func (p *parser) digits(most, base int) rune {
	end := p.pos
	for end < len(p.src) && end < p.pos+most {
		if _, err := strconv.ParseUint(p.src[end:end+1], base, 8); err != nil {
			break
		}
		end++
	}
	n, _ := strconv.ParseUint("0"+p.src[p.pos:end], base, 32)
	p.pos = end
	return p.valid(n)
}

func (p *parser) code(end byte, base int) rune {
	i := strings.IndexByte(p.src[p.pos:], end)
	if i < 0 {
		p.fail("missing '}' of a character code")
	}
	n, err := strconv.ParseUint(p.src[p.pos:p.pos+i], base, 32)
	if err != nil {
		p.fail("bad character code")
	}
	p.pos += i + 1
	return p.valid(n)
}

func (p *parser) valid(n uint64) rune {
	if p.utf && n <= utf8.MaxRune && (n < 0xd800 || n > 0xdfff) || n < 256 {
		return rune(n)
	}
	p.fail("character code is too large")
	return 0
}

// class reads a bracket expression behind its '['.
func (p *parser) class() *class {
	c := &class{utf: p.utf}
	c.negated = p.take("^")
	start := p.pos
	for first := true; ; first = false {
		if !p.more() {
			p.pos = start
			p.fail("missing ']'")
		}
		if !first && p.take("]") {
			break
		}
		if p.take(`\E`) || p.f.xx && (p.take(" ") || p.take("\t")) {
			continue
		}
		if p.take(`\Q`) {
			for p.more() && !p.take(`\E`) {
				r := p.rune()
				c.add(r, r)
			}
			continue
		}
		lo, single := p.classItem(c)
		if !single {
			continue
		}
		hi := lo
		if p.peek("-") && p.pos+1 < len(p.src) && p.src[p.pos+1] != ']' {
			mark := p.pos
			p.pos++
			if hi, single = p.classItem(c); !single {
				c.add('-', '-')
				hi = lo
			} else if hi < lo {
				p.pos = mark
				p.fail("range out of order in a class")
			}
		}
		c.add(lo, hi)
	}
	if p.f.i {
		c.foldCase()
	}
	return c
}

// classItem reads one item of a class: a character, which is returned, or a
// class, which is merged into c.
func (p *parser) classItem(c *class) (r rune, single bool) {
	if p.peek("[:") {
		if end := strings.Index(p.src[p.pos:], ":]"); end > 0 {
			name := p.src[p.pos+2 : p.pos+end]
			d := posix(name)
			if d == nil {
				p.fail("unknown class '[:%s:]'", name)
			}
			d.negated = strings.HasPrefix(name, "^")
			p.pos += end + 2
			c.merge(d)
			return 0, false
		}
	}
	if !p.take(`\`) {
		return p.rune(), true
	}
	if !p.more() {
		p.fail("'\\' at the end of the pattern")
	}
	if p.take("b") {
		return 8, true
	}
	if d := p.classEscape(); d != nil {
		c.merge(d)
		return 0, false
	}
	if x := p.src[p.pos]; '1' <= x && x <= '7' {
		return p.digits(3, 8), true
	}
	return p.charEscape(), true
}
