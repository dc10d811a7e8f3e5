package pcre

import (
	"strings"
	"unicode"
)

// analyse finds what every match must begin with.
func (p *program) analyse(n node) {
	p.anchored = begins(n, opTextStart)
	if lit := prefix(n, p.utf); lit != "" {
		p.prefix = lit
		return
	}
	var f firstBytes
	f.utf = p.utf
	if f.node(n) {
		p.first, p.firstSet = f.bits, true
	}
}

// candidate returns the next position from at on where a match can begin, -1
// when there is none.
func (p *program) candidate(s string, at int) int {
	switch {
	case p.anchored:
		return at
	case p.prefix != "":
		if i := strings.Index(s[at:], p.prefix); i >= 0 {
			return at + i
		}
		return -1
	case p.firstSet:
		for ; at < len(s); at++ {
			if b := s[at]; p.first[b>>6]&(1<<(b&63)) != 0 {
				return at
			}
		}
		return -1
	}
	return at
}

// begins reports whether every match of n starts with an assertion.
func begins(n node, kind op) bool {
	switch n := n.(type) {
	case assertion:
		return n.kind == kind
	case concat:
		return begins(n.list[0], kind)
	case group:
		return begins(n.body, kind)
	case atomic:
		return begins(n.body, kind)
	case alternate:
		for _, x := range n.list {
			if !begins(x, kind) {
				return false
			}
		}
		return true
	}
	return false
}

// prefix returns the literal that every match of n starts with.
func prefix(n node, utf bool) string {
	switch n := n.(type) {
	case char:
		if n.fold && unicode.SimpleFold(n.r) != n.r {
			return ""
		}
		if utf {
			return string(n.r)
		}
		return string([]byte{byte(n.r)})
	case concat:
		var b strings.Builder
		for _, x := range n.list {
			if _, ok := x.(char); !ok {
				break
			}
			lit := prefix(x, utf)
			if lit == "" {
				break
			}
			b.WriteString(lit)
		}
		if b.Len() == 0 {
			return prefix(n.list[0], utf)
		}
		return b.String()
	case group:
		return prefix(n.body, utf)
	case atomic:
		return prefix(n.body, utf)
	case repeat:
		if n.min > 0 {
			return prefix(n.body, utf)
		}
	}
	return ""
}

// firstBytes collects the bytes that a match can start with.
type firstBytes struct {
	bits [4]uint64
	utf  bool
}

func (f *firstBytes) add(b byte) { f.bits[b>>6] |= 1 << (b & 63) }

// high adds every byte that can start a character above ASCII.
func (f *firstBytes) high() {
	f.bits[2], f.bits[3] = ^uint64(0), ^uint64(0)
}

// node adds what n can start with; it reports false when n can match nothing
// or its start is unknown.
func (f *firstBytes) node(n node) bool {
	switch n := n.(type) {
	case char:
		if n.r >= 128 && f.utf || n.fold && f.utf {
			f.high()
		}
		if n.r < 128 || !f.utf {
			f.add(byte(n.r))
		}
		if n.fold && n.r < 128 && unicode.IsLetter(n.r) {
			f.add(byte(n.r) ^ 0x20)
		} else if n.fold && n.r >= 128 && f.utf {
			for r := unicode.SimpleFold(n.r); r != n.r; r = unicode.SimpleFold(r) {
				if r < 128 {
					f.add(byte(r))
				}
			}
		}
		return true
	case set:
		limit := rune(256)
		if f.utf {
			f.high()
			limit = 128
		}
		for r := rune(0); r < limit; r++ {
			if n.c.has(r) {
				f.add(byte(r))
			}
		}
		return true
	case concat:
		for _, x := range n.list {
			switch x := x.(type) {
			case assertion:
				continue
			default:
				return f.node(x)
			}
		}
		return false
	case alternate:
		for _, x := range n.list {
			if !f.node(x) {
				return false
			}
		}
		return true
	case group:
		return f.node(n.body)
	case atomic:
		return f.node(n.body)
	case repeat:
		return n.min > 0 && f.node(n.body)
	}
	return false
}
