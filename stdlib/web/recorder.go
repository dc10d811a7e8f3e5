package web

import (
	"bytes"
	"net"
	"net/textproto"
	"strings"
	"sync"
)

// recorder is an HTTP/1 connection that can keep the head of a response as it came.
type recorder struct {
	net.Conn

	mu    sync.Mutex
	on    bool
	bytes []byte
	seen  int // bytes that hold no end of a head
}

// record starts anew: the next bytes are those of a response.
func (r *recorder) record() {
	r.mu.Lock()
	r.on, r.bytes, r.seen = true, nil, 0
	r.mu.Unlock()
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	if r.on {
		r.bytes = append(r.bytes, p[:n]...)
		r.cut()
	}
	r.mu.Unlock()
	return n, err
}

// cut drops interim responses (RFC 9110 section 15.2) and stops at the end of the
// final head.
func (r *recorder) cut() {
	for {
		end := headEnd(r.bytes, r.seen)
		if end < 0 {
			r.seen = max(0, len(r.bytes)-3)
			r.on = len(r.bytes) <= maxHead
			return
		}
		if !interim(r.bytes) {
			r.bytes, r.on = r.bytes[:end], false
			return
		}
		r.bytes, r.seen = r.bytes[end:], 0
	}
}

// headEnd returns the index behind the blank line that ends a head, -1 when there is
// none from index from on.
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		rest := b[i+1:]
		switch {
		case bytes.HasPrefix(rest, []byte("\n")):
			return i + 2
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return i + 3
		}
	}
	return -1
}

// interim tells whether a head has a status of 100 to 199 other than 101.
func interim(head []byte) bool {
	_, rest, _ := bytes.Cut(head, []byte(" "))
	rest = bytes.TrimLeft(rest, " ") // as net/http reads it
	return len(rest) >= 3 && rest[0] == '1' && !bytes.HasPrefix(rest, []byte("101"))
}

// head returns what was recorded, nil when the head did not end.
func (r *recorder) head() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		return nil
	}
	return r.bytes
}

// field is a line of a header.
type field struct{ name, value string }

// fields reads a recorded head: the lines behind the first, continuation lines joined
// by a space (RFC 9112 section 5.2).
func fields(head []byte) (first string, list []field) {
	for i, line := range strings.Split(string(head), "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case i == 0:
			first = line
		case line == "":
		case line[0] == ' ' || line[0] == '\t':
			if n := len(list); n > 0 {
				list[n-1].value = strings.TrimSpace(list[n-1].value + " " + textproto.TrimString(line))
			}
		default:
			name, value, _ := strings.Cut(line, ":")
			list = append(list, field{name, textproto.TrimString(value)})
		}
	}
	return first, list
}
