package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxCommandLine bounds a command line in bytes, its CRLF included (mta.md
// 12.1; RFC 5321 4.5.3.1.4 asks for 512).
const MaxCommandLine = 4096

// MaxReplyLine bounds a reply line that is read, its CRLF included (RFC 5321
// 4.5.3.1.5 asks for 512).
const MaxReplyLine = 4096

// ErrLineTooLong is the error of ReadLine for a line above the limit.
var ErrLineTooLong = errors.New("line too long")

// ReadLine reads one line and returns it without its CRLF or bare LF. The
// slice is valid until the next read. A line of more than max bytes is
// consumed up to its end, at most drain bytes, and gives ErrLineTooLong; when
// not even then its end was seen the error also wraps io.ErrUnexpectedEOF and
// the stream is of no further use.
//
// r must have a buffer of at least max bytes.
func ReadLine(r *bufio.Reader, max, drain int) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == nil && len(line) <= max {
		line = line[:len(line)-1]
		return bytes.TrimSuffix(line, []byte{'\r'}), nil
	}
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if len(line) > 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	for n := len(line); err != nil; {
		if n > drain {
			return nil, fmt.Errorf("%w: %w", ErrLineTooLong, io.ErrUnexpectedEOF)
		}
		line, err = r.ReadSlice('\n')
		n += len(line)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
	return nil, ErrLineTooLong
}
