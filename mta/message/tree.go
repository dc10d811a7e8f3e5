package message

import (
	"bytes"
	"strings"
)

// tree reads the parts once.
func (m *Message) tree() {
	m.once.Do(func() { (&treeReader{m: m, levels: map[string]int{}}).read() })
}

// treeReader finds parts in one pass over the lines. open are the multiparts
// around the current line, innermost last; part is the one being read.
type treeReader struct {
	m      *Message
	open   []opened
	levels map[string]int // by boundary: the innermost open multipart that has it
	part   *Part
	s      *scanner
}

// opened is an open multipart; outer is the level that has the same boundary
// further out, -1 for none.
type opened struct {
	part  *Part
	outer int
}

func (r *treeReader) read() {
	m := r.m
	if !r.enter(m.Part) {
		return
	}
	r.s = newScanner(m.src, m.BodyStart, m.src.Size())
	prev := m.BodyStart // end of the text of the line before, without its line end
	for {
		l, ok := r.s.next()
		if !ok {
			break
		}
		prev = r.line(l, prev)
	}
	for _, o := range r.open {
		o.part.Unclosed = true
	}
}

// line takes one line of a body; a header that a boundary ends early leads to
// the next part at once.
func (r *treeReader) line(l line, prev int64) int64 {
	for {
		level, closing := r.match(l)
		if level < 0 || !closing && r.m.parts >= maxParts {
			return l.text
		}
		next, early := line{}, false
		if prev, next, early = r.delimiter(l, level, closing, prev); !early {
			return prev
		}
		l = next
	}
}

// match returns the level of the multipart whose boundary the line is, -1 for
// none. Outer boundaries end inner multiparts that were not closed.
func (r *treeReader) match(l line) (level int, closing bool) {
	rest, ok := bytes.CutPrefix(l.head, []byte("--"))
	if !ok {
		return -1, false
	}
	rest = bytes.TrimRight(rest, " \t")
	level = -1
	if i, ok := r.levels[string(rest)]; ok {
		level = i
	}
	if base, ok := bytes.CutSuffix(rest, []byte("--")); ok {
		if i, ok := r.levels[string(base)]; ok && i > level {
			return i, true
		}
	}
	return level, false
}

// leave closes the multiparts from a level on.
func (r *treeReader) leave(level int) {
	for i := len(r.open) - 1; i >= level; i-- {
		o := r.open[i]
		if o.outer >= 0 {
			r.levels[o.part.boundary] = o.outer
		} else {
			delete(r.levels, o.part.boundary)
		}
	}
	r.open = r.open[:level]
}

// delimiter ends the current part and begins the next. It returns where the
// text of the line before the next one ends, and the boundary line that ended
// the header of the new part early.
func (r *treeReader) delimiter(l line, level int, closing bool, prev int64) (end int64, next line, early bool) {
	end = min(prev, l.start)
	for _, o := range r.open[level+1:] {
		o.part.Unclosed, o.part.End = true, end
	}
	if r.part != nil {
		r.part.End = max(end, r.part.BodyStart)
	}
	r.leave(level + 1)
	parent := r.open[level].part
	parent.delimiters = append(parent.delimiters, span{end, l.end})
	r.part = nil
	if closing {
		parent.closed = true
		r.leave(level)
		if level > 0 {
			// What follows up to the next boundary is the epilogue.
			r.part = parent
		}
		return l.text, line{}, false
	}
	r.m.parts++
	p := &Part{Parent: parent, Start: l.end, End: r.m.src.Size(), index: len(parent.children)}
	parent.children = append(parent.children, p)
	r.part = p
	next, early = r.m.header(p, r.s, func(l line) bool { at, _ := r.match(l); return at >= 0 })
	if early {
		return p.HeaderEnd, next, true
	}
	r.enter(p)
	return p.BodyStart, line{}, false
}

// enter opens p when it is a multipart with a boundary.
func (r *treeReader) enter(p *Part) bool {
	ct, ok := r.m.ContentType(p)
	b := ct.Params["boundary"]
	b = strings.TrimRight(b, " \t")
	if !ok || !strings.HasPrefix(ct.Type, "multipart/") || b == "" || len(b) > lineHead-4 || len(r.open) >= maxLevel {
		return false
	}
	p.boundary = b
	outer, shadows := r.levels[b]
	if !shadows {
		outer = -1
	}
	r.levels[b] = len(r.open)
	r.open = append(r.open, opened{p, outer})
	r.part = nil // what comes first is its preamble
	return true
}
