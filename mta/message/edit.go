package message

import (
	"errors"
	"slices"
	"strings"
)

// Errors of the editor.
var (
	ErrTopLevel  = errors.New("the message itself cannot be removed")
	ErrRange     = errors.New("the range lies outside the message")
	ErrMultipart = errors.New("not a multipart")
)

// Editor is an ordered list of changes to a message (spec stdlib 13.1). Reads of
// the message never see them. It is used by one goroutine at a time.
type Editor struct {
	m     *Message
	log   []change
	saved [][]change
	st    state
}

// change is one entry of the list; applying it again gives the same result.
type change func(*state)

// state is what the changes amount to.
type state struct {
	parts map[*Part]*edit
	dirty map[*Part]bool // parts with a change in or below them
	mods  []Splice
}

// edit collects the changes of one part.
type edit struct {
	fields   map[int]fieldEdit // by index of the original field
	top      []added           // new fields, the lowest first
	bottom   []added           // new fields below the original ones
	body     []byte            // encoded; nil: unchanged
	preamble []byte
	epilogue []byte
	removed  bool
	replaced []byte // whole new part
	first    [][]byte
	last     [][]byte // new children, each a whole part
	wraps    []*wrap
}

type fieldEdit struct {
	raw     []byte
	name    string // new name
	deleted bool
}

type added struct {
	name string
	raw  []byte
	set  bool // by SetField or implicitly, so that a later one replaces it
}

// wrap is a multipart around a part.
type wrap struct {
	value    string // of the Content-Type field
	boundary string
	before   [][]byte
	after    [][]byte
}

// Edit returns an editor without changes.
func (m *Message) Edit() *Editor { return &Editor{m: m, st: newState()} }

func newState() state { return state{parts: map[*Part]*edit{}, dirty: map[*Part]bool{}} }

// Message returns the original.
func (e *Editor) Message() *Message { return e.m }

func (e *Editor) do(c change) {
	e.log = append(e.log, c)
	c(&e.st)
}

func (s *state) at(p *Part) *edit {
	if s.parts[p] == nil {
		s.parts[p] = &edit{fields: map[int]fieldEdit{}}
	}
	for q := p; q != nil && !s.dirty[q]; q = q.Parent {
		s.dirty[q] = true
	}
	return s.parts[p]
}

// Reset drops all changes and returns how many there were.
func (e *Editor) Reset() int {
	n := len(e.log)
	e.rebuild(nil)
	return n
}

// Snapshot returns an id of the current list of changes.
func (e *Editor) Snapshot() int {
	e.saved = append(e.saved, slices.Clone(e.log))
	return len(e.saved)
}

// Restore goes back to a snapshot; it reports whether the id is known.
func (e *Editor) Restore(id int) bool {
	if id < 1 || id > len(e.saved) {
		return false
	}
	e.rebuild(slices.Clone(e.saved[id-1]))
	return true
}

func (e *Editor) rebuild(log []change) {
	e.log, e.st = log, newState()
	for _, c := range log {
		c(&e.st)
	}
}

// AddField puts a formatted field above everything.
func (e *Editor) AddField(p *Part, name string, raw []byte) {
	name = strings.ToLower(name)
	e.do(func(s *state) {
		x := s.at(p)
		x.top = append(x.top, added{name: name, raw: raw})
	})
}

// SetField replaces all fields of a name, or occurrence index when it is not
// negative, or adds one when there is none. It returns how many it changed.
func (e *Editor) SetField(p *Part, name string, index int, raw []byte) int {
	name = strings.ToLower(name)
	n := len(matching(p, name))
	switch {
	case index >= n && index > 0:
		return 0
	case index >= 0 && n > 0:
		n = 1
	case n == 0:
		n = 1
	}
	e.do(func(s *state) { s.at(p).set(p, name, index, raw, false) })
	return n
}

func matching(p *Part, name string) []int {
	var out []int
	for i, f := range p.Fields {
		if f.Name == name {
			out = append(out, i)
		}
	}
	return out
}

func (x *edit) set(p *Part, name string, index int, raw []byte, low bool) {
	own := matching(p, name)
	if len(own) == 0 {
		for _, list := range []*[]added{&x.top, &x.bottom} {
			for i := range *list {
				if a := &(*list)[i]; a.name == name && (a.set || low) {
					a.raw = raw
					return
				}
			}
		}
		a := added{name: name, raw: raw, set: true}
		if low {
			x.bottom = append(x.bottom, a)
		} else {
			x.top = append(x.top, a)
		}
		return
	}
	if index >= 0 {
		own = own[index : index+1]
	} else if !slices.ContainsFunc(own, func(i int) bool { return !x.fields[i].deleted }) {
		own = own[:1] // all were deleted: one comes back
	}
	for _, i := range own {
		x.fields[i] = fieldEdit{raw: raw}
	}
}

// DeleteField drops all original fields of a name, or occurrence index; values
// that changes put there stay. It returns how many it dropped.
func (e *Editor) DeleteField(p *Part, name string, index int) int {
	list := e.untouched(p, name, index)
	if len(list) > 0 {
		e.do(func(s *state) {
			for _, i := range list {
				s.at(p).fields[i] = fieldEdit{deleted: true}
			}
		})
	}
	return len(list)
}

// RenameField renames all original fields of a name; their values stay byte for
// byte. It returns how many it renamed.
func (e *Editor) RenameField(p *Part, name, newName string) (int, error) {
	if fieldName([]byte(newName+":")) != strings.ToLower(newName) || newName == "" {
		return 0, ErrFieldName
	}
	list := e.untouched(p, name, -1)
	if len(list) > 0 {
		e.do(func(s *state) {
			for _, i := range list {
				s.at(p).fields[i] = fieldEdit{name: newName}
			}
		})
	}
	return len(list), nil
}

// untouched returns the original fields of a name that no change replaced.
func (e *Editor) untouched(p *Part, name string, index int) []int {
	list := matching(p, strings.ToLower(name))
	if index >= 0 {
		if index >= len(list) {
			return nil
		}
		list = list[index : index+1]
	}
	x := e.st.parts[p]
	if x == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(i int) bool {
		f, ok := x.fields[i]
		return ok && (f.raw != nil || f.deleted)
	})
}

// SetBody replaces the content of a part. An encoding of "" lets the editor
// choose, keeping quoted-printable or base64 where the part has it.
func (e *Editor) SetBody(p *Part, data []byte, enc Encoding) {
	ct, _ := e.m.ContentType(p)
	text := ct.Type == "" || strings.HasPrefix(ct.Type, "text/")
	if enc == "" {
		if enc = Choose(data); e.m.Encoding(p) == QuotedPrintable || e.m.Encoding(p) == Base64 {
			enc = e.m.Encoding(p)
		}
	}
	body := Encode(data, enc, text)
	if body == nil {
		body = []byte{}
	}
	raw := []byte("Content-Transfer-Encoding: " + string(enc) + "\r\n")
	e.do(func(s *state) {
		x := s.at(p)
		x.body = body
		x.set(p, "content-transfer-encoding", -1, raw, true)
	})
}

// SetPreamble replaces the text before the first boundary.
func (e *Editor) SetPreamble(p *Part, data []byte) error {
	if !e.m.Multipart(p) {
		return ErrMultipart
	}
	e.do(func(s *state) { s.at(p).preamble = append([]byte{}, data...) })
	return nil
}

// SetEpilogue replaces the text behind the last boundary.
func (e *Editor) SetEpilogue(p *Part, data []byte) error {
	if !e.m.Multipart(p) {
		return ErrMultipart
	}
	e.do(func(s *state) { s.at(p).epilogue = append([]byte{}, data...) })
	return nil
}

// Remove drops a part.
func (e *Editor) Remove(p *Part) error {
	if p.Parent == nil {
		return ErrTopLevel
	}
	e.m.tree()
	e.do(func(s *state) { s.at(p).removed = true })
	return nil
}

// Replace puts a whole new part (header and body) in the place of p.
func (e *Editor) Replace(p *Part, part []byte) {
	e.m.tree()
	e.do(func(s *state) { s.at(p).replaced = part })
}

// Insert puts a new part (header and body) before or behind p: as its first or
// last child when p is a multipart of the same type and the type has no
// parameters, else in a new multipart around both. boundary is for the latter.
func (e *Editor) Insert(p *Part, part []byte, before bool, typ, boundary string) {
	e.m.tree()
	ct, _ := e.m.ContentType(p)
	base := ParseContentType(typ)
	inside := e.m.Multipart(p) && ct.Type == base.Type && len(base.Params) == 0
	value := typ
	if base.Params["boundary"] == "" {
		value += `; boundary="` + boundary + `"`
	} else {
		boundary = base.Params["boundary"]
	}
	e.do(func(s *state) {
		x := s.at(p)
		switch {
		case inside && before:
			x.first = append([][]byte{part}, x.first...)
			return
		case inside:
			x.last = append(x.last, part)
			return
		}
		w := x.wrapOf(base.Type)
		if w == nil || len(base.Params) > 0 {
			w = &wrap{value: value, boundary: boundary}
			x.wraps = append(x.wraps, w)
		}
		if before {
			w.before = append([][]byte{part}, w.before...)
		} else {
			w.after = append(w.after, part)
		}
	})
}

// wrapOf returns the outermost wrap when it has the type.
func (x *edit) wrapOf(typ string) *wrap {
	if len(x.wraps) == 0 {
		return nil
	}
	w := x.wraps[len(x.wraps)-1]
	if ParseContentType(w.value).Type != typ {
		return nil
	}
	return w
}

// Modify replaces count bytes of the original at start. A later change wins over
// an earlier one that it overlaps.
func (e *Editor) Modify(start, count int64, data []byte) error {
	if start < 0 || count < 0 || start+count > e.m.src.Size() || start+count < start {
		return ErrRange
	}
	e.do(func(s *state) {
		s.mods = slices.DeleteFunc(s.mods, func(m Splice) bool {
			return m.Start < start+count && start < m.Start+m.Count || m.Start == start
		})
		s.mods = append(s.mods, Splice{start, count, data})
	})
	return nil
}
