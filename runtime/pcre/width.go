package pcre

// width returns how many characters a node can match, hi -1 without a bound.
func width(n node, utf bool, depth int) (lo, hi int) {
	if depth > maxDepth {
		return 0, -1
	}
	switch n := n.(type) {
	case char, set, anyChar:
		return 1, 1
	case anyByte:
		if utf {
			return 0, -1
		}
		return 1, 1
	case linebreak:
		return 1, 2
	case grapheme, *backref, *call:
		return 0, -1
	case concat:
		for _, x := range n.list {
			l, h := width(x, utf, depth+1)
			lo += l
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi += h
			}
		}
		return lo, hi
	case alternate:
		lo, hi = width(n.list[0], utf, depth+1)
		for _, x := range n.list[1:] {
			l, h := width(x, utf, depth+1)
			lo = min(lo, l)
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi = max(hi, h)
			}
		}
		return lo, hi
	case group:
		return width(n.body, utf, depth+1)
	case atomic:
		return width(n.body, utf, depth+1)
	case repeat:
		l, h := width(n.body, utf, depth+1)
		if n.max < 0 || h < 0 {
			return bounded(l * n.min), -1
		}
		return bounded(l * n.min), bounded(h * n.max)
	case *condition:
		if n.kind == condDefine {
			return 0, 0
		}
		l, h := width(n.yes, utf, depth+1)
		m, i := width(n.no, utf, depth+1)
		if h < 0 || i < 0 {
			return min(l, m), -1
		}
		return min(l, m), max(h, i)
	}
	if v, ok := n.(verb); ok && v.kind == opAccept {
		return 0, -1
	}
	return 0, 0
}

func bounded(n int) int { return min(n, 1<<30) }
