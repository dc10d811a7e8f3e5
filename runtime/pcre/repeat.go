package pcre

// repeat compiles a quantifier. One character repeats in a tight loop; short
// optional bodies are written out; everything else counts in registers.
func (c *compiler) repeat(n repeat) {
	if n.max == 0 {
		// The body may still be called as a subroutine.
		skip := c.emit(opJump, 0, 0)
		c.node(n.body)
		c.p.code[skip].a = c.here()
		return
	}
	switch n.body.(type) {
	case char, set, anyChar, oneByte:
		o := opLoop
		switch {
		case n.possessive:
			o = opLoopAll
		case n.lazy:
			o = opLoopMin
		}
		c.emit(o, n.min, n.max)
		c.single(n.body)
		return
	}
	mark := -1
	if n.possessive {
		mark = c.slot()
		c.emit(opMark, mark, 0)
	}
	switch {
	case n.min == 1 && n.max == 1:
		c.node(n.body)
	case n.min == 0 && n.max == 1:
		split := c.emit(opSplit, 0, 0)
		body := c.here()
		c.node(n.body)
		c.p.code[split] = inst{opSplit, body, c.here()}
		if n.lazy {
			c.p.code[split] = inst{opSplit, c.here(), body}
		}
	default:
		c.loop(n)
	}
	if mark >= 0 {
		c.emit(opCut, mark, 0)
	}
}

func (c *compiler) loop(n repeat) {
	lo, _ := width(n.body, c.p.utf, 0)
	l := loop{min: n.min, max: n.max, lazy: n.lazy, count: c.slot(), at: c.slot(), canEmpty: lo == 0}
	index := len(c.p.loops)
	c.p.loops = append(c.p.loops, l)
	c.emit(opCount, l.count, l.at)
	decide := c.emit(opRepeat, index, 0)
	c.p.loops[index].body = c.emit(opTake, index, 0)
	c.node(n.body)
	c.emit(opJump, decide, 0)
	c.p.loops[index].out = c.here()
}
