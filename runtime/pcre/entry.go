package pcre

import (
	"strings"
	"unicode/utf8"
)

// entry says where in a subject a match can begin.
type entry struct {
	kind     entryKind
	text     string // entryText, entryFold, entryRun, entryOffset: what to look for; entryStart: what it begins with
	distance int    // entryOffset: how far behind the begin it stands
	min      int    // entryRun: least number of run characters before it
	lead     *one   // unlimited run that every match begins with, nil for none
	table    *[256]bool
	word     bool   // a match begins where a word begins or ends
	whole    bool   // text is the whole pattern
	must     string // text that every match contains, "" for none
	before   int    // how far behind the begin must can stand at most, -1: anywhere
	rare     int    // entryFold: byte of text to look for
}

type entryKind uint8

const (
	entryAny    entryKind = iota // anywhere
	entryStart                   // at the begin of the subject only
	entrySearch                  // where the search begins only
	entryLine                    // at the begin of a line
	entryText                    // where text stands
	entryFold                    // where text stands in any case
	entryRun                     // at the begin of a run of lead that ends in text
	entryOffset                  // a fixed distance before text
	entryByte                    // at a byte of the table
)

// enter finds the entry of a pattern.
func (p *program) enter(n node) {
	e := &p.entry
	list := flatten(n, nil)
	plain := !p.captures && !p.verbs // a match does not depend on where it began
	e.must, e.before = mustHave(list, p.utf)
	if r, ok := list[0].(repeat); ok && r.max < 0 && plain {
		if x, ok := oneOf(r.body, p.utf); ok {
			e.lead, e.min = &x, r.min
		}
	}
	if f := (firsts{p.utf}).of(n, next{any: true}); f.known() && !f.end {
		f.prepare()
		e.table = f.table
		if n := f.count(); n < 200 {
			e.kind = entryByte
		}
	}
	switch {
	case begins(n, opTextStart):
		e.kind = entryStart
		if a, ok := list[0].(assertion); ok && a.kind == opTextStart {
			e.text, _ = literalText(list[1:], p.utf, false)
		}
		return
	case begins(n, opSearchStart):
		e.kind = entrySearch
		return
	case begins(n, opLineStart):
		e.kind = entryLine
		return
	}
	for len(list) > 0 {
		a, ok := list[0].(assertion)
		if !ok {
			break
		}
		e.word = e.word || a.kind == opWordBoundary
		list = list[1:]
	}
	p.search(list, len(list) == len(flatten(n, nil)))
}

// search looks for text to search for; list is the pattern behind assertions.
func (p *program) search(list []node, all bool) {
	e := &p.entry
	if text, n := literalText(list, p.utf, false); n > 0 {
		e.kind, e.text = entryText, text
		e.whole = all && n == len(list) && p.groups == 0
		if strings.Contains(text, e.must) {
			e.must = ""
		}
		return
	}
	if text, n := literalText(list, p.utf, true); n > 0 && letters(text) {
		e.kind, e.text = entryFold, text
		for i := range text {
			if frequency(text[i]) < frequency(text[e.rare]) {
				e.rare = i
			}
		}
		return
	}
	if len(list) == 0 {
		return
	}
	if e.lead != nil && !e.lead.multi {
		if text, n := literalText(list[1:], p.utf, false); n > 0 && e.lead.match(text, 0) == 0 {
			e.kind, e.text = entryRun, text
			if strings.Contains(text, e.must) {
				e.must = ""
			}
		}
		return
	}
	p.offset(list)
}

// offset looks for text behind a part of fixed length.
func (p *program) offset(list []node) {
	e := &p.entry
	distance := 0
	for i, x := range list {
		if text, n := literalText(list[i:], p.utf, false); n > 0 {
			if frequency(text[0]) <= 20 || len(text) > 1 {
				e.kind, e.text, e.distance = entryOffset, text, distance
				if strings.Contains(text, e.must) {
					e.must = ""
				}
			}
			return
		}
		size := 1
		if r, ok := x.(repeat); ok {
			if r.min != r.max || r.min > 1000 {
				return
			}
			x, size = r.body, r.min
		}
		one, ok := oneOf(x, p.utf)
		if !ok || one.multi {
			return
		}
		distance += size
	}
}

// flatten lists the items of a pattern, those of groups that are matched exactly
// once among them.
func flatten(n node, list []node) []node {
	switch n := n.(type) {
	case concat:
		for _, x := range n.list {
			list = flatten(x, list)
		}
		return list
	case group:
		return flatten(n.body, list)
	}
	return append(list, n)
}

// begins reports whether every match of n starts with an assertion.
func begins(n node, kind op) bool {
	switch n := n.(type) {
	case assertion:
		return n.kind == kind
	case concat:
		return begins(n.list[0], kind)
	case group:
		return begins(n.body, kind)
	case atomic:
		return begins(n.body, kind)
	case alternate:
		for _, x := range n.list {
			if !begins(x, kind) {
				return false
			}
		}
		return true
	}
	return false
}

// mustHave returns the longest text that every match contains, "" when there is
// none that is worth a look, and how many bytes can stand before it, -1 when there is
// no bound.
func mustHave(list []node, utf bool) (best string, before int) {
	if hasAccept(list) {
		return "", 0
	}
	distance := 0 // from the begin, at most
	add := func(n int) {
		if n < 0 || distance < 0 {
			distance = -1
			return
		}
		if utf {
			n *= utf8.UTFMax
		}
		distance = bounded(distance + n)
	}
	for i := 0; i < len(list); {
		text, n := literalText(list[i:], utf, false)
		inside := 0
		if r, ok := list[i].(repeat); ok && n == 0 && r.min > 0 {
			text, inside = mustHave(flatten(r.body, nil), utf)
		}
		if better(text, best) {
			best, before = text, -1
			if distance >= 0 && inside >= 0 {
				before = distance + inside
			}
		}
		for _, x := range list[i : i+max(n, 1)] {
			_, hi := width(x, utf, 0)
			add(hi)
		}
		i += max(n, 1)
	}
	return best, before
}

// better prefers longer texts, then rarer bytes.
func better(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a != "" && frequency(a[0]) < frequency(b[0])
}

// hasAccept reports whether a match may end early.
func hasAccept(list []node) bool {
	for _, n := range list {
		found := false
		switch n := n.(type) {
		case verb:
			found = n.kind == opAccept
		case concat:
			found = hasAccept(n.list)
		case alternate:
			found = hasAccept(n.list)
		case group:
			found = hasAccept([]node{n.body})
		case atomic:
			found = hasAccept([]node{n.body})
		case repeat:
			found = hasAccept([]node{n.body})
		case *condition:
			found = hasAccept([]node{n.yes, n.no})
		case *call:
			found = true // it may call what has one
		}
		if found {
			return true
		}
	}
	return false
}

func letters(s string) bool {
	for i := range len(s) {
		if letter(rune(s[i])) {
			return true
		}
	}
	return false
}

// frequency is about how often a byte stands in a thousand of mail.
func frequency(c byte) int {
	const order = "zqjxkvbwpgfymucdlhrsinoate"
	switch c = lower[c]; {
	case c == ' ' || c == 'e':
		return 100
	case 'a' <= c && c <= 'z':
		return 2 + 3*strings.IndexByte(order, c)
	case '0' <= c && c <= '9', c == '.', c == '-', c == '=':
		return 20
	case c == '\n', c == '\r':
		return 15
	}
	return 5
}
