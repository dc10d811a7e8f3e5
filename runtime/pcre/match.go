package pcre

import (
	"errors"
	"strings"
	"sync"
	"unicode/utf8"
)

// ErrSteps ends a match that took too many steps.
var ErrSteps = errors.New("the regular expression exceeded its step limit")

// ErrStopped ends a match whose caller does not wait for it any more.
var ErrStopped = errors.New("the search was stopped")

const (
	maxSteps  = 10_000_000 // of one search
	maxChoice = 1 << 22    // choices and undo entries kept at once
	maxCalls  = 10_000     // nested subroutine calls
)

// frame is one subroutine call. Frames are never changed, so that choices made
// inside a call that has returned stay valid.
type frame struct {
	up    *frame
	group int
	ret   int
	pos   int
	depth int
	slots []int32 // captures and registers of the caller
}

type undo struct{ slot, old int32 }

// machine runs one program on one subject.
type machine struct {
	p       *program
	s       string
	start   int // where the search begins (\G)
	slots   []int32
	choices []choice
	trail   []undo
	frame   *frame
	steps   int
	limit   int
	free    bool // groups are not wanted
	done    <-chan struct{}

	low, high int // findFold: the next places of the rare byte in both cases
	skip      int // where to go on when the current begin fails, at least
	ended     op  // verb that ended an attempt
}

var machines = sync.Pool{New: func() any { return &machine{} }}

// match searches s from the byte at start on. It appends the positions of the
// groups to dst, -1 for those that took no part, none of them when free is set;
// the result is nil when there is no match.
//
// It gives up with ErrSteps after limit steps, and tells how many it took.
func (p *program) match(done <-chan struct{}, dst []int, s string, start, limit int, free bool) (loc []int, steps int, err error) {
	from, must := p.first(s, start)
	if from < 0 {
		return nil, 0, nil
	}
	m := machines.Get().(*machine)
	m.p, m.s, m.start, m.steps, m.limit, m.free = p, s, start, 0, limit, free && !p.captures
	m.low, m.high, m.done = -1, -1, done
	if cap(m.slots) < p.slots {
		m.slots = make([]int32, p.slots)
	}
	m.slots = m.slots[:p.slots]
	ok, err := m.search(from, must)
	if ok {
		n := 2 * (p.groups + 1)
		if free {
			n = 2
		}
		loc = dst[:0]
		if loc == nil || cap(loc) < n {
			loc = make([]int, 0, n)
		}
		for _, v := range m.slots[:n] {
			loc = append(loc, int(v))
		}
	}
	steps = m.steps
	m.release()
	return loc, steps, err
}

// stopped reports whether the caller has gone.
func (m *machine) stopped() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// first returns where a search has to begin, -1 when it finds nothing for sure, and
// the place of the text that every match contains, -1 when it is not known.
func (p *program) first(s string, start int) (from, must int) {
	e := &p.entry
	switch e.kind {
	case entryStart:
		if start > 0 || !strings.HasPrefix(s, e.text) || e.table != nil && (s == "" || !e.table[s[0]]) {
			return -1, -1
		}
		return 0, -1
	case entrySearch:
		return start, -1
	case entryText:
		i := strings.Index(s[start:], e.text)
		if i < 0 {
			return -1, -1
		}
		start += i
	}
	if e.must == "" {
		return start, -1
	}
	i := strings.Index(s[start:], e.must)
	if i < 0 {
		return -1, -1
	}
	must = start + i
	if e.before >= 0 && e.kind != entryText {
		start = p.align(s, max(start, must-e.before))
	}
	return start, must
}

// align returns the next begin of a character.
func (p *program) align(s string, at int) int {
	for p.utf && at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return at
}

// search tries one begin after the other.
func (m *machine) search(at, must int) (bool, error) {
	e := &m.p.entry
	for at <= len(m.s) {
		m.skip = 0
		if at = m.find(at); at < 0 {
			return false, nil
		}
		if e.must != "" && at > must && e.kind > entrySearch {
			i := strings.Index(m.s[at:], e.must)
			if i < 0 {
				return false, nil
			}
			must = at + i
			if e.before >= 0 && must-e.before > at {
				at = m.p.align(m.s, must-e.before)
				continue
			}
		}
		m.ended = opMatch
		ok, err := m.run(at)
		if ok || err != nil || m.ended == opCommit || e.kind == entryStart || e.kind == entrySearch {
			return ok, err
		}
		switch {
		case m.skip > at:
			at = m.p.align(m.s, m.skip)
		case e.lead != nil && at < len(m.s):
			// From inside the run the match would fail where it has failed.
			at = m.p.align(m.s, e.lead.run(m.s, at)+1)
		case at >= len(m.s):
			return false, nil
		default:
			at += m.size(at)
		}
	}
	return false, nil
}

func (m *machine) release() {
	if m.p.calls {
		m.frame = nil
		clear(m.choices[:cap(m.choices)]) // they hold frames
	}
	if len(m.s) > 1<<12 {
		m.s = "" // small ones may stay until the next search
	}
	if cap(m.choices) > 1<<14 {
		m.choices = nil
	}
	if cap(m.trail) > 1<<14 {
		m.trail = nil
	}
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

func (m *machine) set(slot int32, v int) {
	if len(m.choices) > 0 { // else nobody comes back
		m.trail = append(m.trail, undo{slot, m.slots[slot]})
	}
	m.slots[slot] = int32(v)
}
