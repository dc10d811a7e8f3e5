package pcre

import (
	"errors"
	"sync"
	"unicode/utf8"
)

// ErrSteps ends a match that took too many steps.
var ErrSteps = errors.New("the regular expression exceeded its step limit")

const (
	maxSteps  = 10_000_000 // of one match
	maxChoice = 1 << 22    // choices and undo entries kept at once
	maxCalls  = 10_000     // nested subroutine calls
)

// choice is a place to go back to. A positive count marks a run of one-character
// matches: each return gives one character up, or takes one more when lazy.
type choice struct {
	pc, pos int
	trail   int
	frame   *frame
	kind    choiceKind
	limit   int // run: least position (greedy) or turns left (lazy, -1: any)
}

type choiceKind uint8

const (
	plain choiceKind = iota
	greedyRun
	lazyRun
)

// frame is one subroutine call. Frames are never changed, so that choices made
// inside a call that has returned stay valid.
type frame struct {
	up    *frame
	group int
	ret   int
	pos   int
	depth int
	slots []int // captures and registers of the caller
}

type undo struct{ slot, old int }

// machine runs one program on one subject.
type machine struct {
	p       *program
	s       string
	start   int // where the search begins (\G)
	slots   []int
	choices []choice
	trail   []undo
	frame   *frame
	keep    int
	steps   int
	limit   int
}

var machines = sync.Pool{New: func() any { return &machine{} }}

// match searches s from the byte at start on. The result is the positions of
// the groups, -1 for those that took no part; nil when there is no match.
//
// It gives up with ErrSteps after limit steps.
func (p *program) match(s string, start, limit int) ([]int, error) {
	m := machines.Get().(*machine)
	defer m.free()
	m.p, m.s, m.start, m.steps, m.limit = p, s, start, 0, limit
	if cap(m.slots) < p.slots {
		m.slots = make([]int, p.slots)
	}
	m.slots = m.slots[:p.slots]
	for at := start; ; {
		if at = p.candidate(s, at); at < 0 {
			return nil, nil
		}
		ok, err := m.run(at)
		if err == errCommit {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if ok {
			out := make([]int, 2*(p.groups+1))
			copy(out, m.slots)
			return out, nil
		}
		if p.anchored || at >= len(s) {
			return nil, nil
		}
		at += m.size(at)
	}
}

func (m *machine) free() {
	m.s, m.frame = "", nil
	if cap(m.choices) > 1<<14 {
		m.choices = nil
	}
	if cap(m.trail) > 1<<14 {
		m.trail = nil
	}
	clear(m.choices[:cap(m.choices)])
	machines.Put(m)
}

// size is the length of the character at pos.
func (m *machine) size(pos int) int {
	if !m.p.utf || m.s[pos] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(m.s[pos:])
	return n
}

func (m *machine) set(slot, v int) {
	m.trail = append(m.trail, undo{slot, m.slots[slot]})
	m.slots[slot] = v
}

func (m *machine) push(c choice) {
	c.trail, c.frame = len(m.trail), m.frame
	m.choices = append(m.choices, c)
}

// back returns to the last choice; ok is false when there is none.
func (m *machine) back() (pc, pos int, ok bool) {
	for n := len(m.choices); n > 0; n = len(m.choices) {
		c := &m.choices[n-1]
		for len(m.trail) > c.trail {
			u := m.trail[len(m.trail)-1]
			m.slots[u.slot] = u.old
			m.trail = m.trail[:len(m.trail)-1]
		}
		m.frame = c.frame
		switch c.kind {
		case plain:
			m.choices = m.choices[:n-1]
			return c.pc, c.pos, true
		case greedyRun:
			c.pos = m.before(c.pos)
			pc, pos = c.pc, c.pos
			if pos <= c.limit {
				m.choices = m.choices[:n-1]
			}
			return pc, pos, true
		case lazyRun:
			if c.limit == 0 || !m.one(m.p.code[c.pc-1], c.pos) {
				m.choices = m.choices[:n-1]
				continue
			}
			c.pos += m.size(c.pos)
			c.limit--
			return c.pc, c.pos, true
		}
	}
	return 0, 0, false
}

// before returns the start of the character that ends at pos.
func (m *machine) before(pos int) int {
	pos--
	if m.p.utf {
		for pos > 0 && !utf8.RuneStart(m.s[pos]) {
			pos--
		}
	}
	return pos
}

// one reports whether a one-character operation matches at pos.
func (m *machine) one(in inst, pos int) bool {
	if pos >= len(m.s) {
		return false
	}
	b := m.s[pos]
	switch in.op {
	case opChar:
		return b == byte(in.a)
	case opAny:
		return b != '\n'
	case opAnyNL, opByte:
		return true
	}
	r := rune(b)
	if m.p.utf && b >= utf8.RuneSelf {
		r, _ = utf8.DecodeRuneInString(m.s[pos:])
	}
	switch in.op {
	case opSet:
		return m.p.sets[in.a].has(r)
	case opRune:
		return r == rune(in.a)
	case opFold:
		return sameFold(r, rune(in.a))
	}
	return false
}
