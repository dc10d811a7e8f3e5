package dkim

import (
	"bytes"
	"io"
	"strings"

	"github.com/hawser-mta/hawser/mta/message"
)

// Canon is a canonicalisation (RFC 6376 section 3.4).
type Canon string

// The canonicalisations.
const (
	Simple  Canon = "simple"
	Relaxed Canon = "relaxed"
)

// canonField returns the canonical form of a raw header field, with CRLF.
func canonField(c Canon, raw []byte) []byte {
	raw = bytes.TrimRight(raw, "\r\n")
	if c == Simple {
		return append(message.CRLF(bytes.Clone(raw)), '\r', '\n')
	}
	name, value, _ := bytes.Cut(raw, []byte{':'})
	out := make([]byte, 0, len(raw)+2)
	out = append(out, bytes.ToLower(bytes.TrimRight(name, " \t"))...)
	out = append(out, ':')
	start, space := len(out), false
	for _, b := range value {
		switch b {
		case '\r', '\n':
		case ' ', '\t':
			space = true
		default:
			if space && len(out) > start {
				out = append(out, ' ')
			}
			space = false
			out = append(out, b)
		}
	}
	return append(out, '\r', '\n')
}

// bodyWriter writes the canonical form of a body to w. Bare line feeds count as
// line ends.
type bodyWriter struct {
	w       io.Writer
	relaxed bool

	n       int64 // canonical bytes written
	empty   int   // line ends that are written only when text follows
	line    bool  // inside a line that has text
	space   bool  // relaxed: white space that is written only when text follows
	cr      bool  // a CR that may be part of a line end
	pending []byte
}

func (c *bodyWriter) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if !c.line && !c.space && !c.cr {
			if n := c.clean(p); n > 0 {
				p = p[n:]
				continue
			}
		}
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.bytes(p)
			break
		}
		c.bytes(p[:i+1])
		p = p[i+1:]
	}
	c.flush(1 << 15)
	return total, nil
}

// clean writes the whole lines at the start of p at once when they are in
// canonical form already, as most mail is. It returns how much it took.
func (c *bodyWriter) clean(p []byte) int {
	end := bytes.LastIndexByte(p, '\n') + 1
	if end == 0 {
		return 0
	}
	p = p[:end]
	if c.relaxed && (bytes.IndexByte(p, '\t') >= 0 || bytes.Contains(p, []byte("  ")) || bytes.Contains(p, []byte(" \r"))) {
		return 0
	}
	for i := 0; i < len(p); {
		k := bytes.IndexByte(p[i:], '\n')
		if k == 0 || p[i+k-1] != '\r' {
			return 0
		}
		i += k + 1
	}
	text := p
	lines := 0
	for bytes.HasSuffix(text, []byte("\r\n\r\n")) || string(text) == "\r\n" {
		text = text[:len(text)-2]
		lines++
	}
	if len(text) > 0 {
		c.lineEnds()
		c.flush(0)
		c.write(text)
	}
	c.empty += lines
	return end
}

// bytes takes bytes one by one.
func (c *bodyWriter) bytes(p []byte) {
	for _, b := range p {
		if c.cr {
			if c.cr = false; b != '\n' {
				c.text('\r')
			}
		}
		switch {
		case b == '\r':
			c.cr = true
		case b == '\n':
			c.space = false
			if c.line {
				c.pending = append(c.pending, '\r', '\n')
			} else {
				c.empty++
			}
			c.line = false
		case c.relaxed && (b == ' ' || b == '\t'):
			c.space = true
		default:
			c.text(b)
		}
	}
}

func (c *bodyWriter) text(b byte) {
	c.lineEnds()
	if c.space {
		c.pending = append(c.pending, ' ')
		c.space = false
	}
	c.pending = append(c.pending, b)
	c.line = true
}

func (c *bodyWriter) lineEnds() {
	for ; c.empty > 0; c.empty-- {
		c.pending = append(c.pending, '\r', '\n')
		c.flush(1 << 15)
	}
}

// flush writes what is pending when it is more than n bytes.
func (c *bodyWriter) flush(n int) {
	if len(c.pending) > n {
		c.write(c.pending)
		c.pending = c.pending[:0]
	}
}

func (c *bodyWriter) write(p []byte) {
	c.n += int64(len(p))
	c.w.Write(p)
}

// close ends the body: a line without an end gets one, and an empty simple body
// is one line end.
func (c *bodyWriter) close() {
	if c.cr {
		c.cr = false
		c.text('\r')
	}
	if c.line {
		c.pending = append(c.pending, '\r', '\n')
	}
	c.flush(0)
	if c.n == 0 && !c.relaxed {
		c.write([]byte("\r\n"))
	}
}

// limited passes the first n bytes on.
type limited struct {
	w io.Writer
	n int64
}

func (l *limited) Write(p []byte) (int, error) {
	k := min(int64(len(p)), l.n)
	l.n -= k
	l.w.Write(p[:k])
	return len(p), nil
}

// validCanon reads a value of c=: header/body, the body being simple when it is
// left out.
func validCanon(s string) (header, body Canon, ok bool) {
	h, b, both := strings.Cut(s, "/")
	if !both {
		b = string(Simple)
	}
	header, body = Canon(strings.ToLower(h)), Canon(strings.ToLower(b))
	return header, body, (header == Simple || header == Relaxed) && (body == Simple || body == Relaxed)
}
