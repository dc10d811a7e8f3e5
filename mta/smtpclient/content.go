package smtpclient

import (
	"bytes"
	"io"

	"github.com/hawser-mta/hawser/mta/message"
)

// facts are what decides how content is sent.
type facts struct {
	size       int64
	eightBit   bool // some byte above ASCII
	header8Bit bool // in the header section
	exact      bool // bare LF, NUL or a line over 998 bytes: DATA would change it or break
}

// look reads content once.
func look(src message.Source) (facts, error) {
	f := facts{size: src.Size()}
	header := true
	r := message.Reader(src)
	buf := make([]byte, min(64<<10, max(src.Size(), 1)))
	line := 0
	last := byte('\n')
	for {
		n, err := r.Read(buf)
		b := buf[:n]
		f.exact = f.exact || bytes.IndexByte(b, 0) >= 0
		for len(b) > 0 {
			i := bytes.IndexByte(b, '\n')
			text := b
			if i >= 0 {
				text = b[:i]
			}
			if !ascii(text) {
				f.eightBit = true
				f.header8Bit = f.header8Bit || header
			}
			if len(text) > 0 {
				last = text[len(text)-1]
			}
			line += len(text)
			if i < 0 {
				break
			}
			if last != '\r' || line-1 > 998 {
				f.exact = true
			}
			if line <= 1 {
				header = false
			}
			line, last = 0, '\n'
			b = b[i+1:]
		}
		if err == io.EOF {
			f.exact = f.exact || line > 998
			return f, nil
		}
		if err != nil {
			return f, err
		}
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
