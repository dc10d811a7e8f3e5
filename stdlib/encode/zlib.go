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

// uncompress returns at most limit bytes; what would be longer is an error, and so
// is what grow, which is told of the bytes on the way, has no room for.
func uncompress(s string, f format, limit int, grow func(n int) error) ([]byte, error) {
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
	// Pieces are put together once, when the length is known.
	var pieces [][]byte
	size := 0
	piece := make([]byte, 0, min(4*len(s)+64, 1<<18))
	for {
		n, err := r.Read(piece[len(piece):cap(piece)])
		piece = piece[:len(piece)+n]
		if err := grow(n); err != nil {
			return nil, err
		}
		switch size += n; {
		case size > limit:
			return nil, errInflated
		case err == io.EOF:
			return bytes.Join(append(pieces, piece), nil), nil
		case err != nil:
			return nil, err
		}
		if len(piece) == cap(piece) {
			pieces, piece = append(pieces, piece), make([]byte, 0, 1<<18)
		}
	}
}
