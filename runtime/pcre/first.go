package pcre

// firsts tells what matches can begin with.
type firsts struct{ utf bool }

// of returns what can stand at the place where n begins, follow standing behind n.
func (a firsts) of(n node, follow next) next {
	if _, ok := n.(anyByte); ok && a.utf {
		return next{any: true} // it may stand inside a character
	}
	if c, ok := n.(char); ok && (!c.fold || !folds(c.r, a.utf)) {
		var f next
		if a.utf {
			f.add(string(c.r)[0])
		} else {
			f.add(byte(c.r))
		}
		return f
	}
	if x, ok := oneOf(n, a.utf); ok {
		return x.first()
	}
	switch n := n.(type) {
	case empty, keep:
		return follow
	case linebreak:
		var f next
		f.fill('\n', '\r')
		if a.utf {
			f.add(0xc2)
			f.add(0xe2)
		} else {
			f.add(0x85)
		}
		return f
	case grapheme:
		var f next
		f.fill(0, 255)
		if a.utf {
			f.bits[2] = 0 // no character begins with 0x80 to 0xbf
		}
		return f
	case concat:
		return a.sequence(n.list, follow)
	case alternate:
		f := a.of(n.list[0], follow)
		for _, x := range n.list[1:] {
			f = f.or(a.of(x, follow))
		}
		return f
	case group:
		return a.of(n.body, follow)
	case atomic:
		return a.of(n.body, follow)
	case repeat:
		return a.repeat(n, follow)
	case look:
		return a.look(n, follow)
	case assertion:
		return a.assertion(n, follow)
	case *condition:
		switch n.kind {
		case condDefine:
			return follow
		case condLook:
			return next{any: true}
		}
		return a.of(n.yes, follow).or(a.of(n.no, follow)).checked()
	case verb:
		if n.kind == opFail {
			return next{}
		}
		// Passing any other verb has an effect, also when what follows fails.
	}
	return next{any: true}
}

// sequence is of for a list of items.
func (a firsts) sequence(list []node, follow next) next {
	for i, x := range list {
		if lo, _ := width(x, a.utf, 0); lo > 0 {
			list = list[:i+1]
			break
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		follow = a.of(list[i], follow)
	}
	return follow
}

func (a firsts) repeat(n repeat, follow next) next {
	if n.max == 0 {
		return follow
	}
	lo, _ := width(n.body, a.utf, 0)
	switch {
	case lo == 0:
		return next{any: true}
	case n.min > 0:
		return a.of(n.body, next{any: true})
	}
	return a.of(n.body, next{any: true}).or(follow)
}

func (a firsts) look(n look, follow next) next {
	follow = follow.checked()
	if n.behind || n.negative {
		return follow
	}
	f := a.of(n.body, next{any: true})
	switch {
	case f.any:
		return follow
	case follow.any:
		return f
	}
	for i := range f.bits {
		f.bits[i] &= follow.bits[i]
	}
	f.end = f.end && follow.end
	return f
}

func (a firsts) assertion(n assertion, follow next) next {
	f := next{end: true}
	switch n.kind {
	case opTextEnd:
	case opTextEndLine, opLineEnd:
		f.add('\n')
	default:
		return follow.checked()
	}
	return f
}
