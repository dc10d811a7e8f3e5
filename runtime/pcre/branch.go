package pcre

import "slices"

// maxSwitch bounds the number of different choices that a switch makes.
const maxSwitch = 64

// alternate compiles branches. Where the next byte tells which of them can match,
// the others are not tried.
func (c *compiler) alternate(list []node, follow next) {
	outer := c.branch
	defer func() { c.branch = outer }()
	c.branch = -1
	if c.pattern.then {
		c.branch = c.slot()
	}
	heads := make([]next, len(list))
	for i, n := range list {
		heads[i] = c.firsts.of(n, follow)
	}
	if len(list) > 2 && c.choose(list, heads, follow) {
		return
	}
	rests := slices.Clone(heads) // what a branch or one behind it begins with
	for i := len(list) - 2; i >= 0; i-- {
		rests[i] = rests[i].or(rests[i+1])
	}
	var ends []int
	for i, n := range list {
		if i == len(list)-1 {
			c.begin(n, follow)
			break
		}
		alt := c.emit(opAlt, c.here()+1, 0)
		c.p.code[alt].c, c.p.code[alt].d = c.set(heads[i]), c.set(rests[i+1])
		c.begin(n, follow)
		ends = append(ends, c.emit(opJump, 0, 0))
		c.p.code[alt].b = int32(c.here())
	}
	c.land(ends...)
}

// begin compiles one branch.
func (c *compiler) begin(n node, follow next) {
	if c.branch >= 0 {
		c.emit(opMark, c.branch, 0)
	}
	c.node(n, follow)
}

// choose compiles branches behind a switch over the next byte. It does nothing
// and reports false when that does not tell them apart.
func (c *compiler) choose(list []node, heads []next, follow next) bool {
	kinds := map[string]int{} // the branches that are possible, as a text, by their number
	var which [257]int
	var order [][]int
	for b := range 257 {
		var key []byte
		var can []int
		for i := range heads {
			h := &heads[i]
			if !h.known() || b < 256 && h.has(byte(b)) || b == 256 && h.end {
				can = append(can, i)
				key = append(key, byte(i), byte(i>>8))
			}
		}
		k, ok := kinds[string(key)]
		if !ok {
			k = len(order)
			kinds[string(key)] = k
			order = append(order, can)
		}
		which[b] = k
	}
	if len(order) > maxSwitch || len(order) == 1 {
		return false
	}
	c.p.switches = append(c.p.switches, nil)
	c.emit(opSwitch, len(c.p.switches)-1, 0)
	index := len(c.p.switches) - 1
	starts := make([]int, len(list))
	var ends []int
	for i, n := range list {
		starts[i] = c.here()
		c.begin(n, follow)
		ends = append(ends, c.emit(opJump, 0, 0))
	}
	targets := make([]int32, len(order))
	for k, can := range order {
		switch len(can) {
		case 0:
			targets[k] = -1
		case 1:
			targets[k] = int32(starts[can[0]])
		default:
			targets[k] = int32(c.here())
			for j, i := range can[:len(can)-1] {
				alt := c.emit(opAlt, starts[i], 0)
				c.p.code[alt].c, c.p.code[alt].d = -1, -1
				c.p.code[alt].b = int32(c.here())
				if j == len(can)-2 {
					c.p.code[alt].b = int32(starts[can[j+1]])
				}
			}
		}
	}
	table := &[257]int32{}
	for b, k := range which {
		table[b] = targets[k]
	}
	c.p.switches[index] = table
	c.land(ends...)
	return true
}

// condition compiles (?(TEST)YES|NO).
func (c *compiler) condition(n *condition, follow next) {
	outer := c.branch
	defer func() { c.branch = outer }()
	var no int
	switch n.kind {
	case condLook:
		c.lookCondition(n, follow)
		return
	case condDefine:
		skip := c.emit(opJump, 0, 0)
		c.node(n.yes, next{any: true})
		c.emit(opFail, 0, 0)
		c.land(skip)
		return
	case condRecursion:
		which := -1
		if n.n > 0 {
			which = n.n
		}
		no = c.emit(opCondRecurs, which, 0)
	default:
		nums := n.nums
		if nums == nil {
			nums = []int{n.n}
		}
		c.p.refs = append(c.p.refs, nums)
		no = c.emit(opCondGroup, len(c.p.refs)-1, 0)
	}
	c.node(n.yes, follow)
	end := c.emit(opJump, 0, 0)
	c.p.code[no].b = int32(c.here())
	c.node(n.no, follow)
	c.land(end)
}

// verb compiles a backtracking verb.
func (c *compiler) verb(n verb) {
	switch n.kind {
	case opAccept:
		// Groups around it end here.
		for _, g := range c.open {
			c.emit(opSave, 2*g+1, 0)
		}
		if c.accepts != nil {
			*c.accepts = append(*c.accepts, c.emit(opJump, 0, 0))
			return
		}
		c.emit(opAccept, 0, 0)
	case opThen:
		if c.branch < 0 {
			c.emit(opPrune, 0, 0)
			return
		}
		c.emit(opThen, c.branch, 0)
	case opName:
		c.emit(opName, c.mark(n.name), 0)
	case opSkip:
		slot := -1
		if n.name != "" {
			slot = c.mark(n.name)
		}
		c.emit(opSkip, slot, 0)
	default:
		c.emit(n.kind, 0, 0)
	}
}

// mark returns the slot of a name.
func (c *compiler) mark(name string) int {
	if _, ok := c.marks[name]; !ok {
		c.marks[name] = c.slot()
	}
	return c.marks[name]
}
