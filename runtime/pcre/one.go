package pcre

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// one is an item that matches one character.
type one struct {
	kind  oneKind
	b     byte
	bits  [4]uint64  // of oneTable, and of oneClass for ASCII
	table *[256]bool // the same
	class *class
	multi bool // may match characters of several bytes
}

type oneKind uint8

const (
	oneByte  oneKind = iota // b
	oneNot                  // anything but b
	oneAny                  // anything
	oneTable                // bytes of the table
	oneClass                // characters of the class, of UTF-8
)

// oneOf returns the item of a node that matches one character.
func oneOf(n node, utf bool) (one, bool) {
	switch n := n.(type) {
	case char:
		if !n.fold || !folds(n.r, utf) {
			if n.r < 128 || !utf {
				return one{kind: oneByte, b: byte(n.r)}, true
			}
			c := &class{utf: true}
			c.add(n.r, n.r)
			return classOne(c), true
		}
		if n.r < 128 && !(utf && (n.r|0x20 == 'k' || n.r|0x20 == 's')) {
			f := next{}
			f.add(byte(n.r))
			f.add(byte(n.r) ^ 0x20)
			return one{kind: oneTable, bits: f.bits, table: f.bools()}, true
		}
		c := &class{utf: utf}
		c.add(n.r, n.r)
		c.foldCase()
		return classOne(c), true
	case set:
		return classOne(n.c), true
	case anyChar:
		if n.newline {
			return one{kind: oneAny, multi: utf}, true
		}
		return one{kind: oneNot, b: '\n', multi: utf}, true
	case anyByte:
		return one{kind: oneAny}, true
	}
	return one{}, false
}

// folds reports whether a character has another case.
func folds(r rune, utf bool) bool {
	if !utf {
		return r < 128 && unicode.IsLetter(r)
	}
	return unicode.SimpleFold(r) != r
}

// classOne returns the item of a class.
func classOne(c *class) one {
	if c.item == nil {
		x := newOne(c)
		c.item = &x
	}
	return *c.item
}

func newOne(c *class) one {
	multi := c.utf && c.wide()
	limit := 256
	if c.utf {
		limit = 128
	}
	f := next{bits: c.bits}
	if len(c.tables) > 0 {
		for r := range limit {
			if c.bit(byte(r)) || c.inTables(rune(r)) {
				f.add(byte(r))
			}
		}
	}
	if c.negated {
		for i := range f.bits {
			f.bits[i] = ^f.bits[i]
		}
	}
	if c.utf {
		f.bits[2], f.bits[3] = 0, 0
	}
	n := f.count()
	all := !c.utf || c.negated && len(c.ranges)+len(c.tables) == 0 && c.bits[2]|c.bits[3] == 0 && !(c.fold && c.oddFold())
	switch {
	case !multi && n == 1:
		return one{kind: oneByte, b: f.lowest()}
	case n == limit && all:
		return one{kind: oneAny, multi: multi}
	case n == limit-1 && all:
		for i := range f.bits {
			f.bits[i] = ^f.bits[i]
		}
		return one{kind: oneNot, b: f.lowest(), multi: multi}
	}
	x := one{kind: oneTable, bits: f.bits, table: f.bools(), class: c, multi: multi}
	if multi {
		x.kind = oneClass
	}
	return x
}

// match returns the length of the character at pos when the item matches it, else 0.
func (x *one) match(s string, pos int) int {
	if pos >= len(s) {
		return 0
	}
	c := s[pos]
	ok := false
	switch x.kind {
	case oneByte:
		ok = c == x.b
	case oneTable:
		ok = x.table[c]
	case oneNot:
		ok = c != x.b
	case oneAny:
		ok = true
	case oneClass:
		if c < utf8.RuneSelf {
			ok = x.table[c]
			break
		}
		r, n := utf8.DecodeRuneInString(s[pos:])
		if x.class.has(r) {
			return n
		}
		return 0
	}
	switch {
	case !ok:
		return 0
	case !x.multi || c < utf8.RuneSelf:
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[pos:])
	return n
}

// run returns where a run of the item from pos on ends.
func (x *one) run(s string, pos int) int {
	switch x.kind {
	case oneTable:
		t := x.table
		for pos < len(s) && t[s[pos]] {
			pos++
		}
		return pos
	case oneNot:
		if i := strings.IndexByte(s[pos:], x.b); i >= 0 {
			return pos + i
		}
		return len(s)
	case oneAny:
		return len(s)
	case oneByte:
		for pos < len(s) && s[pos] == x.b {
			pos++
		}
		return pos
	}
	for {
		n := x.match(s, pos)
		if n == 0 {
			return pos
		}
		pos += n
	}
}

// first returns what a match of the item can begin with.
func (x *one) first() next {
	var f next
	switch x.kind {
	case oneByte:
		f.add(x.b)
	case oneAny, oneNot:
		f.fill(0, 255)
		if x.multi {
			f.bits[2] = 0 // no character begins with 0x80 to 0xbf
		}
		if x.kind == oneNot {
			f.bits[x.b>>6] &^= 1 << (x.b & 63)
		}
	default:
		f.bits = x.bits
		if x.kind == oneClass {
			f.fill(0xc0, 255)
		}
	}
	return f
}

// next is a set of bytes: what can stand at a place if the match is to go on there.
type next struct {
	bits [4]uint64
	end  bool // it can also go on at the end of the subject
	any  bool // nothing is known
	done bool // it goes on in any case, up to the end of the match

	table *[256]bool // of the bits, for the machine
	one   int        // the only byte, -1 when there are others
}

func (f *next) add(b byte)      { f.bits[b>>6] |= 1 << (b & 63) }
func (f *next) has(b byte) bool { return f.bits[b>>6]&(1<<(b&63)) != 0 }

func (f *next) fill(lo, hi int) {
	for b := lo; b <= hi; b++ {
		f.add(byte(b))
	}
}

// known reports whether the set says anything.
func (f *next) known() bool { return !f.any && !f.done }

// or joins two sets.
func (f next) or(g next) next {
	if f.done && g.done {
		return f
	}
	for i := range f.bits {
		f.bits[i] |= g.bits[i]
	}
	f.end = f.end || g.end
	f.any = f.any || g.any || f.done || g.done
	f.done = false
	return f
}

// checked is f behind something that may fail without using up anything.
func (f next) checked() next {
	f.any, f.done = f.any || f.done, false
	return f
}

func (f *next) disjoint(g *next) bool {
	for i := range f.bits {
		if f.bits[i]&g.bits[i] != 0 {
			return false
		}
	}
	return true
}

func (f *next) count() int {
	n := 0
	for _, w := range f.bits {
		n += bits.OnesCount64(w)
	}
	return n
}

// prepare makes the form that the machine asks.
func (f *next) prepare() {
	f.table, f.one = f.bools(), -1
	if f.count() == 1 && !f.end {
		f.one = int(f.lowest())
	}
}

// bools returns the set as a table.
func (f *next) bools() *[256]bool {
	t := &[256]bool{}
	for i, w := range f.bits {
		for ; w != 0; w &= w - 1 {
			t[i<<6+bits.TrailingZeros64(w)] = true
		}
	}
	return t
}

// lowest returns the least byte of a set that is not empty.
func (f *next) lowest() byte {
	i := 0
	for i < 3 && f.bits[i] == 0 {
		i++
	}
	return byte(i<<6 + bits.TrailingZeros64(f.bits[i]))
}

// fits reports whether the match can go on at pos.
func (f *next) fits(s string, pos int) bool {
	if pos < len(s) {
		return f.table[s[pos]]
	}
	return f.end
}
