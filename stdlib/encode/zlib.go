package encode

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
)

// format is the wrapper around deflate data.
type format int

const (
	rawDeflate format = iota
	zlibFormat
	gzipFormat
	detectFormat
)

// window returns the wrapper that a windowbits number of zlib means.
func window(bits int, reading bool) (format, bool) {
	switch {
	case -15 <= bits && bits <= -8:
		return rawDeflate, true
	case 8 <= bits && bits <= 15:
		return zlibFormat, true
	case 24 <= bits && bits <= 31:
		return gzipFormat, true
	case reading && 40 <= bits && bits <= 47:
		return detectFormat, true
	}
	return 0, false
}

// compress returns deflate data in the wrapper.
func compress(s string, level int, f format) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch f {
	case zlibFormat:
		w, _ = zlib.NewWriterLevel(&b, level)
	case gzipFormat:
		w, _ = gzip.NewWriterLevel(&b, level)
	default:
		w, _ = flate.NewWriter(&b, level)
	}
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

var errInflated = errors.New("the data inflates to too much")

// uncompress returns at most limit bytes; what would be longer is an error.
func uncompress(s string, f format, limit int) ([]byte, error) {
	if f == detectFormat {
		if f = zlibFormat; strings.HasPrefix(s, "\x1f\x8b") {
			f = gzipFormat
		}
	}
	in := bufio.NewReader(strings.NewReader(s))
	var r io.Reader
	var err error
	switch f {
	case zlibFormat:
		r, err = zlib.NewReader(in)
	case gzipFormat:
		r, err = gzip.NewReader(in)
	default:
		r = flate.NewReader(in)
	}
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(out) > limit {
		err = errInflated
	}
	return out, err
}
