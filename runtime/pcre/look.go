package pcre

// look compiles a lookaround. The body of a lookbehind runs forward from every
// distance that it can have.
func (c *compiler) look(n look) {
	if c.peek(n) {
		return
	}
	s := c.enterLook()
	split := -1
	if n.negative {
		split = c.alt()
	}
	accepts := c.lookBody(&n, s+1)
	if n.negative {
		c.land(accepts...)
		c.emit(opLookFail, s, 0)
		c.p.code[split].b = int32(c.here())
		return
	}
	c.land(accepts...)
	c.emit(opLookEnd, s, 0)
}

// enterLook remembers choices and position in two slots and returns the first.
func (c *compiler) enterLook() int {
	s := c.slot()
	c.slot()
	c.emit(opMark, s, 0)
	c.emit(opPos, s+1, 0)
	return s
}

// alt emits a choice whose second way is set later.
func (c *compiler) alt() int {
	i := c.emit(opAlt, c.here()+1, 0)
	c.p.code[i].c, c.p.code[i].d = -1, -1
	return i
}

// lookBody compiles the body and returns the jumps of (*ACCEPT) out of it. Verbs
// inside do not reach beyond the lookaround.
func (c *compiler) lookBody(n *look, at int) []int {
	var accepts []int
	outer, branch, open := c.accepts, c.branch, c.open
	c.accepts, c.branch, c.open = &accepts, -1, nil
	if c.p.verbs {
		c.emit(opBarrier, 0, 0)
	}
	if n.behind {
		c.behind(n.body, at)
	} else {
		c.node(n.body, c.leaving())
	}
	c.accepts, c.branch, c.open = outer, branch, open
	return accepts
}

// peek compiles a lookaround at one character.
func (c *compiler) peek(n look) bool {
	x, ok := oneOf(n.body, c.p.utf)
	if !ok || c.p.utf && n.behind && x.multi {
		return false
	}
	if _, isByte := n.body.(anyByte); isByte && c.p.utf {
		return false
	}
	o := opPeek
	if n.behind {
		o = opPeekBehind
	}
	not := 0
	if n.negative {
		not = 1
	}
	c.emit(o, c.one(x), not)
	return true
}

// behind compiles the body of a lookbehind, to end at the position in slot at.
func (c *compiler) behind(body node, at int) {
	list := []node{body}
	if alt, ok := body.(alternate); ok {
		list = alt.list
	}
	type try struct {
		distance int
		check    bool
		body     node
	}
	var tries []try
	for _, b := range list {
		lo, hi := width(b, c.p.utf, 0)
		if hi < 0 || hi-lo > 255 {
			c.pattern.fail("lookbehind without a bounded length")
		}
		for d := lo; d <= hi; d++ {
			tries = append(tries, try{d, lo != hi, b})
		}
	}
	var ends []int
	for i, t := range tries {
		split := -1
		if i < len(tries)-1 {
			split = c.alt()
		}
		c.emit(opBack, t.distance, 0)
		if t.check {
			c.node(t.body, next{any: true})
			c.emit(opAt, at, 0)
		} else {
			c.node(t.body, c.leaving())
		}
		if split >= 0 {
			ends = append(ends, c.emit(opJump, 0, 0))
			c.p.code[split].b = int32(c.here())
		}
	}
	c.land(ends...)
}

// lookCondition is (?(?=test)yes|no): the test decides once.
func (c *compiler) lookCondition(n *condition, follow next) {
	s := c.enterLook()
	split := c.alt()
	c.land(c.lookBody(n.test, s+1)...)
	c.emit(opLookEnd, s, 0)
	yes, no := n.yes, n.no
	if n.test.negative {
		yes, no = no, yes
	}
	c.node(yes, follow)
	end := c.emit(opJump, 0, 0)
	c.p.code[split].b = int32(c.here())
	c.node(no, follow)
	c.land(end)
}
