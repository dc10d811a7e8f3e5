package message

import (
	"bytes"
	"strings"
)

// Patch returns all changes as one patch of the original.
func (e *Editor) Patch() (Patch, error) {
	if len(e.log) == 0 {
		return nil, nil
	}
	r := &renderer{m: e.m, st: &e.st}
	r.part(e.m.Part)
	if r.err != nil {
		return nil, r.err
	}
	r.modify(survivors(e.st.mods))
	return r.patch(), nil
}

// Result returns the changed message as of now.
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
	m   *Message
	st  *state
	out []run
	err error
}

// run is a run of the original, or new bytes when data is not nil.
type run struct {
	from, to int64
	data     []byte
	now      bool // a Date field, see Splice
}

func (r *renderer) copy(from, to int64) {
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

// content writes a new field.
func (r *renderer) content(c content) {
	switch {
	case c.now == nil:
		r.data(c.raw)
	case r.st.fixed != nil:
		r.data(dateField(*r.st.fixed))
	default:
		r.out = append(r.out, run{data: dateField(c.now()), now: true})
	}
}

// read returns bytes of the original and keeps the error for Patch.
func (r *renderer) read(from, to int64) []byte {
	b, err := ReadRange(r.m.src, from, to)
	if err != nil && r.err == nil {
		r.err = err
	}
	return b
}

// endLine ends the last line written when it is open.
func (r *renderer) endLine() {
	if len(r.out) == 0 {
		return
	}
	last := r.out[len(r.out)-1]
	tail := last.data
	if tail == nil {
		tail = r.read(last.to-1, last.to)
	}
	if !bytes.HasSuffix(tail, []byte{'\n'}) {
		r.text("\r\n")
	}
}

// modify replaces bytes inside the runs of the original. A change that reaches
// into bytes that another one replaced or dropped is dropped whole.
func (r *renderer) modify(mods []Splice) {
	if len(mods) == 0 {
		return
	}
	if len(r.out) == 0 { // an empty message
		for _, m := range mods {
			r.data(m.Data)
		}
		return
	}
	runs := r.out
	r.out = nil
	for _, x := range runs {
		if x.data != nil {
			r.out = append(r.out, x)
			continue
		}
		for len(mods) > 0 && mods[0].Start < x.from {
			mods = mods[1:]
		}
		from := x.from
		for len(mods) > 0 && mods[0].Start+mods[0].Count <= x.to {
			r.copy(from, mods[0].Start)
			r.data(mods[0].Data)
			from = mods[0].Start + mods[0].Count
			mods = mods[1:]
		}
		r.copy(from, x.to)
	}
}

// patch turns the runs into splices.
func (r *renderer) patch() Patch {
	var p Patch
	at := int64(0)
	var fresh []byte
	flush := func(to int64) {
		if len(fresh) > 0 || to > at {
			p = append(p, Splice{Start: at, Count: to - at, Data: fresh})
		}
		fresh, at = nil, to
	}
	for _, x := range r.out {
		switch {
		case x.now:
			flush(at)
			p = append(p, Splice{Start: at, Data: x.data, Now: true})
		case x.data != nil:
			fresh = append(fresh, x.data...)
		default:
			flush(x.from)
			at = x.to
		}
	}
	flush(r.m.src.Size())
	return p
}

// part writes one part with its changes.
func (r *renderer) part(p *Part) {
	x := r.st.parts[p]
	switch {
	case x == nil:
		r.copy(p.Start, p.End)
		return
	case x.replaced != nil:
		r.replaced(p, x)
		return
	}
	if len(x.wraps) == 0 {
		r.whole(p, x)
		return
	}
	r.wrapped(p, x)
}

// whole writes a part that nothing replaces or wraps.
func (r *renderer) whole(p *Part, x *edit) {
	r.header(p, x, nil)
	switch {
	case p.BodyStart > p.HeaderEnd:
		r.copy(p.HeaderEnd, p.BodyStart)
	case x.body != nil:
		r.endLine()
		r.text("\r\n")
	}
	r.body(p, x)
}

// replaced writes a new part; the message itself keeps its other fields.
func (r *renderer) replaced(p *Part, x *edit) {
	if p.Parent != nil {
		r.data(x.replaced)
		return
	}
	r.header(p, x, func(name string) bool { return !isContent(name) })
	r.endLine()
	fresh := Parse(Bytes(x.replaced))
	for _, f := range fresh.Fields {
		if isContent(f.Name) || f.Name == "mime-version" && !r.hasField(p, x, f.Name) {
			r.data(x.replaced[f.Start:f.End])
			r.endLine()
		}
	}
	r.text("\r\n")
	r.data(x.replaced[fresh.BodyStart:])
}

func isContent(name string) bool { return strings.HasPrefix(name, "content-") }

// hasField reports whether a field of a name is left or was added.
func (r *renderer) hasField(p *Part, x *edit, name string) bool {
	return len(x.kept(p, name)) > 0 || len(x.onTop(name)) > 0
}

// header writes new and original fields whose names keep accepts; nil accepts
// all.
func (r *renderer) header(p *Part, x *edit, keep func(name string) bool) {
	r.added(x, keep)
	for i, f := range p.Fields {
		if keep == nil || keep(f.Name) {
			r.field(f, x.fields[i])
		}
	}
	r.below(x, keep)
}

// added writes the new fields on top.
func (r *renderer) added(x *edit, keep func(name string) bool) {
	for i := len(x.top) - 1; i >= 0; i-- {
		if a := x.top[i]; !a.dropped && (keep == nil || keep(a.name)) {
			r.content(a.content)
		}
	}
}

// below writes the new fields below the original ones.
func (r *renderer) below(x *edit, keep func(name string) bool) {
	for _, a := range x.bottom {
		if !a.dropped && (keep == nil || keep(a.name)) {
			r.endLine()
			r.content(a.content)
		}
	}
}

func (r *renderer) field(f Field, e fieldEdit) {
	switch {
	case e.deleted:
	case e.replaced():
		r.content(e.content)
	case e.name != "":
		r.text(e.name)
		r.copy(f.Start+r.colon(f), f.End)
	default:
		r.copy(f.Start, f.End)
	}
}

// colon is the offset of the colon of a field.
func (r *renderer) colon(f Field) int64 {
	return int64(max(0, bytes.IndexByte(r.read(f.Start, min(f.End, f.Start+lineHead)), ':')))
}
