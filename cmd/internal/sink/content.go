package sink

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// maxHeader bounds what is kept of a message to find its tracked fields.
const maxHeader = 64 << 10

// content is a message while it arrives.
type content struct {
	header []byte // up to the empty line or maxHeader
	ended  bool
	size   int64
	file   *os.File // nil when messages are not saved

	rcpt, domains []string // of its transaction
}

var errNotSaved = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The message cannot be saved"}

// read takes the content. The result is never nil.
func (x *session) read(r io.Reader) (*content, error) {
	x.mu.Lock()
	from := x.from
	c := &content{rcpt: x.rcpt, domains: x.domains}
	x.mu.Unlock()
	if dir := x.s.o.Save; dir != "" {
		var err error
		if c.file, err = os.CreateTemp(dir, ".part-*"); err != nil {
			return c, errNotSaved
		}
		fmt.Fprintf(c.file, "Return-Path: <%s>\r\n", from)
		for _, to := range c.rcpt {
			fmt.Fprintf(c.file, "Delivered-To: %s\r\n", to)
		}
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	_, err := io.CopyBuffer(c, r, *buf)
	return c, err
}

// buffers are reused: a sink takes thousands of messages per second.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// Write takes a piece of the content.
func (c *content) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	if !c.ended {
		c.keep(p)
	}
	if c.file != nil {
		if _, err := c.file.Write(p); err != nil {
			return 0, errNotSaved
		}
	}
	return len(p), nil
}

// keep adds a piece to the header, up to its end or the bound.
func (c *content) keep(p []byte) {
	if i := bytes.Index(p, blank); i >= 0 {
		p = p[:i+len(blank)] // the header ends here or before
	}
	from := max(0, len(c.header)-len(blank)+1)
	c.header = append(c.header, p[:min(len(p), maxHeader-len(c.header))]...)
	if i := bytes.Index(c.header[from:], blank); i >= 0 {
		c.header, c.ended = c.header[:from+i+2], true
	}
	c.ended = c.ended || len(c.header) == maxHeader
}

var blank = []byte("\r\n\r\n")

// field returns the value of the first field of a name, unfolded, or "".
func (c *content) field(name string) string {
	value, found := "", false
	for line := range strings.SplitSeq(string(c.header), "\r\n") {
		if found {
			if line == "" || line[0] != ' ' && line[0] != '\t' {
				break
			}
			value += " " + strings.TrimSpace(line)
			continue
		}
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimRight(n, " \t"), name) {
			value, found = strings.TrimSpace(v), true
		}
	}
	return strings.TrimSpace(value)
}

// drop forgets what was saved.
func (c *content) drop() {
	if c.file != nil {
		_ = c.file.Close()
		_ = os.Remove(c.file.Name())
	}
}
