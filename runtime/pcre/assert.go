package pcre

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

var errEndless = errors.New("the regular expression calls itself without end")

// assert tests a condition on the position.
func (m *machine) assert(o op, pos int) bool {
	s := m.s
	switch o {
	case opTextStart:
		return pos == 0
	case opTextEnd:
		return pos == len(s)
	case opTextEndLine:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case opLineStart:
		return pos == 0 || s[pos-1] == '\n' && pos < len(s)
	case opLineEnd:
		return pos == len(s) || s[pos] == '\n'
	case opSearchStart:
		return pos == m.start
	}
	return boundary(s, pos) == (o == opWordBoundary)
}

// lineBreak returns the length of what \R matches at pos, 0 for nothing.
func (m *machine) lineBreak(pos int) int {
	rest := m.s[pos:]
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		return 2
	case rest != "" && ('\n' <= rest[0] && rest[0] <= '\r' || rest[0] == 0x85 && !m.p.utf):
		return 1
	case m.p.utf && strings.HasPrefix(rest, "\u0085"):
		return 2
	case m.p.utf && (strings.HasPrefix(rest, "\u2028") || strings.HasPrefix(rest, "\u2029")):
		return 3
	}
	return 0
}

// backref compares the text of a group with what stands at pos.
func (m *machine) backref(in *inst, pos int) (int, bool) {
	for _, g := range m.p.refs[in.a] {
		from, to := int(m.slots[2*g]), int(m.slots[2*g+1])
		if to < 0 || from < 0 {
			continue
		}
		text := m.s[min(from, to):to]
		if in.op == opBackref {
			m.steps += len(text) >> 6
			return len(text), strings.HasPrefix(m.s[pos:], text)
		}
		m.steps += len(text) >> 3
		return m.foldPrefix(text, pos)
	}
	return 0, false
}

func (m *machine) foldPrefix(text string, pos int) (int, bool) {
	at := pos
	for i := 0; i < len(text); {
		if at >= len(m.s) {
			return 0, false
		}
		a, n := rune(text[i]), 1
		b, k := rune(m.s[at]), 1
		if m.p.utf {
			a, n = utf8.DecodeRuneInString(text[i:])
			b, k = utf8.DecodeRuneInString(m.s[at:])
		}
		if !sameFold(a, b) {
			return 0, false
		}
		i += n
		at += k
	}
	return at - pos, true
}

// sameFold reports whether two characters differ in case at most.
func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	if a < 128 && b < 128 {
		return a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}
