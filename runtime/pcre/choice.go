package pcre

import "strings"

// choice is a place to go back to.
type choice struct {
	pc, pos int32
	trail   int32
	limit   int32 // greedy: least position; lazy: turns left, -1: any; skip: where to; then: number of choices
	kind    choiceKind
	frame   *frame
}

type choiceKind uint8

const (
	plain   choiceKind = iota
	greedy             // a run of one-character matches gives one up
	lazy               // it takes one more
	verbEnd            // a verb: pc tells which
	barrier            // verbs above do not reach beyond
)

func (m *machine) push(pc, pos int, kind choiceKind, limit int) {
	m.choices = append(m.choices, choice{int32(pc), int32(pos), int32(len(m.trail)), int32(limit), kind, m.frame})
}

// back returns to the last choice; ok is false when there is none.
func (m *machine) back() (pc, pos int, ok bool) {
	for n := len(m.choices); n > 0; n = len(m.choices) {
		c := &m.choices[n-1]
		for t := len(m.trail); t > int(c.trail); t-- {
			u := m.trail[t-1]
			m.slots[u.slot] = u.old
		}
		m.trail = m.trail[:c.trail]
		m.frame = c.frame
		switch c.kind {
		case plain:
			m.choices = m.choices[:n-1]
			return int(c.pc), int(c.pos), true
		case greedy:
			if pos, ok = m.giveUp(c); !ok {
				m.choices = m.choices[:n-1]
				continue
			}
			if pos == int(c.limit) {
				m.choices = m.choices[:n-1]
			}
			return int(c.pc) + 1, pos, true
		case lazy:
			if pos, ok = m.takeMore(c); !ok {
				m.choices = m.choices[:n-1]
				continue
			}
			return int(c.pc) + 1, pos, true
		case verbEnd:
			if !m.endVerb(c) {
				return 0, 0, false
			}
		case barrier:
			m.choices = m.choices[:n-1]
		}
	}
	return 0, 0, false
}

// giveUp makes a greedy run shorter, to where the match can go on.
func (m *machine) giveUp(c *choice) (int, bool) {
	in := &m.p.code[c.pc]
	pos, least := int(c.pos), int(c.limit)
	if pos <= least {
		return 0, false
	}
	if in.d < 0 {
		pos = m.before(pos)
	} else {
		pos = m.fitBefore(&m.p.nexts[in.d], least, pos-1)
		if pos < least {
			return 0, false
		}
	}
	c.pos = int32(pos)
	return pos, true
}

// fitBefore returns the last position in least … pos where the match can go on,
// less than least when there is none.
func (m *machine) fitBefore(f *next, least, pos int) int {
	from := pos
	if f.one >= 0 {
		pos = least + strings.LastIndexByte(m.s[least:min(pos+1, len(m.s))], byte(f.one))
		m.steps += (from - pos) >> 5
		return pos
	}
	for t := f.table; pos >= least && !t[m.s[pos]]; {
		pos--
	}
	m.steps += (from - pos) >> 4
	return pos
}

// takeMore makes a lazy run longer, to where the match can go on.
func (m *machine) takeMore(c *choice) (int, bool) {
	in := &m.p.code[c.pc]
	x := &m.p.ones[in.c]
	pos := int(c.pos)
	for {
		n := 0
		if c.limit != 0 {
			n = x.match(m.s, pos)
		}
		if n == 0 {
			return 0, false
		}
		pos += n
		if c.limit > 0 {
			c.limit--
		}
		m.steps++
		if in.d < 0 || m.p.nexts[in.d].fits(m.s, pos) {
			c.pos = int32(pos)
			return pos, true
		}
	}
}

// loop runs a one-character repetition. It returns the position to go on at.
func (m *machine) loop(in *inst, pc, pos int) (int, bool) {
	x := &m.p.ones[in.c]
	if in.op == opLoopMin {
		return m.loopMin(in, x, pc, pos)
	}
	least, end, ok := m.extent(x, pos, int(in.a), int(in.b))
	m.steps += (end - pos) >> 5
	if !ok || in.op == opLoopAll || end == least {
		return end, ok
	}
	if in.d >= 0 {
		f := &m.p.nexts[in.d]
		if !f.fits(m.s, end) {
			if end = m.fitBefore(f, least, end-1); end < least {
				return end, false
			}
		}
		if end == least {
			return end, true
		}
	}
	m.push(pc, end, greedy, least)
	return end, true
}

// extent measures a run: the position behind the least number of turns, and that
// behind as many as there are.
func (m *machine) extent(x *one, pos, lo, hi int) (least, end int, ok bool) {
	s := m.s
	if !x.multi {
		if hi >= 0 && hi < len(s)-pos {
			s = s[:pos+hi]
		}
		end = x.run(s, pos)
		return pos + lo, end, end-pos >= lo
	}
	if hi < 0 && lo == 0 {
		return pos, x.run(s, pos), true
	}
	end = pos
	for n := 0; hi < 0 || n < hi; n++ {
		if n == lo {
			least = end
			if hi < 0 {
				return least, x.run(s, end), true
			}
		}
		k := x.match(s, end)
		if k == 0 {
			return least, end, n >= lo
		}
		end += k
	}
	if hi == lo {
		least = end
	}
	return least, end, true
}

func (m *machine) loopMin(in *inst, x *one, pc, pos int) (int, bool) {
	for range in.a {
		n := x.match(m.s, pos)
		if n == 0 {
			return pos, false
		}
		pos += n
	}
	left := -1
	if in.b >= 0 {
		left = int(in.b - in.a)
	}
	m.steps += int(in.a) >> 4
	if in.d >= 0 && !m.p.nexts[in.d].fits(m.s, pos) {
		c := choice{pc: int32(pc), pos: int32(pos), limit: int32(left)}
		var ok bool
		if pos, ok = m.takeMore(&c); !ok {
			return pos, false
		}
		left = int(c.limit)
	}
	if left != 0 {
		m.push(pc, pos, lazy, left)
	}
	return pos, true
}

// endVerb does what a verb does that the match has come back to. It reports false
// when the attempt ends.
func (m *machine) endVerb(c *choice) bool {
	kind, limit := op(c.pc), int(c.limit)
	if kind == opThen {
		m.choices = m.choices[:min(limit, len(m.choices)-1)]
		return true
	}
	n := len(m.choices) - 1
	for n > 0 && m.choices[n-1].kind != barrier {
		n--
	}
	m.choices = m.choices[:n]
	if n > 0 {
		return true // the lookaround or call around it fails
	}
	m.ended = kind
	if kind == opSkip {
		m.skip = limit
	} else {
		m.skip = 0
	}
	return false
}
