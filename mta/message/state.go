package message

import "time"

const transferEncoding = "content-transfer-encoding"

// state is what the changes amount to.
type state struct {
	parts map[*Part]*edit // those with a change in or below them
	mods  []Splice        // in the order of the calls
	later bool            // there is a Date field of SetDate
	fixed *time.Time      // its value, once FixDates was called
}

// edit collects the changes of one part.
type edit struct {
	fields   map[int]fieldEdit // by index of the original field
	top      []added           // new fields, the lowest first
	bottom   []added           // new fields below the original ones
	named    map[string][]int  // indexes in top by name; nil until onTop makes it
	setAt    map[string]int    // index in top of what set put there
	body     []byte            // encoded; nil: unchanged
	preamble []byte
	epilogue []byte
	removed  bool
	replaced []byte   // whole new part
	first    [][]byte // new children, each a whole part, the last one foremost
	last     [][]byte
	wraps    []*wrap // the outermost last
}

// content is a new field: its bytes, or a Date field of SetDate.
type content struct {
	raw      []byte
	now      func() time.Time
	implicit bool // made by SetBody
}

type fieldEdit struct {
	content
	name    string // new name
	deleted bool
}

func (f fieldEdit) replaced() bool { return f.raw != nil || f.now != nil }

type added struct {
	content
	name    string
	dropped bool
}

// wrap is a multipart around a part.
type wrap struct {
	typ      string
	value    string // of the Content-Type field
	boundary string
	before   [][]byte // the last one foremost
	after    [][]byte
}

// unchanged is of parts that only have changes below them; nobody writes it.
var unchanged = &edit{}

// at returns the changes of a part. Maps are made when something goes into them: most
// messages get a field or two.
func (s *state) at(p *Part) *edit {
	x := s.parts[p]
	if x != nil && x != unchanged {
		return x
	}
	if s.parts == nil {
		s.parts = map[*Part]*edit{}
	}
	x = &edit{}
	s.parts[p] = x
	for q := p.Parent; q != nil && s.parts[q] == nil; q = q.Parent {
		s.parts[q] = unchanged
	}
	return x
}

// onTop returns the indexes in top of a name.
func (x *edit) onTop(name string) []int {
	if x.named == nil && len(x.top) > 0 {
		x.named = map[string][]int{}
		for i := range x.top {
			x.named[x.top[i].name] = append(x.named[x.top[i].name], i)
		}
	}
	return x.named[name]
}

// add puts a field on top. A Content-Transfer-Encoding that SetBody made gives
// way to one that a script adds.
func (x *edit) add(p *Part, name string, raw []byte) {
	if name == transferEncoding {
		for i := range x.bottom {
			x.bottom[i].dropped = true
		}
		for _, i := range p.Occurrences(name) {
			if x.fields[i].implicit {
				x.change(i, fieldEdit{deleted: true})
			}
		}
		for _, i := range x.onTop(name) {
			x.top[i].dropped = x.top[i].dropped || x.top[i].implicit
		}
	}
	x.put(name, content{raw: raw})
}

// change changes an original field.
func (x *edit) change(i int, f fieldEdit) {
	if x.fields == nil {
		x.fields = map[int]fieldEdit{}
	}
	x.fields[i] = f
}

// putSet puts a field on top that later calls of set replace.
func (x *edit) putSet(name string, c content) {
	if x.setAt == nil {
		x.setAt = map[string]int{}
	}
	x.setAt[name] = len(x.top)
	x.put(name, c)
}

func (x *edit) put(name string, c content) {
	if x.named != nil {
		x.named[name] = append(x.named[name], len(x.top))
	}
	x.top = append(x.top, added{content: c, name: name})
}

// kept returns the original fields of a name that are not deleted.
func (x *edit) kept(p *Part, name string) []int {
	var out []int
	for _, i := range p.Occurrences(name) {
		if !x.fields[i].deleted {
			out = append(out, i)
		}
	}
	return out
}

// set replaces the original fields of a name, or one of them; without any it
// replaces what an earlier set put on top, or adds a field there.
func (x *edit) set(p *Part, name string, index int, c content) {
	own := p.Occurrences(name)
	switch {
	case len(own) == 0:
		x.setNew(name, c)
		return
	case index >= 0:
		own = own[index : index+1]
	default:
		if kept := x.kept(p, name); len(kept) > 0 {
			own = kept
		} else {
			own = own[:1] // all were deleted: one comes back
		}
	}
	for _, i := range own {
		x.change(i, fieldEdit{content: c})
	}
}

func (x *edit) setNew(name string, c content) {
	for i := range x.bottom {
		if b := &x.bottom[i]; b.name == name && !b.dropped {
			b.content = c
			return
		}
	}
	if i, ok := x.setAt[name]; ok && !x.top[i].dropped {
		x.top[i].content = c
		return
	}
	x.putSet(name, c)
}

// only makes c the only field of a name: in the place of the first original or
// added one, else on top, or below the original fields when it is implicit.
func (x *edit) only(p *Part, name string, c content) {
	place := func(list []added, i int) bool {
		if list[i].dropped {
			return false
		}
		list[i].content = c
		return true
	}
	done := false
	for n, i := range x.kept(p, name) {
		x.change(i, fieldEdit{content: c, deleted: n > 0})
		done = true
	}
	for _, i := range x.onTop(name) {
		if done {
			x.top[i].dropped = true
		} else {
			done = place(x.top, i)
		}
	}
	for i := range x.bottom {
		if x.bottom[i].name != name {
			continue
		}
		if done {
			x.bottom[i].dropped = true
		} else {
			done = place(x.bottom, i)
		}
	}
	if own := p.Occurrences(name); !done && len(own) > 0 {
		x.change(own[0], fieldEdit{content: c})
		done = true
	}
	switch {
	case done:
	case c.implicit:
		x.bottom = append(x.bottom, added{content: c, name: name})
	default:
		x.putSet(name, c)
	}
}

// wrapOf returns the outermost wrap when it has the type.
func (x *edit) wrapOf(typ string) *wrap {
	if len(x.wraps) == 0 || x.wraps[len(x.wraps)-1].typ != typ {
		return nil
	}
	return x.wraps[len(x.wraps)-1]
}
