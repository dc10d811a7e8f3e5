package iconv

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// converter is the state of an Iconv object.
type converter struct {
	from, to         charset
	translit, ignore bool
	closed           bool
	errno            int // of the last conversion
}

// The errors of iconv(3), by their numbers.
const (
	badFile = 9  // EBADF
	cut     = 22 // EINVAL
	illegal = 84 // EILSEQ
)

// newConverter returns the converter between two names, nil with the number of the bad
// one.
func newConverter(from, to string) (*converter, int) {
	c := &converter{}
	var ok bool
	from, _, _ = strings.Cut(from, "//")
	if c.from, ok = find(from); !ok {
		return nil, 1
	}
	words := strings.Split(to, "//")
	if c.to, ok = find(words[0]); !ok {
		return nil, 2
	}
	for _, w := range words[1:] {
		for _, w := range strings.Split(w, ",") {
			switch strings.ToUpper(w) {
			case "":
			case "TRANSLIT":
				c.translit = true
			case "IGNORE":
				c.ignore = true
			default:
				return nil, 2
			}
		}
	}
	return c, 0
}

// convert converts a text. errno is 0 when that went well; the error ends the run.
func (c *converter) convert(t *vm.Thread, text string) (out []byte, errno int, err error) {
	in, to := c.from.from(), c.to.to()
	grown, size := t.Growth(), 0
	var buf []byte
	out = []byte{}
	for text != "" {
		if err := t.Stopped(nil); err != nil {
			return nil, 0, err
		}
		var n int
		var fault error
		// A step and the character that begins in it.
		buf, n, fault = in.next(buf[:0], []byte(text[:min(len(text), 2*step)]))
		if len(text) > 2*step && errors.Is(fault, errCut) {
			fault = errInvalid // no character is that long
		}
		if !c.ignore && fault != nil {
			if errors.Is(fault, errCut) {
				return nil, cut, nil
			}
			return nil, illegal, nil
		}
		text = text[n:]
		var ok bool
		if out, ok = c.write(to, out, buf); !ok {
			return nil, illegal, nil
		}
		if err := grown.Add(len(out) - size); err != nil {
			return nil, 0, err
		}
		size = len(out)
	}
	return to.end(out), 0, nil
}

// write appends UTF-8 in the target; false when a character has no form.
func (c *converter) write(to sink, out, s []byte) ([]byte, bool) {
	for {
		var n int
		if out, n = to.put(out, s); n == len(s) {
			return out, true
		}
		r, size := utf8.DecodeRune(s[n:])
		s = s[n+size:]
		written := false
		if c.translit {
			for _, alt := range instead(r) {
				// Tried elsewhere first: a part of it must not be written.
				if _, k := c.to.to().put(nil, []byte(alt)); k == len(alt) {
					out, _ = to.put(out, []byte(alt))
					written = true
					break
				}
			}
		}
		if !written && !c.ignore {
			return out, false
		}
	}
}

// result is what convert() of the object returns.
func (c *converter) result(t *vm.Thread, text string) (value.Value, error) {
	if c.closed {
		c.errno = badFile
		return value.None, nil
	}
	out, errno, err := c.convert(t, text)
	c.errno = errno
	if err != nil || errno != 0 {
		return value.None, err
	}
	return value.Bytes(out), nil
}
