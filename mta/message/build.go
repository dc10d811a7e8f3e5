package message

import (
	"bytes"
	"errors"
	"strings"
	"time"
)

// Builder makes a new message or part (spec stdlib 12).
type Builder struct {
	fields      []builtField
	typ         string
	boundary    string
	body        []byte
	parts       []func(*Output) error
	size        int
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
	ErrNested   = errors.New("parts are nested too deeply, or a part contains itself")
	ErrLong     = errors.New("the message is too long")
	ErrBoundary = errors.New("a boundary is 1 to 70 characters of A-Z a-z 0-9 '()+_,-./:=? and inner spaces")
	ErrNotMulti = errors.New("parts were added to a type that is not multipart")
)

// AddField adds a field below those added before.
func (b *Builder) AddField(name, value string, o FieldOptions) error {
	raw, err := FormatField(name, value, o)
	if err == nil {
		b.fields = append(b.fields, builtField{strings.ToLower(name), raw})
		b.size += len(raw) + 64
	}
	return err
}

// AddPart adds a child; Render of the parent calls write.
func (b *Builder) AddPart(write func(*Output) error) {
	b.parts = append(b.parts, write)
	b.size += 16
}

// Size returns about how many bytes the builder takes, without its parts.
func (b *Builder) Size() int { return b.size + len(b.body) + len(b.typ) + len(b.fileName) + 200 }

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
	if !ValidBoundary(boundary) {
		return ErrBoundary
	}
	b.boundary = boundary
	return nil
}

// ValidBoundary reports whether s can be a boundary.
func ValidBoundary(s string) bool {
	if s == "" || len(s) > 70 || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') && strings.IndexByte("'()+_,-./:=? ", c) < 0 {
			return false
		}
	}
	return true
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

// FormatDate returns a date as in RFC 5322 section 3.3.
func FormatDate(t time.Time) string { return t.Format("Mon, 02 Jan 2006 15:04:05 -0700") }
