package pcre

import "strings"

// run matches at one position.
func (m *machine) run(at int) (bool, error) {
	m.choices, m.trail, m.frame = m.choices[:0], m.trail[:0], nil
	for i := range m.slots {
		m.slots[i] = -1
	}
	m.slots[0] = int32(at)
	pc, pos, steps := 0, at, 0
	code, ones, nexts, s := m.p.code, m.p.ones, m.p.nexts, m.s
	for {
		if steps++; steps&255 == 0 {
			if m.steps += 256; m.steps >= m.limit || len(m.choices) > maxChoice || len(m.trail) > 4*maxChoice {
				return false, ErrSteps
			}
			if m.steps&(1<<15-1) < 256 && m.stopped() {
				return false, ErrStopped
			}
		}
		in := &code[pc]
		pc++
		ok := true
		switch in.op {
		case opMatch:
			m.slots[1] = int32(pos)
			m.steps += steps & 255
			return true, nil
		case opChar:
			if ok = pos < len(s) && s[pos] == byte(in.a); ok {
				pos++
			}
		case opString:
			lit := m.p.strings[in.a]
			if ok = strings.HasPrefix(s[pos:], lit); ok {
				pos += len(lit)
			}
		case opFold:
			lit := m.p.strings[in.a]
			if ok = foldPrefix(s[pos:], lit); ok {
				pos += len(lit)
			}
		case opOne:
			x := &ones[in.a]
			if x.kind == oneTable {
				if ok = pos < len(s) && x.table[s[pos]]; ok {
					pos++
				}
				break
			}
			n := x.match(s, pos)
			ok = n > 0
			pos += n
		case opLoop, opLoopMin:
			pos, ok = m.loop(in, pc-1, pos)
		case opLoopAll:
			x := &ones[in.c]
			if x.multi && (in.a > 1 || in.b >= 0) {
				pos, ok = m.loop(in, pc-1, pos)
				break
			}
			end := len(s)
			if in.b >= 0 {
				end = min(end, pos+int(in.b))
			}
			end = x.run(s[:end], pos)
			ok = end-pos >= int(in.a)
			m.steps += (end - pos) >> 5
			pos = end
		case opBreak:
			n := m.lineBreak(pos)
			ok = n > 0
			pos += n
		case opGrapheme:
			n := m.grapheme(pos)
			m.steps += n >> 4
			ok = n > 0
			pos += n
		case opJump:
			pc = int(in.a)
		case opAlt:
			if in.c >= 0 && !nexts[in.c].fits(s, pos) {
				pc = int(in.b)
				break
			}
			if in.d < 0 || nexts[in.d].fits(s, pos) {
				m.push(int(in.b), pos, plain, 0)
			}
			pc = int(in.a)
		case opSwitch:
			to := m.p.switches[in.a]
			b := 256
			if pos < len(s) {
				b = int(s[pos])
			}
			pc = int(to[b])
			ok = pc >= 0
		case opSave:
			if !m.free {
				m.set(in.a, pos)
			}
		case opPos:
			m.set(in.a, pos)
		case opKeep:
			m.set(0, pos)
		case opEnd:
			pc = m.endGroup(int(in.a), pc)
		case opCount:
			m.set(in.a, 0)
			m.set(in.b, -1)
		case opRepeat:
			pc = m.turn(&m.p.loops[in.a], pos)
		case opTake:
			l := &m.p.loops[in.a]
			m.set(int32(l.count), int(m.slots[l.count])+1)
			m.set(int32(l.at), pos)
		case opMark:
			m.set(in.a, len(m.choices))
		case opCut:
			m.cut(m.slots[in.a])
		case opLookEnd:
			m.cut(m.slots[in.a])
			pos = int(m.slots[in.a+1])
		case opLookFail:
			m.cut(m.slots[in.a])
			ok = false
		case opPeek:
			ok = (ones[in.a].match(s, pos) > 0) == (in.b == 0)
		case opPeekBehind:
			ok = (pos > 0 && ones[in.a].match(s, pos-1) > 0) == (in.b == 0)
		case opBack:
			for n := in.a; n > 0 && ok; n-- {
				if ok = pos > 0; ok {
					pos = m.before(pos)
				}
			}
		case opAt:
			ok = pos == int(m.slots[in.a])
		case opBarrier:
			m.push(0, pos, barrier, 0)
		case opBackref, opBackrefFold:
			var n int
			n, ok = m.backref(in, pos)
			pos += n
		case opCall:
			var err error
			if ok, err = m.call(in, pc, pos); err != nil {
				return false, err
			}
			pc = int(in.b)
		case opCondGroup:
			if !m.isSet(m.p.refs[in.a]) {
				pc = int(in.b)
			}
		case opCondRecurs:
			if m.frame == nil || in.a >= 0 && m.frame.group != int(in.a) {
				pc = int(in.b)
			}
		case opFail:
			ok = false
		case opAccept:
			if m.frame != nil {
				pc = m.endGroup(m.frame.group, pc)
				break
			}
			m.slots[1] = int32(pos)
			m.steps += steps & 255
			return true, nil
		case opCommit, opPrune, opSkip, opThen:
			m.verb(in, pos)
		case opName:
			m.set(in.a, pos)
		case opTextStart:
			ok = pos == 0
		case opTextEndLine:
			ok = pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
		case opWordBoundary:
			ok = boundary(s, pos)
		default:
			ok = m.assert(in.op, pos)
		}
		if ok {
			continue
		}
		if pc, pos, ok = m.back(); !ok {
			m.steps += steps & 255
			return false, nil
		}
	}
}

// cut drops the choices above n; there may be fewer already.
func (m *machine) cut(n int32) { m.choices = m.choices[:min(int(n), len(m.choices))] }

// turn decides about a repetition when a turn of it has ended.
func (m *machine) turn(l *loop, pos int) int {
	count := int(m.slots[l.count])
	switch {
	case count > l.min && l.canEmpty && pos == int(m.slots[l.at]):
		return l.out // a turn that matched nothing would repeat without end
	case count < l.min:
		return l.body
	case l.max >= 0 && count >= l.max:
		return l.out
	case l.lazy:
		m.push(l.body, pos, plain, 0)
		return l.out
	}
	m.push(l.out, pos, plain, 0)
	return l.body
}

// endGroup leaves a group: to the next operation, or back to the caller when
// the group was called.
func (m *machine) endGroup(group, pc int) int {
	f := m.frame
	if f == nil || f.group != group {
		return pc
	}
	for i, v := range f.slots {
		if m.slots[i] != v {
			m.set(int32(i), int(v))
		}
	}
	m.frame = f.up
	return f.ret
}

// call enters a group as a subroutine.
func (m *machine) call(in *inst, pc, pos int) (bool, error) {
	f := &frame{up: m.frame, group: int(in.a), ret: pc, pos: pos, depth: 1}
	if m.frame != nil {
		f.depth = m.frame.depth + 1
	}
	if f.depth > maxCalls {
		return false, ErrSteps
	}
	for up := m.frame; up != nil && up.pos == pos; up = up.up {
		if up.group == f.group {
			return false, errEndless
		}
	}
	f.slots = append([]int32(nil), m.slots...)
	m.steps += len(f.slots) >> 3
	if m.p.verbs {
		m.push(0, pos, barrier, 0)
	}
	m.frame = f
	return true, nil
}

// isSet reports whether one of the groups took part.
func (m *machine) isSet(groups []int) bool {
	for _, g := range groups {
		if m.slots[2*g+1] >= 0 {
			return true
		}
	}
	return false
}

// verb leaves a choice that acts when the match comes back to it.
func (m *machine) verb(in *inst, pos int) {
	limit := pos
	switch {
	case in.op == opThen:
		limit = int(m.slots[in.a])
	case in.op == opSkip && in.a >= 0:
		if limit = int(m.slots[in.a]); limit < 0 {
			return // no mark of that name was passed
		}
	}
	m.push(int(in.op), pos, verbEnd, limit)
}
