package control

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Command is the byte that names a command.
type Command byte

// Kinds of answers.
const (
	Success = '+'
	Failure = 'E'
	Line    = '=' // unsolicited
)

// Bounds of a request: bytes of its body.
const (
	maxBody   = 1 << 20
	maxImport = 256 << 20 // of a message with its envelope
)

// errVersion is the answer to whoever speaks something else.
var errVersion = errors.New("got another version, want the version bytes 5 7")

// readVersion reads what a connection begins with.
func readVersion(r io.Reader) error {
	var b [2]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	if b != [2]byte{5, 7} && b != [2]byte{'5', '7'} {
		return errVersion
	}
	return nil
}

// refusal ends a connection with an answer.
type refusal struct{ text string }

// Error returns the text.
func (r *refusal) Error() string { return r.text }

// readCommand reads a command byte.
func readCommand(r io.Reader) (Command, *verb, error) {
	var b [1]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, nil, err
	}
	c := Command(b[0])
	v := verbs[c]
	if v == nil {
		return c, nil, &refusal{fmt.Sprintf("got command %q, want one of the table", b[:])}
	}
	return c, v, nil
}

// readLength reads the length of a body of at most so many bytes.
func readLength(r io.Reader, most int64) (int64, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	n := binary.LittleEndian.Uint64(b[:])
	if n > uint64(most) {
		return 0, &refusal{fmt.Sprintf("got a body of %d bytes, want %d at most", n, most)}
	}
	return int64(n), nil
}

// readBody reads a body. Memory grows with what arrives, not with what was promised.
func readBody(r io.Reader, n int64) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, n); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// readRequest reads a whole request.
func readRequest(r io.Reader) (Command, *verb, []byte, error) {
	c, v, err := readCommand(r)
	if err != nil || !v.body {
		return c, v, nil, err
	}
	n, err := readLength(r, v.most())
	if err != nil {
		return c, v, nil, err
	}
	body, err := readBody(r, n)
	return c, v, body, err
}

// header returns a byte and a length, as answers and bodies have them.
func header(kind byte, n int) []byte {
	return binary.LittleEndian.AppendUint64([]byte{kind}, uint64(n))
}
