package smtp

import (
	"bytes"
	"io"
)

// DotWriter puts message content on the wire after DATA (RFC 5321 4.5.2):
// dots at the start of a line are doubled, a bare LF becomes CRLF, a bare CR
// stays. Close ends an unfinished last line and writes the final dot; it does
// not close the writer below.
type DotWriter struct {
	w      io.Writer
	bol    bool
	lastCR bool
	err    error
}

// NewDotWriter returns a DotWriter over w, which should be buffered: a write
// is split at each line that needs a change.
func NewDotWriter(w io.Writer) *DotWriter { return &DotWriter{w: w, bol: true} }

var dot = []byte{'.'}

// Write puts a piece of content on the wire.
func (d *DotWriter) Write(p []byte) (int, error) {
	total := len(p)
	start := 0 // p[start:i] waits to be written as it is
	for i := 0; i < len(p); {
		if d.bol && p[i] == '.' {
			d.put(p[start:i])
			d.put(dot)
			start = i
		}
		k := bytes.IndexByte(p[i:], '\n')
		if k < 0 {
			d.bol = false
			break
		}
		nl := i + k
		if !(nl > 0 && p[nl-1] == '\r' || nl == 0 && d.lastCR) {
			d.put(p[start:nl])
			d.put(crlf)
			start = nl + 1
		}
		d.bol = true
		i = nl + 1
	}
	d.put(p[start:])
	if total > 0 {
		d.lastCR = p[total-1] == '\r'
	}
	if d.err != nil {
		return 0, d.err
	}
	return total, nil
}

// Close ends the content.
func (d *DotWriter) Close() error {
	switch {
	case d.bol:
	case d.lastCR:
		d.put([]byte{'\n'})
	default:
		d.put(crlf)
	}
	d.put([]byte(".\r\n"))
	return d.err
}

func (d *DotWriter) put(p []byte) {
	if d.err == nil && len(p) > 0 {
		_, d.err = d.w.Write(p)
	}
}
