package pcre

import (
	"slices"
	"strconv"
	"strings"
)

// group reads what follows an opening parenthesis. A group that only sets flags
// returns nil.
func (p *parser) group() node {
	if p.take("*") {
		return p.verb()
	}
	if !p.take("?") {
		if p.f.n { // (?n): only groups with a name capture
			return p.close(p.alternation())
		}
		return p.capture("")
	}
	if !p.more() {
		p.fail("unfinished group")
	}
	switch {
	case p.take(":"):
		return p.close(p.alternation())
	case p.take("|"):
		return p.branchReset()
	case p.take(">"):
		return atomic{p.close(p.alternation())}
	case p.take("="):
		return look{body: p.close(p.alternation())}
	case p.take("!"):
		return look{negative: true, body: p.close(p.alternation())}
	case p.take("<="):
		return look{behind: true, body: p.close(p.alternation())}
	case p.take("<!"):
		return look{behind: true, negative: true, body: p.close(p.alternation())}
	case p.take("P<"), p.take("<"):
		return p.capture(p.name('>'))
	case p.take("'"):
		return p.capture(p.name('\''))
	case p.take("P="):
		return p.reference(&backref{name: p.name(')'), fold: p.f.i})
	case p.take("P>"), p.take("&"):
		return p.subroutine(&call{name: p.name(')')})
	case p.take("("):
		return p.condition()
	case p.take("R)"):
		return p.subroutine(&call{})
	}
	if n, ok := p.signed(')'); ok {
		return p.subroutine(&call{n: n})
	}
	return p.setFlags()
}

func (p *parser) close(n node) node {
	if !p.take(")") {
		p.fail("missing ')'")
	}
	return n
}

func (p *parser) capture(name string) node {
	p.groups++
	n := p.groups
	if n > 65535 {
		p.fail("too many groups")
	}
	if name != "" {
		nums := p.names[name]
		if nums == nil {
			p.order = append(p.order, name)
		}
		if !slices.Contains(nums, n) { // branches of (?| may use a name again
			if nums != nil && !p.f.dupnames {
				p.fail("two groups are named '%s'", name)
			}
			p.names[name] = append(nums, n)
		}
	}
	return group{n, p.close(p.alternation())}
}

// branchReset is (?|...): each branch numbers its groups from the same start.
func (p *parser) branchReset() node {
	saved, from, most := p.f, p.groups, p.groups
	var list []node
	for {
		p.groups = from
		list = append(list, p.sequence())
		most = max(most, p.groups)
		if !p.take("|") {
			break
		}
	}
	p.groups, p.f = most, saved
	return p.close(alternate{list})
}

// name reads a group name up to its end mark.
func (p *parser) name(end byte) string {
	i := strings.IndexByte(p.src[p.pos:], end)
	if i < 0 {
		p.fail("unfinished group name")
	}
	name := p.src[p.pos : p.pos+i]
	if name == "" || len(name) > 32 || name[0] >= '0' && name[0] <= '9' {
		p.fail("bad group name '%s'", name)
	}
	for _, c := range []byte(name) {
		if !wordByte(c) {
			p.fail("bad group name '%s'", name)
		}
	}
	p.pos += i + 1
	return name
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// signed reads a group number, relative ones turned into absolute ones.
func (p *parser) signed(end byte) (int, bool) {
	i := strings.IndexByte(p.src[p.pos:], end)
	if i <= 0 {
		return 0, false
	}
	text := p.src[p.pos : p.pos+i]
	if strings.Trim(text[1:], "0123456789") != "" || text[0] != '-' && text[0] != '+' && (text[0] < '0' || text[0] > '9') {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, false
	}
	switch text[0] {
	case '-':
		n += p.groups + 1
	case '+':
		n += p.groups
	}
	if n < 0 || n == 0 && text != "0" {
		p.fail("reference to group %s, which does not exist", text)
	}
	p.pos += i + 1
	return n, true
}

func (p *parser) reference(r *backref) node {
	p.refs = append(p.refs, r)
	return r
}

func (p *parser) subroutine(c *call) node {
	p.calls = append(p.calls, c)
	return c
}

// condition reads (?(TEST)YES|NO).
func (p *parser) condition() node {
	c := &condition{}
	switch {
	case p.take("?"):
		l := look{}
		switch {
		case p.take("="):
		case p.take("!"):
			l.negative = true
		case p.take("<="):
			l.behind = true
		case p.take("<!"):
			l.behind, l.negative = true, true
		default:
			p.fail("a condition is a group, (R) or a lookaround")
		}
		l.body = p.close(p.alternation())
		c.kind, c.test = condLook, &l
	case p.take("DEFINE)"):
		c.kind = condDefine
	case p.take("R)"):
		c.kind = condRecursion
	case p.take("R&"):
		c.kind, c.name = condRecursion, p.name(')')
	case p.take("<"):
		c.name = p.name('>')
		p.close(nil)
	case p.take("'"):
		c.name = p.name('\'')
		p.close(nil)
	case p.peek("R") && p.pos+1 < len(p.src) && p.src[p.pos+1] >= '1' && p.src[p.pos+1] <= '9':
		p.pos++
		c.kind = condRecursion
		c.n, _ = p.signed(')')
	default:
		if n, ok := p.signed(')'); ok {
			c.n = n
		} else {
			c.name = p.name(')')
		}
	}
	p.conds = append(p.conds, c)
	list := p.branches()
	p.close(nil)
	c.yes, c.no = list[0], empty{}
	switch {
	case len(list) > 2:
		p.fail("a conditional group has more than two branches")
	case len(list) == 2:
		c.no = list[1]
	}
	return c
}

// verbs are the backtracking verbs; those with a colon take a name.
var verbs = map[string]op{
	"FAIL": opFail, "F": opFail, "ACCEPT": opAccept, "COMMIT": opCommit, "PRUNE": opPrune, "SKIP": opSkip, "THEN": opThen,
	"MARK": opName, "": opName,
}

// spelled are the groups that have a name in letters, as in (*pla:...).
var spelled = map[string]func(node) node{
	"atomic": func(n node) node { return atomic{n} },
	"pla":    func(n node) node { return look{body: n} },
	"nla":    func(n node) node { return look{body: n, negative: true} },
	"plb":    func(n node) node { return look{body: n, behind: true} },
	"nlb":    func(n node) node { return look{body: n, behind: true, negative: true} },
}

func init() {
	for long, short := range map[string]string{
		"positive_lookahead": "pla", "negative_lookahead": "nla", "positive_lookbehind": "plb", "negative_lookbehind": "nlb",
	} {
		spelled[long] = spelled[short]
	}
}

// verb reads what follows (*.
func (p *parser) verb() node {
	end := strings.IndexAny(p.src[p.pos:], ":)")
	if end < 0 {
		p.fail("missing ')'")
	}
	word := p.src[p.pos : p.pos+end]
	named := p.src[p.pos+end] == ':'
	if make := spelled[word]; make != nil && named {
		p.pos += end + 1
		return make(p.close(p.alternation()))
	}
	v := verb{}
	var ok bool
	if v.kind, ok = verbs[word]; !ok {
		p.fail("unknown verb '(*%s)'", word)
	}
	p.pos += end + 1
	if named {
		i := strings.IndexByte(p.src[p.pos:], ')')
		if i < 0 {
			p.fail("missing ')'")
		}
		v.name = p.src[p.pos : p.pos+i]
		p.pos += i + 1
	}
	switch v.kind {
	case opName:
		if v.name == "" {
			p.fail("(*MARK) needs a name")
		}
	case opCommit, opPrune, opSkip, opThen:
		p.verbs, p.then = true, p.then || v.kind == opThen
		if v.name != "" && v.kind != opSkip {
			// They set a mark as well.
			return concat{[]node{verb{opName, v.name}, verb{kind: v.kind}}}
		}
	}
	return v
}

// setFlags reads (?i), (?i-s:...), (?^).
func (p *parser) setFlags() node {
	on := true
	f := p.f
	for p.more() {
		switch c := p.src[p.pos]; c {
		case 'i':
			f.i = on
		case 'm':
			f.m = on
		case 's':
			f.s = on
		case 'x':
			f.x = on
			f.xx = on && strings.HasPrefix(p.src[p.pos:], "xx")
			if f.xx {
				p.pos++
			}
		case 'U':
			f.ungreedy = on
		case 'J':
			f.dupnames = on
		case 'n':
			f.n = on
		case '^':
			f.i, f.m, f.s, f.x, f.xx, f.n = false, false, false, false, false, false
		case '-':
			on = false
		case ')':
			p.pos++
			p.f = f
			return nil
		case ':':
			p.pos++
			saved := p.f
			p.f = f
			n := p.alternation()
			p.f = saved
			return p.close(n)
		default:
			p.fail("unknown group '(?%c'", c)
		}
		p.pos++
	}
	p.fail("unfinished group")
	return nil
}
