package pcre

import (
	"strings"
	"unicode/utf8"
)

// maxCode bounds the size of a program, in instructions.
const maxCode = 1 << 18

type compiler struct {
	p       *program
	pattern *parser
	firsts  firsts
	sets    map[[4]uint64]int32 // places in p.nexts of sets without end
	open    []int               // groups around the current place
	accepts *[]int              // jumps of (*ACCEPT) out of the lookaround, nil: outside
	branch  int                 // slot of the alternation around, for (*THEN); -1: none
	marks   map[string]int      // slots of (*MARK:name)
}

func compile(n node, p *parser) *program {
	c := &compiler{
		pattern: p, firsts: firsts{p.utf}, sets: map[[4]uint64]int32{}, branch: -1, marks: map[string]int{},
		p: &program{
			groups: p.groups, utf: p.utf, starts: make([]int, p.groups+1), slots: 2 * (p.groups + 1),
			calls: len(p.calls) > 0, captures: len(p.refs)+len(p.conds)+len(p.calls) > 0, verbs: p.verbs,
		},
	}
	c.node(n, c.leaving())
	c.emit(opEnd, 0, 0)
	c.emit(opMatch, 0, 0)
	c.link()
	c.p.enter(n)
	return c.p
}

// leaving is what follows a group that may have been called from anywhere.
func (c *compiler) leaving() next { return next{done: !c.p.calls, any: c.p.calls} }

func (c *compiler) emit(o op, a, b int) int {
	if len(c.p.code) >= maxCode {
		c.pattern.fail("the pattern is too large")
	}
	c.p.code = append(c.p.code, inst{op: o, a: int32(a), b: int32(b)})
	return len(c.p.code) - 1
}

func (c *compiler) here() int { return len(c.p.code) }

// land makes jumps lead here.
func (c *compiler) land(jumps ...int) {
	for _, j := range jumps {
		c.p.code[j].a = int32(c.here())
	}
}

// slot returns a new register.
func (c *compiler) slot() int {
	c.p.slots++
	return c.p.slots - 1
}

// set returns the place of a set in the program, -1 when it says nothing.
func (c *compiler) set(f next) int32 {
	if !f.known() {
		return -1
	}
	key := f.bits
	if i, ok := c.sets[key]; ok && !f.end {
		return i
	}
	f.prepare()
	c.p.nexts = append(c.p.nexts, f)
	i := int32(len(c.p.nexts) - 1)
	if !f.end {
		c.sets[key] = i
	}
	return i
}

// link fills in the code of called groups, which may stand behind the calls.
func (c *compiler) link() {
	for i := range c.p.code {
		if in := &c.p.code[i]; in.op == opCall {
			in.b = int32(c.p.starts[in.a])
		}
	}
}

// node compiles n; follow is what can stand behind it.
func (c *compiler) node(n node, follow next) {
	switch n := n.(type) {
	case empty:
	case char, set, anyChar, anyByte:
		c.literal([]node{n})
	case linebreak:
		c.emit(opBreak, 0, 0)
	case grapheme:
		c.emit(opGrapheme, 0, 0)
	case concat:
		c.concat(n.list, follow)
	case alternate:
		c.alternate(n.list, follow)
	case group:
		c.group(n, follow)
	case atomic:
		s := c.slot()
		c.emit(opMark, s, 0)
		c.node(n.body, c.leaving())
		c.emit(opCut, s, 0)
	case look:
		c.look(n)
	case repeat:
		c.repeat(n, follow)
	case assertion:
		c.emit(n.kind, 0, 0)
	case *backref:
		o := opBackref
		if n.fold {
			o = opBackrefFold
		}
		c.p.refs = append(c.p.refs, n.nums)
		c.emit(o, len(c.p.refs)-1, 0)
	case *call:
		c.emit(opCall, n.n, 0)
	case *condition:
		c.condition(n, follow)
	case keep:
		c.emit(opKeep, 0, 0)
	case verb:
		c.verb(n)
	}
}

func (c *compiler) group(n group, follow next) {
	if c.p.calls {
		follow = next{any: true}
	}
	c.p.starts[n.n] = c.here()
	c.emit(opSave, 2*n.n, 0)
	c.open = append(c.open, n.n)
	c.node(n.body, follow)
	c.open = c.open[:len(c.open)-1]
	c.emit(opSave, 2*n.n+1, 0)
	if c.p.calls {
		c.emit(opEnd, n.n, 0)
	}
}

func (c *compiler) concat(list []node, follow next) {
	follows := make([]next, len(list)+1) // what can stand at each place
	follows[len(list)] = follow
	for i := len(list) - 1; i > 0; i-- {
		follows[i] = c.firsts.of(list[i], follows[i+1])
	}
	for i := 0; i < len(list); {
		if n := c.literal(list[i:]); n > 0 {
			i += n
			continue
		}
		c.node(list[i], follows[i+1])
		i++
	}
}

// literal compiles what matches one character at the head of a list, as many of
// them as one operation can take, and returns how many these were.
func (c *compiler) literal(list []node) int {
	if text, n := literalText(list, c.p.utf, false); n > 0 {
		if len(text) == 1 {
			c.emit(opChar, int(text[0]), 0)
			return n
		}
		c.p.strings = append(c.p.strings, text)
		c.emit(opString, len(c.p.strings)-1, 0)
		return n
	}
	if text, n := literalText(list, c.p.utf, true); n > 1 {
		c.p.strings = append(c.p.strings, text)
		c.emit(opFold, len(c.p.strings)-1, 0)
		return n
	}
	x, ok := oneOf(list[0], c.p.utf)
	if !ok {
		return 0
	}
	if x.kind == oneByte {
		c.emit(opChar, int(x.b), 0)
	} else {
		c.emit(opOne, c.one(x), 0)
	}
	return 1
}

func (c *compiler) one(x one) int {
	c.p.ones = append(c.p.ones, x)
	return len(c.p.ones) - 1
}

// literalText returns the text that the head of a list matches, and of how many
// items it is made. With fold, letters of ASCII may match in either case; the text
// has them in lower case.
func literalText(list []node, utf, fold bool) (string, int) {
	var b strings.Builder
	for i, x := range list {
		ch, ok := x.(char)
		switch {
		case !ok:
		case !ch.fold || !folds(ch.r, utf):
			if !fold || !letter(ch.r) {
				writeChar(&b, ch.r, utf)
				continue
			}
		case fold && ch.r < 128 && !(utf && strings.ContainsRune("kKsS", ch.r)):
			b.WriteByte(lower[byte(ch.r)])
			continue
		}
		return b.String(), i
	}
	return b.String(), len(list)
}

func letter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

func writeChar(b *strings.Builder, r rune, utf bool) {
	if utf {
		b.WriteRune(r)
	} else {
		b.WriteByte(byte(r))
	}
}

// lower maps A to Z to a to z and leaves the other bytes.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] |= 0x20
		}
	}
	return t
}()

// foldPrefix reports whether s begins with text in any case of ASCII letters.
func foldPrefix(s, text string) bool {
	if len(s) < len(text) {
		return false
	}
	s = s[:len(text)]
	for i := 0; i < len(s); i++ {
		if lower[s[i]] != text[i] {
			return false
		}
	}
	return true
}

// runeLen is the length of a character in the subject.
func runeLen(r rune, utf bool) int {
	if !utf {
		return 1
	}
	return utf8.RuneLen(r)
}
