package message

import "bytes"

// body writes the content of a part.
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

// children writes the body of a multipart: its preamble, the parts that are left
// and new ones behind delimiter lines, the closing line and the epilogue. Original
// delimiter lines are kept where they can be.
func (r *renderer) children(p *Part, x *edit) {
	d := p.delimiters[0]
	if x.preamble == nil {
		r.copy(p.BodyStart, d.from)
	} else if r.data(x.preamble); !r.startsWithEnd(d) {
		r.text("\r\n")
	}
	n := 0 // parts written
	fresh := func(part []byte) {
		if n == 0 && len(p.children) > 0 {
			r.delimiter(d, d.to)
		} else {
			r.text("\r\n--" + p.boundary + "\r\n")
		}
		r.data(part)
		n++
	}
	for i := len(x.first) - 1; i >= 0; i-- {
		fresh(x.first[i])
	}
	for i, c := range p.children {
		if e := r.st.parts[c]; e != nil && e.removed {
			continue
		}
		switch {
		case n == 0:
			r.delimiter(d, d.to)
		case i == 0:
			r.text("\r\n--" + p.boundary + "\r\n")
		default:
			r.delimiter(p.delimiters[i], p.delimiters[i].to)
		}
		r.part(c)
		n++
	}
	for _, part := range x.last {
		fresh(part)
	}
	r.closing(p, x, n)
}

// closing writes the last boundary and the epilogue.
func (r *renderer) closing(p *Part, x *edit, parts int) {
	end := p.End
	if p.closed {
		end = p.closingEnd()
		r.delimiter(p.delimiters[len(p.delimiters)-1], end)
	} else if len(x.last)+len(x.first) > 0 || x.epilogue != nil || parts == 0 {
		r.text("\r\n--" + p.boundary + "--\r\n")
	}
	if x.epilogue == nil {
		r.copy(end, p.End)
		return
	}
	r.endLine()
	r.data(x.epilogue)
}

// delimiter writes an original delimiter line up to an offset. Where the line end
// before it belongs to what stood there, the part before it may need one.
func (r *renderer) delimiter(d span, to int64) {
	if !r.startsWithEnd(d) {
		r.endLine()
	}
	r.copy(d.from, to)
}

// startsWithEnd reports whether a delimiter begins with the line end before it.
func (r *renderer) startsWithEnd(d span) bool {
	b := r.read(d.from, min(d.to, d.from+1))
	return len(b) == 1 && (b[0] == '\r' || b[0] == '\n')
}

// wrapped writes a part inside new multiparts. The message keeps its own fields,
// only Content-* go down; a part goes down whole.
func (r *renderer) wrapped(p *Part, x *edit) {
	if p.Parent == nil {
		r.header(p, x, func(name string) bool { return !isContent(name) })
		r.endLine()
		if !r.hasField(p, x, "mime-version") {
			r.text("MIME-Version: 1.0\r\n")
		}
	}
	for i := len(x.wraps) - 1; i >= 0; i-- {
		w := x.wraps[i]
		r.data([]byte("Content-Type:" + fold(len("Content-Type:"), w.value) + "\r\n\r\n"))
		for k := len(w.before) - 1; k >= 0; k-- {
			r.text("--" + w.boundary + "\r\n")
			r.data(w.before[k])
			r.text("\r\n")
		}
		r.text("--" + w.boundary + "\r\n")
	}
	if p.Parent == nil {
		r.moved(p, x)
		r.body(p, x)
	} else {
		r.whole(p, x)
	}
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
func (r *renderer) moved(p *Part, x *edit) {
	r.added(x, isContent)
	for i, f := range p.Fields {
		if !isContent(f.Name) {
			continue
		}
		switch e := x.fields[i]; {
		case e.deleted:
		case e.replaced():
			r.content(e.content)
		default:
			raw := r.read(f.Start, f.End)
			if e.name != "" {
				raw = append([]byte(e.name), raw[max(0, bytes.IndexByte(raw, ':')):]...)
			}
			r.data(raw)
			r.endLine()
		}
	}
	r.below(x, isContent)
	r.text("\r\n")
}
