package pcre

import "slices"

// repeat compiles a quantifier. One character repeats in a tight loop; bodies
// that always use something up jump back; the rest counts in registers.
func (c *compiler) repeat(n repeat, follow next) {
	if n.max == 0 {
		// The body may still be called as a subroutine.
		skip := c.emit(opJump, 0, 0)
		c.node(n.body, next{any: true})
		c.land(skip)
		return
	}
	if x, ok := oneOf(n.body, c.p.utf); ok {
		c.run(n, x, follow)
		return
	}
	if alt, ok := n.body.(alternate); ok && n.max < 0 && n.min <= 1 && !n.lazy {
		n.body = c.collapse(alt, follow)
	}
	mark := -1
	if n.possessive {
		mark = c.slot()
		c.emit(opMark, mark, 0)
		follow = c.leaving()
	}
	lo, _ := width(n.body, c.p.utf, 0)
	again := next{any: true}
	if lo > 0 {
		again = c.firsts.of(n.body, again)
	}
	switch {
	case n.min == 1 && n.max == 1:
		c.node(n.body, follow)
	case n.min == 0 && n.max == 1:
		alt := c.turn(n.lazy, again, follow)
		c.node(n.body, follow)
		c.skip(alt, n.lazy)
	case lo > 0 && n.min == 0 && n.max < 0:
		alt := c.turn(n.lazy, again, follow)
		c.node(n.body, again.or(follow))
		c.again(alt+1, c.turn(n.lazy, again, follow), n.lazy)
		c.skip(alt, n.lazy)
	case lo > 0 && n.min == 1 && n.max < 0:
		body := c.here()
		c.node(n.body, again.or(follow))
		c.again(body, c.turn(n.lazy, again, follow), n.lazy)
	default:
		c.loop(n, again.or(follow), lo == 0)
	}
	if mark >= 0 {
		c.emit(opCut, mark, 0)
	}
}

// collapse turns branches that match one character into runs of it, where neither
// another branch nor what follows could have it: [^"\\]|\\. becomes [^"\\]++|\\.
func (c *compiler) collapse(n alternate, follow next) node {
	list := slices.Clone(n.list)
	for i, b := range n.list {
		x, ok := oneOf(b, c.p.utf)
		if !ok {
			continue
		}
		rest := follow
		for j, other := range n.list {
			if j != i {
				rest = rest.or(c.firsts.of(other, next{any: true}))
			}
		}
		if first := x.first(); rest.known() && first.disjoint(&rest) {
			list[i] = repeat{body: b, min: 1, max: -1, possessive: true}
		}
	}
	return alternate{list}
}

// turn emits the choice between a turn and going on behind the repetition.
func (c *compiler) turn(lazy bool, again, follow next) int {
	alt := c.emit(opAlt, c.here()+1, c.here()+1)
	in := &c.p.code[alt]
	in.c, in.d = c.set(again), c.set(follow)
	if lazy {
		in.c, in.d = in.d, in.c
	}
	return alt
}

// again makes a choice lead back to the body, or on.
func (c *compiler) again(body, alt int, lazy bool) {
	c.skip(alt, lazy)
	if lazy {
		c.p.code[alt].b = int32(body)
	} else {
		c.p.code[alt].a = int32(body)
	}
}

// skip makes the way behind the repetition lead here.
func (c *compiler) skip(alt int, lazy bool) {
	if lazy {
		c.p.code[alt].a = int32(c.here())
	} else {
		c.p.code[alt].b = int32(c.here())
	}
}

// run compiles the repetition of one character. When nothing that can follow is
// in the set, or nothing has to follow, it never gives anything back.
func (c *compiler) run(n repeat, x one, follow next) {
	first := x.first()
	apart := follow.known() && first.disjoint(&follow)
	o := opLoop
	switch {
	case n.possessive, apart, follow.done && !n.lazy:
		o = opLoopAll
	case n.lazy:
		o = opLoopMin
	}
	i := c.emit(o, n.min, n.max)
	in := &c.p.code[i]
	in.c, in.d = int32(c.one(x)), -1
	if o != opLoopAll {
		in.d = c.set(follow)
	}
}

func (c *compiler) loop(n repeat, follow next, canEmpty bool) {
	if canEmpty {
		follow = next{any: true}
	}
	l := loop{min: n.min, max: n.max, lazy: n.lazy, count: c.slot(), at: c.slot(), canEmpty: canEmpty}
	index := len(c.p.loops)
	c.p.loops = append(c.p.loops, l)
	c.emit(opCount, l.count, l.at)
	decide := c.emit(opRepeat, index, 0)
	c.p.loops[index].body = c.emit(opTake, index, 0)
	c.node(n.body, follow)
	c.emit(opJump, decide, 0)
	c.p.loops[index].out = c.here()
}
