package message

import (
	"errors"
	"strings"
	"time"
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
	saved []snapshot
	st    state
	held  int // bytes of changes that only snapshots may still hold
	base  int // of those in log, how many held counts already
}

// change is one entry of the list; applying it again gives the same result. total
// is the bytes that it and those before it hold.
type change struct {
	do    func(*state)
	total int
}

type snapshot []change

// changeSize is about what an entry takes besides its data, in bytes.
const changeSize = 200

// Edit returns an editor without changes.
func (m *Message) Edit() *Editor { return &Editor{m: m} }

// Message returns the original.
func (e *Editor) Message() *Message { return e.m }

// Size returns about how many bytes the changes take in memory.
func (e *Editor) Size() int { return e.held + e.total() - e.base + 24*len(e.saved) }

func (e *Editor) total() int {
	if len(e.log) == 0 {
		return 0
	}
	return e.log[len(e.log)-1].total
}

func (e *Editor) do(size int, c func(*state)) {
	e.log = append(e.log, change{c, e.total() + size + changeSize})
	c(&e.st)
}

// Reset drops all changes and returns how many there were.
func (e *Editor) Reset() int {
	n := len(e.log)
	e.rebuild(nil)
	return n
}

// Snapshot returns an id of the current list of changes.
func (e *Editor) Snapshot() int {
	// The list only grows or is replaced, so that a snapshot shares it.
	e.saved = append(e.saved, e.log[:len(e.log):len(e.log)])
	e.held += e.total() - e.base
	e.base = e.total()
	return len(e.saved)
}

// Restore goes back to a snapshot; it reports whether the id is known.
func (e *Editor) Restore(id int) bool {
	if id < 1 || id > len(e.saved) {
		return false
	}
	e.rebuild(e.saved[id-1])
	return true
}

func (e *Editor) rebuild(log []change) {
	e.log, e.st = log, state{}
	e.base = e.total()
	for _, c := range log {
		c.do(&e.st)
	}
}

// AddField puts a formatted field above everything.
func (e *Editor) AddField(p *Part, name string, raw []byte) {
	name = strings.ToLower(name)
	e.do(len(raw), func(s *state) { s.at(p).add(p, name, raw) })
}

// SetField replaces all fields of a name, or occurrence index when it is not
// negative, or adds one when there is none. It returns how many it changed.
func (e *Editor) SetField(p *Part, name string, index int, raw []byte) int {
	name = strings.ToLower(name)
	n := len(p.Occurrences(name))
	switch {
	case index >= n && index > 0:
		return 0
	case index >= 0 || n == 0:
		n = 1
	default:
		if x := e.st.parts[p]; x != nil {
			n = len(x.kept(p, name))
		}
		n = max(n, 1)
	}
	e.do(len(raw), func(s *state) { s.at(p).set(p, name, index, content{raw: raw}) })
	return n
}

// DeleteField drops all original fields of a name, or occurrence index; values
// that changes put there stay. It returns how many it dropped.
func (e *Editor) DeleteField(p *Part, name string, index int) int {
	list := e.untouched(p, name, index)
	if len(list) > 0 {
		e.do(8*len(list), func(s *state) {
			for _, i := range list {
				s.at(p).change(i, fieldEdit{deleted: true})
			}
		})
	}
	return len(list)
}

// RenameField renames all original fields of a name; their values stay byte for
// byte. It returns how many it renamed.
func (e *Editor) RenameField(p *Part, name, newName string) (int, error) {
	if !validName(newName) {
		return 0, ErrFieldName
	}
	list := e.untouched(p, name, -1)
	if len(list) > 0 {
		e.do(8*len(list), func(s *state) {
			for _, i := range list {
				s.at(p).change(i, fieldEdit{name: newName})
			}
		})
	}
	return len(list), nil
}

// untouched returns the original fields of a name that no change replaced.
func (e *Editor) untouched(p *Part, name string, index int) []int {
	if name == "" {
		return nil
	}
	list := p.Occurrences(strings.ToLower(name))
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
	var out []int
	for _, i := range list {
		if f := x.fields[i]; !f.replaced() && !f.deleted {
			out = append(out, i)
		}
	}
	return out
}

// SetDate sets the Date field, and drops further ones, to the moment when the
// message is written or delivered: Patch.At writes it anew. now tells the time.
func (e *Editor) SetDate(p *Part, now func() time.Time) {
	e.do(0, func(s *state) {
		s.fixed = nil
		s.at(p).only(p, "date", content{now: now})
		s.later = true
	})
}

// SetOnly makes raw the only field of a name, in the place of the first one.
func (e *Editor) SetOnly(p *Part, name string, raw []byte) {
	name = strings.ToLower(name)
	e.do(len(raw), func(s *state) { s.at(p).only(p, name, content{raw: raw}) })
}

// FixDates gives the fields of SetDate their final value, as a signature over
// them needs.
func (e *Editor) FixDates(now time.Time) {
	if e.st.later && e.st.fixed == nil {
		e.do(0, func(s *state) { s.fixed = &now })
	}
}

// SetBody replaces the content of a part. An encoding of "" lets the editor
// choose, keeping quoted-printable or base64 where the part has it.
func (e *Editor) SetBody(p *Part, data []byte, enc Encoding) {
	ct, _ := e.m.ContentType(p)
	if enc == "" {
		if enc = ChooseFor(data, ct.Type); e.m.Encoding(p) == QuotedPrintable || e.m.Encoding(p) == Base64 {
			enc = e.m.Encoding(p)
		}
	}
	// Internationalised messages are lines that may be encoded (RFC 6532 section 3.7).
	body := Encode(data, enc, isText(ct.Type) || strings.HasPrefix(ct.Type, "message/global"))
	if body == nil {
		body = []byte{}
	}
	raw := []byte("Content-Transfer-Encoding: " + string(enc) + "\r\n")
	e.m.tree()
	e.do(len(body)+len(raw), func(s *state) {
		x := s.at(p)
		x.body = body
		x.only(p, transferEncoding, content{raw: raw, implicit: true})
	})
}

// SetPreamble replaces the text before the first boundary.
func (e *Editor) SetPreamble(p *Part, data []byte) error {
	if !e.m.Multipart(p) {
		return ErrMultipart
	}
	e.do(len(data), func(s *state) { s.at(p).preamble = append([]byte{}, data...) })
	return nil
}

// SetEpilogue replaces the text behind the last boundary.
func (e *Editor) SetEpilogue(p *Part, data []byte) error {
	if !e.m.Multipart(p) {
		return ErrMultipart
	}
	e.do(len(data), func(s *state) { s.at(p).epilogue = append([]byte{}, data...) })
	return nil
}

// Remove drops a part.
func (e *Editor) Remove(p *Part) error {
	if p.Parent == nil {
		return ErrTopLevel
	}
	e.do(0, func(s *state) { s.at(p).removed = true })
	return nil
}

// Replace puts a whole new part (header and body) in the place of p.
func (e *Editor) Replace(p *Part, part []byte) {
	e.m.tree()
	e.do(len(part), func(s *state) { s.at(p).replaced = part })
}

// Insert puts a new part (header and body) before or behind p: as its first or
// last child when p is a multipart of the same type and the type has no
// parameters, else in a new multipart around both. boundary is for the latter.
func (e *Editor) Insert(p *Part, part []byte, before bool, typ, boundary string) {
	ct, _ := e.m.ContentType(p)
	base := ParseContentType(typ)
	inside := e.m.Multipart(p) && ct.Type == base.Type && len(base.Params) == 0
	value := typ
	if base.Params["boundary"] == "" {
		value += `; boundary="` + boundary + `"`
	} else {
		boundary = base.Params["boundary"]
	}
	e.do(len(part), func(s *state) {
		x := s.at(p)
		switch {
		case inside && before:
			x.first = append(x.first, part)
			return
		case inside:
			x.last = append(x.last, part)
			return
		}
		w := x.wrapOf(base.Type)
		if w == nil || len(base.Params) > 0 {
			w = &wrap{typ: base.Type, value: value, boundary: boundary}
			x.wraps = append(x.wraps, w)
		}
		if before {
			w.before = append(w.before, part)
		} else {
			w.after = append(w.after, part)
		}
	})
}

// Modify replaces count bytes of the original at start. A later change wins over
// an earlier one that it overlaps.
func (e *Editor) Modify(start, count int64, data []byte) error {
	if start < 0 || count < 0 || start+count > e.m.src.Size() || start+count < start {
		return ErrRange
	}
	e.do(len(data), func(s *state) { s.mods = append(s.mods, Splice{Start: start, Count: count, Data: data}) })
	return nil
}
