package message

import (
	"bytes"
	"slices"
	"strings"
)

// Patch returns all changes as one patch of the original.
func (e *Editor) Patch() (Patch, error) {
	if len(e.log) == 0 {
		return nil, nil
	}
	r := &renderer{m: e.m, st: &e.st, mods: slices.Clone(e.st.mods)}
	slices.SortFunc(r.mods, func(a, b Splice) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	r.part(e.m.Part)
	if r.err != nil {
		return nil, r.err
	}
	return r.patch(), nil
}

// Result returns the changed message.
func (e *Editor) Result() (Source, error) {
	p, err := e.Patch()
	if err != nil {
		return nil, err
	}
	return p.Apply(e.m.src), nil
}

// renderer writes the changed message as runs of the original, in ascending
// order, and new bytes between them.
type renderer struct {
	m    *Message
	st   *state
	mods []Splice
	out  []run
	err  error
}

type run struct {
	from, to int64  // of the original, when data is nil
	data     []byte // new bytes
}

func (r *renderer) copy(from, to int64) {
	for len(r.mods) > 0 && r.mods[0].Start < from {
		r.mods = r.mods[1:] // lies in what another change dropped
	}
	for len(r.mods) > 0 && r.mods[0].Start+r.mods[0].Count <= to {
		x := r.mods[0]
		r.mods = r.mods[1:]
		r.run(from, x.Start)
		r.data(x.Data)
		from = x.Start + x.Count
	}
	r.run(from, to)
}

func (r *renderer) run(from, to int64) {
	if to <= from {
		return
	}
	if n := len(r.out); n > 0 && r.out[n-1].data == nil && r.out[n-1].to == from {
		r.out[n-1].to = to
		return
	}
	r.out = append(r.out, run{from: from, to: to})
}

func (r *renderer) data(b []byte) {
	if len(b) > 0 {
		r.out = append(r.out, run{data: b})
	}
}

func (r *renderer) text(s string) { r.data([]byte(s)) }

// patch turns the runs into splices.
func (r *renderer) patch() Patch {
	var p Patch
	at := int64(0)
	var fresh []byte
	flush := func(to int64) {
		if len(fresh) > 0 || to > at {
			p = append(p, Splice{at, to - at, fresh})
		}
		fresh = nil
	}
	for _, x := range r.out {
		if x.data != nil {
			fresh = append(fresh, x.data...)
			continue
		}
		flush(x.from)
		at = x.to
	}
	flush(r.m.src.Size())
	return p
}

// part writes one part with its changes.
func (r *renderer) part(p *Part) {
	x := r.st.parts[p]
	switch {
	case !r.st.dirty[p]:
		r.copy(p.Start, p.End)
		return
	case x == nil:
		x = &edit{}
	case x.replaced != nil:
		r.replaced(p, x)
		return
	}
	if len(x.wraps) == 0 {
		r.header(p, x, nil)
		r.separator(p, x)
		r.body(p, x)
		return
	}
	r.wrapped(p, x)
}

// replaced writes a new part; the message itself keeps its other fields.
func (r *renderer) replaced(p *Part, x *edit) {
	if p.Parent != nil {
		r.data(x.replaced)
		return
	}
	r.header(p, x, func(name string) bool { return !strings.HasPrefix(name, "content-") })
	fresh := Parse(Bytes(x.replaced))
	for _, f := range fresh.Fields {
		if strings.HasPrefix(f.Name, "content-") || f.Name == "mime-version" && !hasField(p, "mime-version") {
			r.data(fresh.Raw(f))
		}
	}
	r.text("\r\n")
	r.data(x.replaced[fresh.BodyStart:])
}

func hasField(p *Part, name string) bool {
	_, ok := p.Field(name, 0)
	return ok
}

// header writes new and original fields whose names keep accepts; nil accepts
// all.
func (r *renderer) header(p *Part, x *edit, keep func(name string) bool) {
	for i := len(x.top) - 1; i >= 0; i-- {
		if keep == nil || keep(x.top[i].name) {
			r.data(x.top[i].raw)
		}
	}
	for i, f := range p.Fields {
		if keep != nil && !keep(f.Name) {
			continue
		}
		r.field(f, x.fields[i])
	}
	if n := len(p.Fields); n > 0 && p.HeaderEnd > p.Fields[n-1].End {
		r.copy(p.Fields[n-1].End, p.HeaderEnd)
	}
	if n := len(p.Fields); n > 0 && len(x.bottom) > 0 {
		r.lineEnd(p.Fields[n-1].End)
	}
	for _, a := range x.bottom {
		if keep == nil || keep(a.name) {
			r.data(a.raw)
		}
	}
}

func (r *renderer) field(f Field, e fieldEdit) {
	switch {
	case e.deleted:
	case e.raw != nil:
		r.data(e.raw)
	case e.name != "":
		raw := r.m.Raw(f)
		i := bytes.IndexByte(raw, ':')
		r.text(e.name)
		r.copy(f.Start+int64(i), f.End)
	default:
		r.copy(f.Start, f.End)
	}
}

// lineEnd adds a line end when the original has none before offset at.
func (r *renderer) lineEnd(at int64) {
	b, err := ReadRange(r.m.src, max(0, at-1), at)
	if err == nil && len(b) == 1 && b[0] != '\n' {
		r.text("\r\n")
	}
}

// separator writes the empty line behind the header.
func (r *renderer) separator(p *Part, x *edit) {
	if p.BodyStart > p.HeaderEnd {
		r.copy(p.HeaderEnd, p.BodyStart)
		return
	}
	if x.body != nil {
		r.text("\r\n")
	}
}

func (r *renderer) body(p *Part, x *edit) {
	switch {
	case x.body != nil:
		r.data(x.body)
	case r.m.Multipart(p):
		r.children(p, x)
	default:
		r.copy(p.BodyStart, p.End)
	}
}

// children writes the body of a multipart.
func (r *renderer) children(p *Part, x *edit) {
	between := "\r\n--" + p.boundary + "\r\n"
	d := p.delimiters[0]
	lead := int64(0)
	if x.preamble != nil {
		r.data(append(slices.Clone(x.preamble), "\r\n"...))
		lead = r.leadingEnd(d)
	} else {
		r.copy(p.BodyStart, d.from)
	}
	started := true // a delimiter line was just written
	switch {
	case len(p.children) > 0:
		r.copy(d.from+lead, d.to)
	case len(x.first)+len(x.last) > 0:
		r.text(between)
	}
	for _, part := range x.first {
		if !started {
			r.text(between)
		}
		r.data(part)
		started = false
	}
	for i, c := range p.children {
		if e := r.st.parts[c]; e != nil && e.removed {
			continue
		}
		switch {
		case started:
			started = false
		case i == 0 || i >= len(p.delimiters):
			r.text(between)
		default:
			r.copy(p.delimiters[i].from, p.delimiters[i].to)
		}
		r.part(c)
	}
	for _, part := range x.last {
		if !started {
			r.text(between)
		}
		r.data(part)
		started = false
	}
	r.closing(p, x)
}

// closing writes the last boundary and the epilogue.
func (r *renderer) closing(p *Part, x *edit) {
	end := p.End
	if p.closed {
		d := p.delimiters[len(p.delimiters)-1]
		r.copy(d.from, d.to)
		end = d.to
	} else if len(x.last)+len(x.first) > 0 {
		r.text("\r\n--" + p.boundary + "--\r\n")
	}
	if x.epilogue != nil {
		r.data(x.epilogue)
		return
	}
	if p.closed {
		r.copy(end, p.End)
	}
}

// leadingEnd is the length of the line end before a delimiter.
func (r *renderer) leadingEnd(d span) int64 {
	b, err := ReadRange(r.m.src, d.from, min(d.to, d.from+2))
	switch {
	case err == nil && bytes.Equal(b, []byte("\r\n")):
		return 2
	case err == nil && bytes.HasPrefix(b, []byte("\n")):
		return 1
	}
	return 0
}

// wrapped writes a part inside new multiparts. Its Content-* fields move down
// with it.
func (r *renderer) wrapped(p *Part, x *edit) {
	content := func(name string) bool { return strings.HasPrefix(name, "content-") }
	r.header(p, x, func(name string) bool { return !content(name) })
	if p.Parent == nil && !hasField(p, "mime-version") {
		r.text("MIME-Version: 1.0\r\n")
	}
	for i := len(x.wraps) - 1; i >= 0; i-- {
		w := x.wraps[i]
		r.data([]byte("Content-Type:" + fold(len("Content-Type:"), w.value) + "\r\n\r\n"))
		for _, part := range w.before {
			r.text("--" + w.boundary + "\r\n")
			r.data(part)
			r.text("\r\n")
		}
		r.text("--" + w.boundary + "\r\n")
	}
	r.moved(p, x, content)
	r.body(p, x)
	for _, w := range x.wraps {
		for _, part := range w.after {
			r.text("\r\n--" + w.boundary + "\r\n")
			r.data(part)
		}
		r.text("\r\n--" + w.boundary + "--\r\n")
	}
}

// moved writes the fields that go into the inner part, as new bytes, for their
// originals stand before what was written already.
func (r *renderer) moved(p *Part, x *edit, content func(string) bool) {
	for i := len(x.top) - 1; i >= 0; i-- {
		if content(x.top[i].name) {
			r.data(x.top[i].raw)
		}
	}
	for i, f := range p.Fields {
		if !content(f.Name) {
			continue
		}
		switch e := x.fields[i]; {
		case e.deleted:
		case e.raw != nil:
			r.data(e.raw)
		default:
			raw := r.m.Raw(f)
			if e.name != "" {
				raw = append([]byte(e.name), raw[bytes.IndexByte(raw, ':'):]...)
			}
			r.data(bytes.TrimRight(raw, "\r\n"))
			r.text("\r\n")
		}
	}
	for _, a := range x.bottom {
		if content(a.name) {
			r.data(a.raw)
		}
	}
	r.text("\r\n")
}
