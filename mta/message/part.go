package message

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
)

// Message is a parsed message. Its methods only read.
type Message struct {
	*Part
	src Source

	once sync.Once // reads the tree below the header
}

// Part is the message or a part of it: header fields [Start, HeaderEnd), an
// empty line, and a body [BodyStart, End).
type Part struct {
	Parent    *Part
	Start     int64
	HeaderEnd int64 // end of the last field
	BodyStart int64
	End       int64
	Fields    []Field
	BadHeader bool // a header line has no name
	Unclosed  bool // the closing boundary is missing

	boundary string
	children []*Part
	// delimiters[i] is the delimiter line before children[i], with the line end
	// that belongs to it; the last one is the closing line.
	delimiters []span
	closed     bool
	index      int
}

type span struct{ from, to int64 }

// Limits of the tree; what lies deeper or comes later is text.
const (
	maxParts = 100_000
	maxLevel = 100
)

// Parse reads the header of a message; the tree of parts is read when first
// asked for. Every input is a message.
func Parse(src Source) *Message {
	m := &Message{src: src}
	m.Part = &Part{End: src.Size()}
	s := newScanner(src, 0, src.Size())
	m.header(m.Part, s, nil)
	return m
}

// Source returns the original.
func (m *Message) Source() Source { return m.src }

// header reads the fields of p. stop tells which lines end it early: boundaries
// of enclosing multiparts. The line that did is returned.
func (m *Message) header(p *Part, s *scanner, stop func(line) bool) (ended line, early bool) {
	for {
		l, ok := s.next()
		if !ok || len(l.head) == 0 || stop != nil && stop(l) {
			if p.HeaderEnd = l.start; !ok {
				p.HeaderEnd = s.at
			}
			p.BodyStart = p.HeaderEnd
			if ok && len(l.head) == 0 {
				p.BodyStart = l.end
				return l, false
			}
			return l, ok
		}
		if c := l.head[0]; (c == ' ' || c == '\t') && len(p.Fields) > 0 {
			p.Fields[len(p.Fields)-1].End = l.end
			continue
		}
		name := fieldName(l.head)
		p.BadHeader = p.BadHeader || name == ""
		p.Fields = append(p.Fields, Field{Name: name, Start: l.start, End: l.end})
	}
}

// Field returns occurrence i of a field by its lower-case name.
func (p *Part) Field(name string, i int) (Field, bool) {
	for _, f := range p.Fields {
		if f.Name == name {
			if i--; i < 0 {
				return f, true
			}
		}
	}
	return Field{}, false
}

// tree reads the parts once.
func (m *Message) tree() {
	m.once.Do(func() { (&treeReader{m: m}).read() })
}

// treeReader finds parts in one pass over the lines. open are the multiparts
// around the current line, innermost last; part is the one being read.
type treeReader struct {
	m     *Message
	open  []*Part
	part  *Part
	count int
	s     *scanner
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
	for _, p := range r.open {
		p.Unclosed = true
	}
}

// line takes one line of a body; a header that a boundary ends early leads to
// the next part at once.
func (r *treeReader) line(l line, prev int64) int64 {
	for {
		level, closing := r.match(l)
		if level < 0 {
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
	for i := len(r.open) - 1; i >= 0; i-- {
		b := r.open[i].boundary
		if tail, ok := bytes.CutPrefix(rest, []byte(b)); ok {
			switch string(tail) {
			case "":
				return i, false
			case "--":
				return i, true
			}
		}
	}
	return -1, false
}

// delimiter ends the current part and begins the next. It returns where the
// text of the line before the next one ends, and the boundary line that ended
// the header of the new part early.
func (r *treeReader) delimiter(l line, level int, closing bool, prev int64) (end int64, next line, early bool) {
	end = min(prev, l.start)
	for _, p := range r.open[level+1:] {
		p.Unclosed, p.End = true, end
	}
	if r.part != nil {
		r.part.End = max(end, r.part.BodyStart)
	}
	r.open = r.open[:level+1]
	parent := r.open[level]
	parent.delimiters = append(parent.delimiters, span{end, l.end})
	r.part = nil
	if closing {
		parent.closed = true
		r.open = r.open[:level]
		if level > 0 {
			// What follows up to the next boundary is the epilogue.
			r.part = parent
		}
		return l.text, line{}, false
	}
	if r.count++; r.count > maxParts {
		parent.delimiters = parent.delimiters[:len(parent.delimiters)-1]
		return l.text, line{}, false
	}
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
	if !ok || !strings.HasPrefix(ct.Type, "multipart/") || b == "" || len(b) > lineHead-4 || len(r.open) >= maxLevel {
		return false
	}
	p.boundary = strings.TrimRight(b, " \t")
	r.open = append(r.open, p)
	r.part = nil // what comes first is its preamble
	return true
}

// Parts returns the direct children of p in order.
func (m *Message) Parts(p *Part) []*Part {
	m.tree()
	return p.children
}

// Multipart reports whether p has parts.
func (m *Message) Multipart(p *Part) bool {
	m.tree()
	return len(p.delimiters) > 0
}

// ID returns "0" for the message, "0.1", "0.2.1" for parts.
func (p *Part) ID() string {
	if p.Parent == nil {
		return "0"
	}
	return p.Parent.ID() + "." + strconv.Itoa(p.index+1)
}

// ByID returns the part of an id below p, p included; nil when there is none.
func (m *Message) ByID(p *Part, id string) *Part {
	var found *Part
	m.Walk(p, func(x *Part) bool {
		if x.ID() == id {
			found = x
		}
		return found == nil
	})
	return found
}

// Walk calls f for p and every part below it in document order until it says
// stop.
func (m *Message) Walk(p *Part, f func(*Part) bool) bool {
	if !f(p) {
		return false
	}
	for _, c := range m.Parts(p) {
		if !m.Walk(c, f) {
			return false
		}
	}
	return true
}

// Preamble returns the text before the first boundary of a multipart, Epilogue
// that behind the last one, both as ranges; ok is false when p is not multipart.
func (m *Message) Preamble(p *Part) (from, to int64, ok bool) {
	if !m.Multipart(p) {
		return 0, 0, false
	}
	return p.BodyStart, max(p.BodyStart, p.delimiters[0].from), true
}

// Epilogue: see Preamble.
func (m *Message) Epilogue(p *Part) (from, to int64, ok bool) {
	if !m.Multipart(p) {
		return 0, 0, false
	}
	if !p.closed {
		return p.End, p.End, true
	}
	return min(p.delimiters[len(p.delimiters)-1].to, p.End), p.End, true
}
