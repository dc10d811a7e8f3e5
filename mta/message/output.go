package message

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Output collects the text of a message that is being built.
type Output struct {
	Random func() string // text of a boundary that was not set
	Limit  int           // bytes, 0: none
	Check  func() error  // asked before each part; may be nil
	buf    []byte
	depth  int
}

// Bytes returns what was written.
func (o *Output) Bytes() []byte { return o.buf }

// Write adds bytes.
func (o *Output) Write(b []byte) error {
	if o.Limit > 0 && len(b) > o.Limit-len(o.buf) {
		return ErrLong
	}
	o.buf = append(o.buf, b...)
	return nil
}

func (o *Output) text(s string) error { return o.Write([]byte(s)) }

// Finish calls write for a part and gives the result to finish, which may change
// it; nil takes it as it is.
func (o *Output) Finish(write func(*Output) error, finish func([]byte) ([]byte, error)) error {
	start := len(o.buf)
	if err := write(o); err != nil || finish == nil {
		return err
	}
	done, err := finish(slices.Clone(o.buf[start:]))
	if err != nil {
		return err
	}
	o.buf = o.buf[:start]
	return o.Write(done)
}

// Render returns the part, with MIME-Version when it is the top level. random
// gives the text of a boundary that was not set; it stays the same afterwards.
func (b *Builder) Render(top bool, random func() string) ([]byte, error) {
	o := &Output{Random: random}
	err := b.WriteTo(o, top)
	return o.buf, err
}

// header collects the fields of a part.
type header struct {
	b   *Builder
	buf bytes.Buffer
	err error
}

// generate adds a field unless one of that name was added by hand.
func (h *header) generate(name, value string) {
	if h.err != nil || h.b.has(strings.ToLower(name)) {
		return
	}
	raw, err := FormatField(name, value, FieldOptions{})
	h.err = err
	h.buf.Write(raw)
}

// WriteTo writes the part, with MIME-Version when it is the top level.
func (b *Builder) WriteTo(o *Output, top bool) error {
	if o.depth >= maxLevel {
		return ErrNested
	}
	o.depth++
	defer func() { o.depth-- }()
	if o.Check != nil {
		if err := o.Check(); err != nil {
			return err
		}
	}
	typ := b.contentType()
	ct := ParseContentType(typ)
	multi := strings.HasPrefix(ct.Type, "multipart/")
	if len(b.parts) > 0 && !multi {
		return ErrNotMulti
	}
	h := &header{b: b}
	boundary := ""
	if multi {
		given := false
		if boundary, given = ct.Params["boundary"]; !given {
			if b.boundary == "" {
				b.boundary = o.Random()
			}
			boundary = b.boundary
			typ += `; boundary="` + boundary + `"`
		} else if !ValidBoundary(boundary) {
			return ErrBoundary
		}
	} else if isText(ct.Type) && ct.Params["charset"] == "" {
		typ += "; charset=utf-8"
	}
	for _, f := range b.fields {
		if multi && f.name == "content-type" && ct.Params["boundary"] == "" {
			// The parts could not be told apart without it.
			f.raw, h.err = FormatField("Content-Type", typ, FieldOptions{})
		}
		h.buf.Write(f.raw)
	}
	if b.date != nil {
		h.generate("Date", FormatDate(*b.date))
	}
	if top {
		h.generate("MIME-Version", "1.0")
	}
	h.generate("Content-Type", typ)
	enc, ok := KnownEncoding(b.field(transferEncoding))
	if !ok {
		enc = ChooseFor(b.body, ct.Type)
	}
	if !multi {
		h.generate("Content-Transfer-Encoding", string(enc))
	}
	if d := b.contentDisposition(); d != "" {
		h.generate("Content-Disposition", d)
	}
	if h.err != nil {
		return h.err
	}
	h.buf.WriteString("\r\n")
	if err := o.Write(h.buf.Bytes()); err != nil {
		return err
	}
	if multi {
		return b.writeParts(o, boundary)
	}
	return o.Write(Encode(b.body, enc, isText(ct.Type)))
}

// contentType returns the type as given, in one line.
func (b *Builder) contentType() string {
	switch {
	case b.has("content-type"):
		return b.field("content-type")
	case b.typ != "":
		return asciiParams(b.typ)
	case len(b.parts) > 0:
		return "multipart/mixed"
	}
	return "text/plain"
}

func (b *Builder) contentDisposition() string {
	d := asciiParams(b.disposition)
	if b.fileName == "" {
		return d
	}
	if d == "" {
		d = "attachment"
	}
	return d + "; " + FormatParam("filename", b.fileName)
}

// asciiParams writes the parameters of a value as RFC 2231 asks where the value
// is not ASCII.
func asciiParams(v string) string {
	v = oneLine(v)
	if isASCII(v) {
		return v
	}
	ct := ParseContentType(v)
	names := make([]string, 0, len(ct.Params))
	for n := range ct.Params {
		names = append(names, n)
	}
	slices.Sort(names)
	out := ct.Type
	for _, n := range names {
		out += "; " + FormatParam(n, ct.Params[n])
	}
	return out
}

func (b *Builder) writeParts(o *Output, boundary string) error {
	if len(b.body) > 0 {
		if err := o.Write(append(slices.Clip(CRLF(b.body)), "\r\n"...)); err != nil {
			return err
		}
	}
	for _, write := range b.parts {
		if err := o.text("--" + boundary + "\r\n"); err != nil {
			return err
		}
		if err := write(o); err != nil {
			return err
		}
		if err := o.text("\r\n"); err != nil {
			return err
		}
	}
	return o.text("--" + boundary + "--\r\n")
}

// FormatParam returns a parameter of a field: quoted, or as RFC 2231 says when
// it is not ASCII or too long for a line.
func FormatParam(name, value string) string {
	const quoted, piece = 500, 60 // bytes
	plain := isASCII(value)
	if plain && len(value) <= quoted {
		return name + `="` + quoteEscapes.Replace(value) + `"`
	}
	enc := "utf-8''" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	if len(enc) <= piece {
		return name + "*=" + enc
	}
	var b strings.Builder
	for i := 0; enc != ""; i++ {
		n := min(piece, len(enc))
		if k := strings.LastIndexByte(enc[:n], '%'); k >= 0 && n < len(enc) && n-k < 3 {
			n = k // not inside %XX
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s*%d*=%s", name, i, enc[:n])
		enc = enc[n:]
	}
	return b.String()
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
