package message

import (
	"strconv"
	"strings"
	"sync"
)

// Message is a parsed message. Its methods only read.
type Message struct {
	*Part
	src Source

	once   sync.Once // reads the tree below the header
	fields int       // of all parts read so far
	parts  int       // those read, without the message itself
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

	byName   map[string][]int // indexes of Fields, when they are many
	boundary string
	children []*Part
	// delimiters[i] is the delimiter line before children[i], with the line end
	// that belongs to it; the last one is the closing line.
	delimiters []span
	closed     bool
	index      int
}

type span struct{ from, to int64 }

// Limits of the tree; what lies deeper or comes later is text. They bound the
// memory that a hostile message takes.
const (
	maxParts  = 100_000
	maxLevel  = 100
	maxFields = 500_000 // of a message; what follows in a header is one nameless line
)

// fewFields is how many fields are searched one by one.
const fewFields = 32

// Parse reads the header of a message; the tree of parts is read when first
// asked for. Every input is a message.
func Parse(src Source) *Message {
	m := &Message{src: src}
	m.Part = &Part{End: src.Size()}
	s := newScanner(src, 0, src.Size())
	m.header(m.Part, s, nil)
	return m
}

// Memory returns about how many bytes the message takes in memory: the original
// unless it lies in a file, and what was read of its structure.
func (m *Message) Memory() int { return Memory(m.src) + m.fields*fieldSize + m.parts*partSize }

// fieldSize and partSize are about what they take in memory, in bytes.
const fieldSize, partSize = 64, 350

// Source returns the original.
func (m *Message) Source() Source { return m.src }

// header reads the fields of p. stop tells which lines end it early: boundaries
// of enclosing multiparts. The line that did is returned.
func (m *Message) header(p *Part, s *scanner, stop func(line) bool) (ended line, early bool) {
	for {
		l, ok := s.next()
		if !ok || len(l.head) == 0 || stop != nil && stop(l) {
			p.makeIndex()
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
		name := ""
		if m.fields++; m.fields <= maxFields {
			name = fieldName(l.head)
		} else if n := len(p.Fields); n > 0 && p.Fields[n-1].Name == "" {
			p.Fields[n-1].End = l.end
			continue
		}
		p.BadHeader = p.BadHeader || name == ""
		if p.Fields == nil && p.Parent == nil {
			p.Fields = make([]Field, 0, 8)
		}
		p.Fields = append(p.Fields, Field{Name: name, Start: l.start, End: l.end})
	}
}

// makeIndex makes looking up one of many fields cheap.
func (p *Part) makeIndex() {
	if len(p.Fields) <= fewFields {
		return
	}
	p.byName = map[string][]int{}
	for i, f := range p.Fields {
		p.byName[f.Name] = append(p.byName[f.Name], i)
	}
}

// Occurrences returns the indexes of the fields of a lower-case name from the
// top. The list must not be changed.
func (p *Part) Occurrences(name string) []int {
	if p.byName != nil {
		return p.byName[name]
	}
	var list []int
	for i, f := range p.Fields {
		if f.Name == name {
			list = append(list, i)
		}
	}
	return list
}

// Field returns occurrence i of a field by its lower-case name.
func (p *Part) Field(name string, i int) (Field, bool) {
	if list := p.Occurrences(name); i >= 0 && i < len(list) {
		return p.Fields[list[i]], true
	}
	return Field{}, false
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
	m.tree()
	rest, ok := strings.CutPrefix(id, "0")
	x := m.Part
	within := x == p
	for ok && rest != "" {
		var number string
		if rest, ok = strings.CutPrefix(rest, "."); !ok {
			break
		}
		if i := strings.IndexByte(rest, '.'); i >= 0 {
			number, rest = rest[:i], rest[i:]
		} else {
			number, rest = rest, ""
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(x.children) || strconv.Itoa(n) != number {
			return nil
		}
		x = x.children[n-1]
		within = within || x == p
	}
	if !ok || !within {
		return nil
	}
	return x
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
	return p.closingEnd(), p.End, true
}

// closingEnd is where the closing line of p ends. Its line end may belong to the
// boundary of an outer multipart.
func (p *Part) closingEnd() int64 { return min(p.delimiters[len(p.delimiters)-1].to, p.End) }
