package message

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"time"
)

// Builder makes a new message or part (spec stdlib 12).
type Builder struct {
	fields      []builtField
	typ         string
	boundary    string
	body        []byte
	parts       []func(random func() string) ([]byte, error)
	date        *time.Time
	fileName    string
	disposition string
}

type builtField struct {
	name string
	raw  []byte
}

// Errors of the builder.
var (
	ErrBoundary = errors.New("a boundary is 1 to 70 characters of A-Z a-z 0-9 '()+_,-./:=? and inner spaces")
	ErrNotMulti = errors.New("parts were added to a type that is not multipart")
)

// AddField adds a field below those added before.
func (b *Builder) AddField(name, value string, o FieldOptions) error {
	raw, err := FormatField(name, value, o)
	if err == nil {
		b.fields = append(b.fields, builtField{strings.ToLower(name), raw})
	}
	return err
}

// AddPart adds a child; Render of the parent calls render.
func (b *Builder) AddPart(render func(random func() string) ([]byte, error)) {
	b.parts = append(b.parts, render)
}

// SetBody sets the content, or the preamble of a multipart.
func (b *Builder) SetBody(body []byte) { b.body = body }

// SetType sets the type, which may carry parameters.
func (b *Builder) SetType(typ string) { b.typ = typ }

// SetDate sets the Date field.
func (b *Builder) SetDate(t time.Time) { b.date = &t }

// SetFileName sets the file name of the disposition.
func (b *Builder) SetFileName(name string) { b.fileName = name }

// SetDisposition sets the disposition.
func (b *Builder) SetDisposition(d string) { b.disposition = d }

// SetBoundary sets the boundary of a multipart (RFC 2046 section 5.1.1).
func (b *Builder) SetBoundary(boundary string) error {
	if boundary == "" || len(boundary) > 70 || strings.HasSuffix(boundary, " ") {
		return ErrBoundary
	}
	for i := 0; i < len(boundary); i++ {
		if c := boundary[i]; !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') && strings.IndexByte("'()+_,-./:=? ", c) < 0 {
			return ErrBoundary
		}
	}
	b.boundary = boundary
	return nil
}

func (b *Builder) has(name string) bool {
	for _, f := range b.fields {
		if f.name == name {
			return true
		}
	}
	return false
}

func (b *Builder) field(name string) string {
	for _, f := range b.fields {
		if f.name == name {
			_, v, _ := bytes.Cut(f.raw, []byte{':'})
			return Unfold(string(v))
		}
	}
	return ""
}

// Render returns the part, with MIME-Version when it is the top level. random
// gives the text of a boundary that was not set; it stays the same afterwards.
func (b *Builder) Render(top bool, random func() string) ([]byte, error) {
	typ := b.typ
	if b.has("content-type") {
		typ = b.field("content-type")
	} else if typ == "" {
		if typ = "text/plain"; len(b.parts) > 0 {
			typ = "multipart/mixed"
		}
	}
	ct := ParseContentType(typ)
	multi := strings.HasPrefix(ct.Type, "multipart/")
	if len(b.parts) > 0 && !multi {
		return nil, ErrNotMulti
	}
	text := strings.HasPrefix(ct.Type, "text/")
	var out bytes.Buffer
	for _, f := range b.fields {
		out.Write(f.raw)
	}
	generate := func(name, value string) {
		if !b.has(strings.ToLower(name)) {
			out.WriteString(name + ":" + fold(len(name)+1, value) + "\r\n")
		}
	}
	if b.date != nil {
		generate("Date", FormatDate(*b.date))
	}
	if top {
		generate("MIME-Version", "1.0")
	}
	if multi {
		return b.multipart(&out, typ, ct, generate, random)
	}
	if text && ct.Params["charset"] == "" && !b.has("content-type") {
		typ += "; charset=utf-8"
	}
	generate("Content-Type", typ)
	enc, ok := KnownEncoding(b.field("content-transfer-encoding"))
	if !ok {
		if enc = Choose(b.body); !text && enc == QuotedPrintable {
			enc = Base64
		}
	}
	generate("Content-Transfer-Encoding", string(enc))
	b.writeDisposition(generate)
	out.WriteString("\r\n")
	out.Write(Encode(b.body, enc, text))
	return out.Bytes(), nil
}

func (b *Builder) multipart(out *bytes.Buffer, typ string, ct ContentType, generate func(name, value string), random func() string) ([]byte, error) {
	boundary := ct.Params["boundary"]
	if boundary == "" {
		if b.boundary == "" {
			b.boundary = random()
		}
		boundary = b.boundary
		typ += `; boundary="` + boundary + `"`
	}
	generate("Content-Type", typ)
	b.writeDisposition(generate)
	out.WriteString("\r\n")
	if len(b.body) > 0 {
		out.Write(CRLF(b.body))
		out.WriteString("\r\n")
	}
	for _, render := range b.parts {
		part, err := render(random)
		if err != nil {
			return nil, err
		}
		out.WriteString("--" + boundary + "\r\n")
		out.Write(part)
		out.WriteString("\r\n")
	}
	out.WriteString("--" + boundary + "--\r\n")
	return out.Bytes(), nil
}

func (b *Builder) writeDisposition(generate func(name, value string)) {
	d := b.disposition
	if b.fileName != "" {
		if d == "" {
			d = "attachment"
		}
		d += "; " + FormatParam("filename", b.fileName)
	}
	if d != "" {
		generate("Content-Disposition", d)
	}
}

// FormatParam returns a parameter of a field: quoted, or as RFC 2231 says when
// it is not ASCII.
func FormatParam(name, value string) string {
	if isASCII(value) {
		return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	return name + "*=utf-8''" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// FormatDate returns a date as in RFC 5322 section 3.3.
func FormatDate(t time.Time) string { return t.Format("Mon, 02 Jan 2006 15:04:05 -0700") }
