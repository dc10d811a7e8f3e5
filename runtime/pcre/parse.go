package pcre

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why a pattern does not compile.
type SyntaxError struct {
	Text   string
	Offset int // byte of the pattern
}

// Error returns the text with the place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Text, e.Offset) }

// flags are the modes that a pattern can switch inside.
type flags struct{ i, m, s, x, xx, n, ungreedy, dupnames bool }

type parser struct {
	src    string
	pos    int
	utf    bool
	f      flags
	groups int
	all    int // one more than the groups of the whole pattern, 0: not counted yet
	names  map[string][]int
	order  []string // names in the order of their groups
	depth  int
	calls  []*call
	refs   []*backref
	conds  []*condition
	verbs  bool // has verbs that end more than a branch
	then   bool // has (*THEN)
}

// maxDepth bounds the nesting of groups in a pattern.
const maxDepth = 250

func (p *parser) fail(format string, args ...any) {
	panic(&SyntaxError{fmt.Sprintf(format, args...), p.pos})
}

func (p *parser) more() bool { return p.pos < len(p.src) }

func (p *parser) peek(s string) bool { return strings.HasPrefix(p.src[p.pos:], s) }

func (p *parser) take(s string) bool {
	if p.peek(s) {
		p.pos += len(s)
		return true
	}
	return false
}

// rune reads one literal character.
func (p *parser) rune() rune {
	if !p.utf {
		p.pos++
		return rune(p.src[p.pos-1])
	}
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	if r == utf8.RuneError && n <= 1 {
		p.fail("invalid UTF-8 in the pattern")
	}
	p.pos += n
	return r
}

// parse reads a whole pattern.
func (p *parser) parse() node {
	n := p.alternation()
	if p.more() {
		p.fail("unmatched ')'")
	}
	for _, c := range p.calls {
		if c.name != "" {
			c.n = p.named(c.name)
		}
		if c.n > p.groups {
			p.fail("reference to group %d, the pattern has %d", c.n, p.groups)
		}
	}
	for _, r := range p.refs {
		if r.name != "" {
			if r.nums = p.names[r.name]; r.nums == nil {
				p.fail("reference to unknown group '%s'", r.name)
			}
		}
		if len(r.nums) == 1 && r.nums[0] > p.groups {
			p.fail("reference to group %d, the pattern has %d", r.nums[0], p.groups)
		}
	}
	for _, c := range p.conds {
		if c.name != "" {
			c.n, c.nums = p.named(c.name), p.names[c.name]
		}
		if c.n > p.groups {
			p.fail("condition on group %d, the pattern has %d", c.n, p.groups)
		}
	}
	return n
}

func (p *parser) named(name string) int {
	if n := p.names[name]; n != nil {
		return n[0]
	}
	p.fail("reference to unknown group '%s'", name)
	return 0
}

// alternation reads branches up to a closing parenthesis.
func (p *parser) alternation() node {
	list := p.branches()
	if len(list) == 1 {
		return list[0]
	}
	return alternate{list}
}

// branches reads what stands between bars.
func (p *parser) branches() []node {
	if p.depth++; p.depth > maxDepth {
		p.fail("groups are nested too deep")
	}
	defer func() { p.depth-- }()
	saved := p.f
	var list []node
	for {
		list = append(list, p.sequence())
		if !p.take("|") {
			break
		}
	}
	p.f = saved
	return list
}

func (p *parser) sequence() node {
	var list []node
	for p.more() && !p.peek("|") && !p.peek(")") {
		if p.skip() {
			continue
		}
		n := p.term()
		if n == nil {
			continue
		}
		list = append(list, p.quantified(n))
	}
	switch len(list) {
	case 0:
		return empty{}
	case 1:
		return list[0]
	}
	return concat{list}
}

// skip passes over comments, and white space in extended mode.
func (p *parser) skip() bool {
	if p.take("(?#") {
		i := strings.IndexByte(p.src[p.pos:], ')')
		if i < 0 {
			p.fail("missing ')' after comment")
		}
		p.pos += i + 1
		return true
	}
	if !p.f.x {
		return false
	}
	switch c := p.src[p.pos]; {
	case c == '#':
		i := strings.IndexByte(p.src[p.pos:], '\n')
		if i < 0 {
			p.pos = len(p.src)
		} else {
			p.pos += i + 1
		}
		return true
	case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
		p.pos++
		return true
	}
	return false
}

// term reads one item without its quantifier; nil for items that match nothing
// and take no quantifier.
func (p *parser) term() node {
	switch c := p.src[p.pos]; c {
	case '(':
		p.pos++
		return p.group()
	case '[':
		p.pos++
		return set{p.class()}
	case '.':
		p.pos++
		return anyChar{newline: p.f.s}
	case '^':
		p.pos++
		if p.f.m {
			return assertion{opLineStart}
		}
		return assertion{opTextStart}
	case '$':
		p.pos++
		if p.f.m {
			return assertion{opLineEnd}
		}
		return assertion{opTextEndLine}
	case '\\':
		p.pos++
		return p.escape()
	case '*', '+', '?':
		p.fail("nothing to repeat before '%c'", c)
	}
	return char{p.rune(), p.f.i}
}

// quantified reads the quantifier behind an item.
func (p *parser) quantified(n node) node {
	for p.more() && (p.skip() || p.take(`\Q\E`) || p.take(`\E`)) {
	}
	if !p.more() {
		return n
	}
	lo, hi := 0, -1
	switch p.src[p.pos] {
	case '*':
		p.pos++
	case '+':
		lo = 1
		p.pos++
	case '?':
		hi = 1
		p.pos++
	case '{':
		var ok bool
		if lo, hi, ok = p.counts(); !ok {
			return n
		}
	default:
		return n
	}
	r := repeat{body: n, min: lo, max: hi, lazy: p.f.ungreedy}
	switch {
	case p.take("?"):
		r.lazy = !r.lazy
	case p.take("+"):
		r.possessive, r.lazy = true, false
	}
	if p.more() {
		again := strings.IndexByte("*+?", p.src[p.pos]) >= 0
		if mark := p.pos; p.src[p.pos] == '{' {
			_, _, again = p.counts()
			p.pos = mark
		}
		if again {
			p.fail("nothing to repeat before '%c'", p.src[p.pos])
		}
	}
	if _, isAssertion := n.(assertion); isAssertion {
		return repeat{body: n, min: min(lo, 1), max: 1, lazy: r.lazy}
	}
	return r
}

// counts reads {n}, {n,}, {n,m} and {,m}; other braces are literal.
func (p *parser) counts() (lo, hi int, ok bool) {
	end := strings.IndexByte(p.src[p.pos:], '}')
	if end < 0 {
		return 0, 0, false
	}
	from, to, ranged := strings.Cut(p.src[p.pos+1:p.pos+end], ",")
	number := func(s string) (int, bool) {
		if s == "" || strings.Trim(s, "0123456789") != "" {
			return 0, false
		}
		n, err := strconv.Atoi(s)
		if err != nil || n > 65535 {
			p.fail("number too big in {} quantifier")
		}
		return n, true
	}
	if lo, ok = number(from); !ok && (from != "" || to == "") {
		return 0, 0, false
	}
	hi = -1
	switch {
	case !ranged:
		hi = lo
	case to != "":
		if hi, ok = number(to); !ok {
			return 0, 0, false
		}
		if hi < lo {
			p.fail("numbers out of order in {} quantifier")
		}
	}
	p.pos += end + 1
	return lo, hi, true
}
