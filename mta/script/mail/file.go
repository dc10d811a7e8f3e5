package mail

import (
	"errors"
	"io"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/file"
)

func toFileSig() *sig.Func {
	return sig.New("toFile() -> File", "The message as a stream; cheaper than toString() for large ones.").Method()
}

// stream is a message that is read as a file; closing it keeps the message.
type stream struct{ *io.SectionReader }

func (stream) Close() error { return nil }

// asFile returns a File object over a message.
func (c *classes) asFile(src message.Source) value.Value {
	return file.New(c.file, stream{message.Reader(src)}, src.Size())
}

// fromFile is MailMessage::File: the message stays where the file is, and is read as
// long as the file is open.
func (c *classes) fromFile(_ *vm.Thread, a []value.Value) (value.Value, error) {
	h, ok := file.Of(a[0])
	if !ok {
		return value.None, errors.New("MailMessage::File(): argument 1 (file) must be File, got " + a[0].TypeName())
	}
	if _, err := h.ReadAt(nil, 0); err != nil && !errors.Is(err, io.EOF) {
		return value.None, nil // closed
	}
	return c.open(message.Parse(h), c.message), nil
}
