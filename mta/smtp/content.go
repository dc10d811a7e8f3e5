package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// MaxTextLine is the longest line of message content a server takes, in bytes
// (mta.md 12.1; RFC 5321 4.5.3.1.6 asks for 1000).
const MaxTextLine = 1 << 20

// ContentWriter brings received content into the form in which it is kept:
// each bare LF becomes CRLF, a bare CR stays. It also finds out what decides
// over the message before any script sees it.
//
// Beyond Limit nothing more is written to W, but everything is counted, so
// the rest of a message that is too big can be drained through it.
type ContentWriter struct {
	W     io.Writer
	Limit int64 // bytes; 0: none

	Size    int64 // bytes after normalisation, written or not
	NUL     bool  // a NUL was seen
	Longest int   // longest line in bytes, without its end

	line   int
	lastCR bool
}

// TooBig reports that the content went beyond the limit.
func (c *ContentWriter) TooBig() bool { return c.Limit > 0 && c.Size > c.Limit }

var crlf = []byte("\r\n")

// Write takes a piece of content.
func (c *ContentWriter) Write(p []byte) (int, error) {
	total := len(p)
	if !c.NUL && bytes.IndexByte(p, 0) >= 0 {
		c.NUL = true
	}
	start := 0
	for i := 0; i < len(p); {
		k := bytes.IndexByte(p[i:], '\n')
		if k < 0 {
			c.line += len(p) - i
			c.Longest = max(c.Longest, c.line)
			break
		}
		c.Longest = max(c.Longest, c.line+k)
		c.line = 0
		nl := i + k
		i = nl + 1
		if nl > 0 && p[nl-1] == '\r' || nl == 0 && c.lastCR {
			continue
		}
		if err := c.put(p[start:nl]); err != nil {
			return 0, err
		}
		if err := c.put(crlf); err != nil {
			return 0, err
		}
		start = i
	}
	if err := c.put(p[start:]); err != nil {
		return 0, err
	}
	if total > 0 {
		c.lastCR = p[total-1] == '\r'
	}
	return total, nil
}

func (c *ContentWriter) put(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	c.Size += int64(len(p))
	if c.TooBig() {
		return nil
	}
	_, err := c.W.Write(p)
	return err
}

// CopyChunk writes the next n bytes of a connection to w, what BDAT announced (RFC 3030).
// A connection that ends earlier gives io.ErrUnexpectedEOF.
func CopyChunk(w io.Writer, r *bufio.Reader, n int64) error {
	for n > 0 {
		if _, err := r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		b, err := r.Peek(int(min(n, int64(r.Buffered()))))
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return err
		}
		r.Discard(len(b)) // as many as were seen
		n -= int64(len(b))
	}
	return nil
}
