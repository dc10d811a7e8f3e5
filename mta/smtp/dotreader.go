package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// DotReader takes message data off a connection until CRLF.CRLF and undoes
// dot-stuffing (RFC 5321 4.5.2). The start of the data counts as behind a
// CRLF. Nothing but CRLF begins a line here: around a bare CR or LF, dots are
// content.
//
// Read never takes bytes behind the terminator from r, so commands pipelined
// after the data stay for the caller.
type DotReader struct {
	r     *bufio.Reader
	state dotState
}

type dotState uint8

const (
	dotBOL   dotState = iota // behind CRLF, or at the start
	dotText                  // inside a line
	dotCR                    // inside a line, behind a CR
	dotDot                   // behind a dot at the start of a line
	dotDotCR                 // behind dot CR at the start of a line
	dotEnd
)

// NewDotReader returns a DotReader for one message.
func NewDotReader(r *bufio.Reader) *DotReader { return &DotReader{r: r} }

// WriteTo writes the content to w until the terminator was read. A connection
// that ends earlier gives io.ErrUnexpectedEOF; an error of w stops at once.
func (d *DotReader) WriteTo(w io.Writer) (int64, error) {
	var n int64
	for d.state != dotEnd {
		if _, err := d.r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		chunk, err := d.r.Peek(d.r.Buffered())
		if err != nil {
			return n, err
		}
		used, written, err := d.process(chunk, w)
		n += written
		if _, derr := d.r.Discard(used); err == nil {
			err = derr
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// process consumes chunk up to the terminator. Runs of content are written in
// one piece; they break only where a stuffed dot is left out.
func (d *DotReader) process(chunk []byte, w io.Writer) (used int, n int64, err error) {
	start, i := 0, 0 // chunk[start:i] is content not yet written
	flush := func(end int) {
		if end > start && err == nil {
			var k int
			k, err = w.Write(chunk[start:end])
			n += int64(k)
		}
	}
	for i < len(chunk) && d.state != dotEnd && err == nil {
		c := chunk[i]
		switch d.state {
		case dotBOL:
			d.state = dotText
			if c == '.' {
				flush(i)
				d.state = dotDot
				i++
				start = i
			}
		case dotDot:
			d.state = dotText
			if c == '\r' {
				d.state = dotDotCR
				i++
			}
		case dotDotCR:
			if c == '\n' {
				d.state = dotEnd
				i++
				start = i
				break
			}
			if start == i { // the CR came in an earlier chunk
				_, err = w.Write([]byte{'\r'})
				n++
			}
			d.state = dotCR
		default:
			i = d.text(chunk, i)
		}
	}
	if d.state == dotDotCR {
		// The CR is content only if no LF follows; it is written then.
		return i, n, err
	}
	flush(i)
	return i, n, err
}

// text moves over content from i to behind the next CRLF or to the end of
// chunk, and returns where it stopped.
func (d *DotReader) text(chunk []byte, i int) int {
	behindCR := d.state == dotCR
	for {
		k := bytes.IndexByte(chunk[i:], '\n')
		if k < 0 {
			d.state = dotText
			if last := chunk[len(chunk)-1]; last == '\r' {
				d.state = dotCR
			}
			return len(chunk)
		}
		if k > 0 && chunk[i+k-1] == '\r' || k == 0 && behindCR {
			d.state = dotBOL
			return i + k + 1
		}
		behindCR = false
		i += k + 1
		if i == len(chunk) {
			d.state = dotText
			return i
		}
	}
}
