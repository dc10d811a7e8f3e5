package pcre

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCode bounds the size of a program, in instructions.
const maxCode = 1 << 18

type compiler struct {
	p       *program
	pattern *parser
	lit     strings.Builder
}

func compile(n node, p *parser) *program {
	c := &compiler{pattern: p, p: &program{groups: p.groups, utf: p.utf, starts: make([]int, p.groups+1)}}
	c.p.slots = 2 * (p.groups + 1)
	c.node(n)
	c.emit(opEnd, 0, 0)
	c.emit(opMatch, 0, 0)
	c.link()
	c.p.analyse(n)
	return c.p
}

func (c *compiler) emit(o op, a, b int) int {
	if len(c.p.code) >= maxCode {
		c.pattern.fail("the pattern is too large")
	}
	c.p.code = append(c.p.code, inst{o, a, b})
	return len(c.p.code) - 1
}

func (c *compiler) here() int { return len(c.p.code) }

// slot returns a new register.
func (c *compiler) slot() int {
	c.p.slots++
	return c.p.slots - 1
}

// link fills in the code of called groups, which may stand behind the calls.
func (c *compiler) link() {
	for i := range c.p.code {
		if in := &c.p.code[i]; in.op == opCall {
			in.b = c.p.starts[in.a]
		}
	}
}

func (c *compiler) node(n node) {
	switch n := n.(type) {
	case empty:
	case char, set, anyChar, oneByte:
		c.single(n)
	case linebreak:
		c.emit(opBreak, 0, 0)
	case grapheme:
		c.emit(opGrapheme, 0, 0)
	case concat:
		c.concat(n.list)
	case alternate:
		c.alternate(n.list)
	case group:
		c.p.starts[n.n] = c.here()
		c.emit(opSave, 2*n.n, 0)
		c.node(n.body)
		c.emit(opSave, 2*n.n+1, 0)
		c.emit(opEnd, n.n, 0)
	case atomic:
		c.atomic(n.body)
	case look:
		c.look(n)
	case repeat:
		c.repeat(n)
	case assertion:
		c.emit(n.kind, 0, 0)
	case *backref:
		c.backref(n)
	case *call:
		c.emit(opCall, n.n, 0)
	case *condition:
		c.condition(n)
	case keep:
		c.emit(opKeep, 0, 0)
	case verb:
		c.emit(n.kind, 0, 0)
	}
}

// single emits the operation of a node that matches one character.
func (c *compiler) single(n node) {
	switch n := n.(type) {
	case char:
		switch {
		case n.fold && (unicode.SimpleFold(n.r) != n.r) && (c.p.utf || n.r < 128):
			c.emit(opFold, int(n.r), 0)
		case n.r < 128 || !c.p.utf:
			c.emit(opChar, int(n.r), 0)
		default:
			c.emit(opRune, int(n.r), 0)
		}
	case set:
		c.p.sets = append(c.p.sets, n.c)
		c.emit(opSet, len(c.p.sets)-1, 0)
	case anyChar:
		if n.newline {
			c.emit(opAnyNL, 0, 0)
		} else {
			c.emit(opAny, 0, 0)
		}
	case oneByte:
		c.emit(opByte, 0, 0)
	}
}

// concat joins runs of literal characters.
func (c *compiler) concat(list []node) {
	for i := 0; i < len(list); {
		j := i
		c.lit.Reset()
		for ; j < len(list); j++ {
			ch, ok := list[j].(char)
			if !ok || ch.fold && unicode.SimpleFold(ch.r) != ch.r {
				break
			}
			if c.p.utf {
				c.lit.WriteRune(ch.r)
			} else {
				c.lit.WriteByte(byte(ch.r))
			}
		}
		if j-i > 1 {
			c.p.strings = append(c.p.strings, c.lit.String())
			c.emit(opString, len(c.p.strings)-1, 0)
			i = j
			continue
		}
		c.node(list[i])
		i++
	}
}

func (c *compiler) alternate(list []node) {
	var ends []int
	for i, n := range list {
		if i == len(list)-1 {
			c.node(n)
			break
		}
		split := c.emit(opSplit, 0, 0)
		c.p.code[split].a = c.here()
		c.node(n)
		ends = append(ends, c.emit(opJump, 0, 0))
		c.p.code[split].b = c.here()
	}
	for _, e := range ends {
		c.p.code[e].a = c.here()
	}
}

func (c *compiler) atomic(body node) {
	s := c.slot()
	c.emit(opMark, s, 0)
	c.node(body)
	c.emit(opCut, s, 0)
}

// look compiles a lookaround. The body of a lookbehind runs forward from every
// distance that it can have.
func (c *compiler) look(n look) {
	s := c.slot()
	c.slot()
	c.emit(opMark, s, 0)
	c.emit(opSave, s+1, 0)
	split := -1
	if n.negative {
		split = c.emit(opSplit, c.here()+1, 0)
	}
	if n.behind {
		c.behind(n.body, s+1)
	} else {
		c.node(n.body)
	}
	if n.negative {
		c.emit(opLookFail, s, 0)
		c.p.code[split].b = c.here()
		return
	}
	c.emit(opLookEnd, s, 0)
}

// behind compiles the body of a lookbehind, to end at the position in slot at.
func (c *compiler) behind(body node, at int) {
	list := []node{body}
	if alt, ok := body.(alternate); ok {
		list = alt.list
	}
	var branches []node
	for _, b := range list {
		lo, hi := width(b, c.p.utf, 0)
		if hi < 0 || hi-lo > 255 {
			c.pattern.fail("lookbehind without a bounded length")
		}
		for d := lo; d <= hi; d++ {
			branches = append(branches, backwards{d, lo != hi, at, b})
		}
	}
	var ends []int
	for i, b := range branches {
		split := -1
		if i < len(branches)-1 {
			split = c.emit(opSplit, c.here()+1, 0)
		}
		w := b.(backwards)
		c.emit(opBack, w.distance, 0)
		c.node(w.body)
		if w.check {
			c.emit(opAt, at, 0)
		}
		if split >= 0 {
			ends = append(ends, c.emit(opJump, 0, 0))
			c.p.code[split].b = c.here()
		}
	}
	for _, e := range ends {
		c.p.code[e].a = c.here()
	}
}

type backwards struct {
	distance int
	check    bool
	at       int
	body     node
}

func (c *compiler) backref(n *backref) {
	o := opBackref
	if n.fold {
		o = opBackrefFold
	}
	c.p.refs = append(c.p.refs, n.nums)
	c.emit(o, len(c.p.refs)-1, 0)
}

func (c *compiler) condition(n *condition) {
	var no int
	switch n.kind {
	case condLook:
		c.lookCondition(n)
		return
	case condDefine:
		no = c.emit(opJump, 0, 0)
	case condRecursion:
		which := -1
		if n.n > 0 {
			which = n.n
		}
		no = c.emit(opCondRecurs, which, 0)
	default:
		no = c.emit(opCondGroup, n.n, 0)
	}
	c.node(n.yes)
	end := c.emit(opJump, 0, 0)
	if n.kind == condDefine {
		c.p.code[no].a = c.here()
	} else {
		c.p.code[no].b = c.here()
	}
	c.node(n.no)
	c.p.code[end].a = c.here()
}

// lookCondition is (?(?=test)yes|no): the test decides once.
func (c *compiler) lookCondition(n *condition) {
	s := c.slot()
	c.slot()
	c.emit(opMark, s, 0)
	c.emit(opSave, s+1, 0)
	split := c.emit(opSplit, c.here()+1, 0)
	if n.test.behind {
		c.behind(n.test.body, s+1)
	} else {
		c.node(n.test.body)
	}
	c.emit(opLookEnd, s, 0)
	yes, no := n.yes, n.no
	if n.test.negative {
		yes, no = no, yes
	}
	c.node(yes)
	end := c.emit(opJump, 0, 0)
	c.p.code[split].b = c.here()
	c.node(no)
	c.p.code[end].a = c.here()
}

// width returns how many characters a node can match, hi -1 without a bound.
func width(n node, utf bool, depth int) (lo, hi int) {
	if depth > maxDepth {
		return 0, -1
	}
	switch n := n.(type) {
	case char, set, anyChar:
		return 1, 1
	case oneByte:
		if utf {
			return 0, -1
		}
		return 1, 1
	case linebreak:
		return 1, 2
	case grapheme, *backref, *call:
		return 0, -1
	case concat:
		for _, x := range n.list {
			l, h := width(x, utf, depth+1)
			lo += l
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi += h
			}
		}
		return lo, hi
	case alternate:
		lo, hi = width(n.list[0], utf, depth+1)
		for _, x := range n.list[1:] {
			l, h := width(x, utf, depth+1)
			lo = min(lo, l)
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi = max(hi, h)
			}
		}
		return lo, hi
	case group:
		return width(n.body, utf, depth+1)
	case atomic:
		return width(n.body, utf, depth+1)
	case repeat:
		l, h := width(n.body, utf, depth+1)
		if n.max < 0 || h < 0 {
			return bounded(l * n.min), -1
		}
		return bounded(l * n.min), bounded(h * n.max)
	case *condition:
		l, h := width(n.yes, utf, depth+1)
		m, i := width(n.no, utf, depth+1)
		if h < 0 || i < 0 {
			return min(l, m), -1
		}
		return min(l, m), max(h, i)
	}
	return 0, 0
}

func bounded(n int) int { return min(n, 1<<30) }

// runeLen is the length of a character in the subject.
func runeLen(r rune, utf bool) int {
	if !utf {
		return 1
	}
	return utf8.RuneLen(r)
}
