package file

import (
	"bytes"
	"io"
	"io/fs"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// chunk is what is read ahead for lines, in bytes.
const chunk = 4 << 10

// fill reads ahead when nothing is left of the last time; io.EOF at the end.
func (h *Handle) fill() error {
	switch {
	case h.src == nil:
		return fs.ErrClosed
	case len(h.buffer) > 0:
		return nil
	case h.pos >= h.size:
		return io.EOF
	}
	b := make([]byte, min(chunk, h.size-h.pos))
	n, err := h.src.Read(b)
	if n > 0 {
		h.buffer = b[:n]
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// line returns the next line without its end; ok is false at the end of the file or
// on an error, which fatal is not: that one ends the run.
func (h *Handle) line(t *vm.Thread) (line []byte, err, fatal error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	grown := t.Growth()
	begun := false
	for {
		err := h.fill()
		if err == io.EOF && begun {
			return line, nil, nil
		}
		if err != nil {
			return nil, err, nil
		}
		begun = true
		part, rest, found := bytes.Cut(h.buffer, []byte("\n"))
		h.pos += int64(len(h.buffer) - len(rest))
		if err := grown.Add(len(part)); err != nil {
			return nil, nil, err
		}
		if line = append(line, part...); found {
			h.buffer = rest
			return bytes.TrimSuffix(line, []byte("\r")), nil, nil
		}
		h.buffer = nil
		if err := t.Stopped(nil); err != nil {
			return nil, nil, err
		}
	}
}
