package pcre

import "strings"

// run matches at one position.
func (m *machine) run(at int) (bool, error) {
	m.choices, m.trail, m.frame = m.choices[:0], m.trail[:0], nil
	for i := range m.slots {
		m.slots[i] = -1
	}
	m.slots[0], m.keep = at, at
	pc, pos := 0, at
	code := m.p.code
	for {
		if m.steps++; m.steps&1023 == 0 {
			if m.steps > m.limit || len(m.choices) > maxChoice || len(m.trail) > 4*maxChoice {
				return false, ErrSteps
			}
		}
		in := code[pc]
		ok := true
		switch in.op {
		case opMatch:
			m.slots[1] = pos
			return true, nil
		case opChar, opAny, opAnyNL, opSet, opRune, opFold, opByte:
			if ok = m.one(in, pos); ok {
				if in.op == opByte {
					pos++
				} else {
					pos += m.size(pos)
				}
				pc++
			}
		case opString:
			lit := m.p.strings[in.a]
			if ok = strings.HasPrefix(m.s[pos:], lit); ok {
				pos += len(lit)
				pc++
			}
		case opBreak:
			n := m.lineBreak(pos)
			if ok = n > 0; ok {
				if n == 2 { // \r\n is one break, unless what follows needs the \n
					m.push(choice{pc: pc + 1, pos: pos + 1})
				}
				pos += n
				pc++
			}
		case opGrapheme:
			n := m.grapheme(pos)
			ok = n > 0
			pos += n
			pc++
		case opJump:
			pc = in.a
		case opSplit:
			m.push(choice{pc: in.b, pos: pos})
			pc = in.a
		case opSave:
			m.set(in.a, pos)
			pc++
		case opKeep:
			m.set(0, pos)
			pc++
		case opEnd:
			pc = m.endGroup(in.a, pc)
		case opLoop, opLoopMin, opLoopAll:
			pos, ok = m.loop(in, pc, pos)
			pc += 2
		case opCount:
			m.set(in.a, 0)
			m.set(in.b, -1)
			pc++
		case opRepeat:
			pc = m.turn(&m.p.loops[in.a], pos)
		case opTake:
			l := &m.p.loops[in.a]
			m.set(l.count, m.slots[l.count]+1)
			m.set(l.at, pos)
			pc++
		case opMark:
			m.set(in.a, len(m.choices))
			pc++
		case opCut:
			m.cut(m.slots[in.a])
			pc++
		case opLookEnd:
			m.cut(m.slots[in.a])
			pos = m.slots[in.a+1]
			pc++
		case opLookFail:
			m.cut(m.slots[in.a])
			ok = false
		case opBack:
			for n := in.a; n > 0 && ok; n-- {
				if ok = pos > 0; ok {
					pos = m.before(pos)
				}
			}
			pc++
		case opAt:
			ok = pos == m.slots[in.a]
			pc++
		case opBackref, opBackrefFold:
			var n int
			n, ok = m.backref(in, pos)
			pos += n
			pc++
		case opCall:
			var err error
			if ok, err = m.call(in, pc, pos); err != nil {
				return false, err
			}
			pc = in.b
		case opCondGroup:
			if m.slots[2*in.a+1] < 0 {
				pc = in.b
			} else {
				pc++
			}
		case opCondRecurs:
			if m.frame == nil || in.a >= 0 && m.frame.group != in.a {
				pc = in.b
			} else {
				pc++
			}
		case opFail:
			ok = false
		case opAccept:
			if m.frame != nil {
				pc = m.endGroup(m.frame.group, pc)
				break
			}
			m.slots[1] = pos
			return true, nil
		case opCommit:
			m.choices = m.choices[:0]
			m.push(choice{pos: committed})
			pc++
		case opPrune:
			m.choices = m.choices[:0]
			pc++
		default:
			ok = m.assert(in.op, pos)
			pc++
		}
		if ok {
			continue
		}
		if pc, pos, ok = m.back(); !ok {
			return false, nil
		}
		if pos == committed {
			return false, errCommit
		}
	}
}

// committed is the position of the choice that (*COMMIT) leaves: whoever comes
// back to it has no match, here or further on.
const committed = -1

// cut drops the choices above n; there may be fewer already.
func (m *machine) cut(n int) { m.choices = m.choices[:min(n, len(m.choices))] }

// turn decides about a repetition when a turn of it has ended.
func (m *machine) turn(l *loop, pos int) int {
	count := m.slots[l.count]
	switch {
	case count > l.min && l.canEmpty && pos == m.slots[l.at]:
		return l.out // a turn that matched nothing would repeat without end
	case count < l.min:
		return l.body
	case l.max >= 0 && count >= l.max:
		return l.out
	case l.lazy:
		m.push(choice{pc: l.body, pos: pos})
		return l.out
	}
	m.push(choice{pc: l.out, pos: pos})
	return l.body
}

// loop runs a one-character repetition. It returns the position to go on at.
func (m *machine) loop(in inst, pc, pos int) (int, bool) {
	body := m.p.code[pc+1]
	n, least := 0, pos
	limit := in.b
	if in.op == opLoopMin {
		limit = in.a
	}
	for limit < 0 || n < limit {
		if !m.one(body, pos) {
			break
		}
		if body.op == opByte {
			pos++
		} else {
			pos += m.size(pos)
		}
		if n++; n == in.a {
			least = pos
		}
	}
	m.steps += n >> 4
	if n < in.a {
		return pos, false
	}
	switch {
	case in.op == opLoop && pos > least:
		m.push(choice{pc: pc + 2, pos: pos, kind: greedyRun, limit: least})
	case in.op == opLoopMin && (in.b < 0 || in.b > in.a):
		left := -1
		if in.b >= 0 {
			left = in.b - in.a
		}
		m.push(choice{pc: pc + 2, pos: pos, kind: lazyRun, limit: left})
	}
	return pos, true
}

// endGroup leaves a group: to the next operation, or back to the caller when
// the group was called.
func (m *machine) endGroup(group, pc int) int {
	f := m.frame
	if f == nil || f.group != group {
		return pc + 1
	}
	for i, v := range f.slots {
		if m.slots[i] != v {
			m.set(i, v)
		}
	}
	m.frame = f.up
	return f.ret
}

// call enters a group as a subroutine.
func (m *machine) call(in inst, pc, pos int) (bool, error) {
	f := &frame{up: m.frame, group: in.a, ret: pc + 1, pos: pos, depth: 1}
	if m.frame != nil {
		f.depth = m.frame.depth + 1
	}
	if f.depth > maxCalls {
		return false, ErrSteps
	}
	for up := m.frame; up != nil && up.pos == pos; up = up.up {
		if up.group == in.a {
			return false, errEndless
		}
	}
	f.slots = append([]int(nil), m.slots...)
	m.steps += len(f.slots) >> 3
	m.frame = f
	return true, nil
}
