package pcre

import (
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
		if p.names[name] != nil && !p.f.dupnames {
			p.fail("two groups are named '%s'", name)
		}
		if p.names[name] == nil {
			p.order = append(p.order, name)
		}
		p.names[name] = append(p.names[name], n)
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
	body := p.alternation()
	p.close(nil)
	c.yes, c.no = body, empty{}
	if alt, ok := body.(alternate); ok {
		if len(alt.list) > 2 {
			p.fail("a conditional group has more than two branches")
		}
		c.yes, c.no = alt.list[0], alt.list[1]
	}
	return c
}

func (p *parser) verb() node {
	for name, kind := range map[string]op{"FAIL)": opFail, "F)": opFail, "ACCEPT)": opAccept, "COMMIT)": opCommit, "PRUNE)": opPrune} {
		if p.take(name) {
			return verb{kind}
		}
	}
	end := strings.IndexByte(p.src[p.pos:], ')')
	if end < 0 {
		end = len(p.src) - p.pos
	}
	p.fail("unknown verb '(*%s)'", p.src[p.pos:p.pos+end])
	return nil
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
		case 'U':
			f.ungreedy = on
		case 'J':
			f.dupnames = on
		case '^':
			f.i, f.m, f.s, f.x = false, false, false, false
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
