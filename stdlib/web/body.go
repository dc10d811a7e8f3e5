package web

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// File is what the native state of a File object offers. One that is an io.Seeker too
// is sent from where it stands, and can be sent again.
type File interface {
	io.Reader
	Size() int64
}

// piece is a part of a body: text or a file.
type piece struct {
	text   string
	file   File
	offset int64 // where the file stands
}

func (p *piece) length() int64 {
	if p.file != nil {
		return max(0, p.file.Size()-p.offset)
	}
	return int64(len(p.text))
}

// body is what is posted.
type body struct {
	pieces      []piece
	callback    value.Value // undefined when there are pieces
	contentType string
	length      int64 // -1: unknown
	again       bool  // it can be sent twice
}

// Content types of a body.
const (
	formType = "application/x-www-form-urlencoded"
	fileType = "application/octet-stream"
)

// readBody reads the argument post, nil when there is none.
func readBody(t *vm.Thread, v value.Value) (*body, error) {
	b := &body{callback: value.Undef, again: true}
	switch v.Kind() {
	case value.KString:
		b.contentType = formType
		b.text(v.Str())
	case value.KArray:
		if err := b.array(t, v.Array()); err != nil {
			return nil, err
		}
	case value.KFunc:
		b.callback, b.again, b.length = v.Share(), false, -1
	case value.KObject:
		f, ok := v.Object().Native.(File)
		if !ok {
			return nil, fmt.Errorf("http(): argument 4 (post) must be array, string, function or File, got %s", v.TypeName())
		}
		b.contentType = fileType
		b.file(f)
	default:
		return nil, nil
	}
	return b, nil
}

func (b *body) text(s string) {
	b.pieces = append(b.pieces, piece{text: s})
	b.length += int64(len(s))
}

func (b *body) file(f File) {
	p := piece{file: f}
	if s, ok := f.(io.Seeker); ok {
		p.offset, _ = s.Seek(0, io.SeekCurrent)
	} else {
		b.again = false
	}
	b.pieces = append(b.pieces, p)
	b.length += p.length()
}

// array is a form: of parts when the values are arrays.
func (b *body) array(t *vm.Thread, a *value.Array) error {
	room := 0
	parts := 0
	for k, v := range a.All() {
		if v.IsArray() {
			parts++
		} else {
			s, ok := scalar(v)
			if !ok {
				return fmt.Errorf("http(): argument 4 (post) must hold strings or arrays, got %s", v.TypeName())
			}
			room += len(k.String()) + len(s) + 2
		}
	}
	switch {
	case parts > 0 && parts < a.Len():
		return errors.New("http(): argument 4 (post) must hold either strings or arrays")
	case parts > 0:
		return b.multipart(t, a)
	}
	if err := t.Reserve(3 * room); err != nil {
		return err
	}
	var out strings.Builder
	for k, v := range a.All() {
		if out.Len() > 0 {
			out.WriteByte('&')
		}
		s, _ := scalar(v)
		out.WriteString(escape(k.String()) + "=" + escape(s))
	}
	b.contentType = formType
	b.text(out.String())
	return nil
}

// open returns a reader from the beginning.
func (b *body) open(c *call) io.ReadCloser { return &reader{b: b, c: c} }

// reader reads a body on a goroutine of net/http. Files and callbacks belong to the
// script: they are read as jobs of its own goroutine.
type reader struct {
	b      *body
	c      *call
	next   int    // piece
	rest   string // of text, or of what the callback gave
	begun  bool
	ended  bool
	closed atomic.Bool
}

// chunk is what a callback is asked for, in bytes.
const chunk = 16 << 10

var errClosed = errors.New("the body is closed")

func (r *reader) Close() error {
	r.closed.Store(true)
	return nil
}

func (r *reader) Read(p []byte) (n int, err error) {
	for {
		switch {
		case r.closed.Load():
			return 0, errClosed
		case len(r.rest) > 0:
			n = copy(p, r.rest)
			r.rest = r.rest[n:]
			return n, nil
		case r.ended:
			return 0, io.EOF
		case !r.b.callback.IsUndefined():
			err = r.c.script(r.ask)
		case r.next == len(r.b.pieces):
			r.ended = true
		case r.b.pieces[r.next].file == nil:
			r.rest = r.b.pieces[r.next].text
			r.next++
		default:
			err = r.c.script(func() (err error) {
				n, err = r.fromFile(&r.b.pieces[r.next], p)
				return err
			})
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// fromFile reads from a file, on the goroutine of the script.
func (r *reader) fromFile(f *piece, p []byte) (int, error) {
	if s, ok := f.file.(io.Seeker); ok && !r.begun {
		if _, err := s.Seek(f.offset, io.SeekStart); err != nil {
			return 0, err
		}
	}
	r.begun = true
	n, err := f.file.Read(p)
	if err == io.EOF {
		r.next, r.begun, err = r.next+1, false, nil
	}
	return n, err
}

var errCallback = errors.New("the callback gave no string of at most the size asked for")

// ask calls the callback, on the goroutine of the script.
func (r *reader) ask() error {
	v, err := r.c.t.Call(r.b.callback, value.Int(chunk))
	if err != nil {
		r.c.fault = err
		return err
	}
	if !v.IsString() || len(v.Str()) > chunk {
		return errCallback
	}
	r.rest = v.Str()
	r.ended = r.rest == ""
	return nil
}

var errLonger = errors.New("the callback gave more than Content-Length")

// exact ends with an error when there is more than was declared. Its last byte is kept
// back until the rest is known to be empty: a server could answer to a body that is
// whole as far as it can see.
type exact struct {
	io.ReadCloser
	left int64
}

func (x *exact) Read(p []byte) (n int, err error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case x.left == 0:
		return 0, io.EOF
	case x.left > 1:
		n, err = x.ReadCloser.Read(p[:min(int64(len(p)), x.left-1)])
		x.left -= int64(n)
		return n, err
	}
	var ends [2]byte
	switch n, err = io.ReadFull(x.ReadCloser, ends[:]); {
	case n == 2:
		return 0, errLonger
	case n == 1 && errors.Is(err, io.ErrUnexpectedEOF):
		p[0], x.left = ends[0], 0
		return 1, nil
	}
	return 0, err
}
