package message

import (
	"bytes"
	"io"
)

const (
	scanBlock = 64 << 10
	lineHead  = 1024 // bytes of a line that the scanner shows
)

// line is one line of a message. Head holds its first bytes without the line
// end; it is valid until the next line.
type line struct {
	start, end int64 // end includes the line end
	text       int64 // end of the text, before CRLF or LF
	head       []byte
}

// scanner reads the lines of a part of a source.
type scanner struct {
	src Source
	at  int64 // offset of buf[pos]
	end int64
	buf []byte
	pos int
	err error
}

func newScanner(src Source, from, to int64) *scanner {
	s := &scanner{src: src, at: from, end: to}
	if m, ok := src.(*Buffer); ok && !m.taken() {
		s.buf = m.b[from:to] // and fill has nothing to do
	}
	return s
}

// fill reads the next block behind what is left in the buffer.
func (s *scanner) fill() bool {
	next := s.at + int64(len(s.buf)-s.pos)
	if next >= s.end || s.err != nil {
		return false
	}
	n := int(min(scanBlock, s.end-next))
	keep := copy(s.buf, s.buf[s.pos:])
	s.buf, s.pos = s.buf[:keep], 0
	if cap(s.buf) < keep+n {
		grown := make([]byte, keep, keep+n) // small for a small message
		copy(grown, s.buf)
		s.buf = grown
	}
	k, err := s.src.ReadAt(s.buf[keep:keep+n], next)
	s.buf = s.buf[:keep+k]
	if k < n {
		if s.err = err; err == nil || err == io.EOF {
			s.err = io.ErrUnexpectedEOF
		}
	}
	return k > 0
}

// next returns the next line, ok false at the end.
func (s *scanner) next() (l line, ok bool) {
	l.start = s.at
	var head []byte
	for {
		rest := s.buf[s.pos:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			text := rest[:i]
			if head == nil {
				l.head = bytes.TrimSuffix(text, []byte{'\r'})
				l.text = s.at + int64(len(l.head))
			} else {
				// A line longer than the buffer: only its head matters.
				l.head, l.text = head, s.at+int64(i)
				if i > 0 && text[i-1] == '\r' {
					l.text--
				}
			}
			s.pos += i + 1
			s.at += int64(i + 1)
			l.end = s.at
			break
		}
		if len(rest) >= scanBlock/2 {
			if head == nil {
				head = append([]byte(nil), rest[:lineHead]...)
			}
			drop := len(rest) - 1 // a CR may be the last byte
			s.pos += drop
			s.at += int64(drop)
		}
		if !s.fill() {
			rest = s.buf[s.pos:]
			if s.at+int64(len(rest)) == l.start && head == nil {
				return l, false
			}
			if l.head = rest; head != nil {
				l.head = head
			}
			s.pos += len(rest)
			s.at += int64(len(rest))
			l.end, l.text = s.at, s.at
			break
		}
	}
	if len(l.head) > lineHead {
		l.head = l.head[:lineHead]
	}
	return l, true
}
