package message_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
)

// outline lists all parts with their places and fields.
func outline(src message.Source) []string {
	m := message.Parse(src)
	var out []string
	m.Walk(m.Part, func(p *message.Part) bool {
		out = append(out, fmt.Sprint(p.ID(), p.HeaderEnd, p.BodyStart, p.End, p.BadHeader, p.Fields))
		return true
	})
	return out
}

// TestSources: a message is read the same from memory, where it is looked at in place, and
// from elsewhere, block by block.
func TestSources(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	corpus(t, func(_ *testing.T, name string, raw []byte) { texts[name] = string(raw) })
	for name, shape := range shapes {
		texts[name] = shape(5000)
	}
	for name, text := range texts {
		if diff := cmp.Diff(outline(elsewhere{message.Bytes([]byte(text))}), outline(message.Bytes([]byte(text)))); diff != "" {
			t.Errorf("%s (-elsewhere +memory):\n%.2000s", name, diff)
		}
	}
}

// TestTake: whoever still has a source whose bytes were taken reads nothing of what they
// are used for then.
func TestTake(t *testing.T) {
	t.Parallel()
	src := message.Bytes([]byte("Subject: a\r\n\r\nbody\r\n"))
	b := src.Take()
	copy(b, "Subject: of somebody else")
	if got, err := io.ReadAll(message.Reader(src)); len(got) > 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read %q, %v", got, err)
	}
	if again := message.Parse(src); len(again.Fields) > 0 {
		t.Errorf("fields %v", again.Fields)
	}
	if src.Size() != int64(len(b)) || message.Memory(src) != 0 || src.Take() != nil {
		t.Errorf("size %d, %d bytes of memory", src.Size(), message.Memory(src))
	}
}

// TestTakeMeanwhile: who reads while the bytes are taken gets them or nothing.
func TestTakeMeanwhile(t *testing.T) {
	t.Parallel()
	for range 100 {
		src := message.Bytes(bytes.Repeat([]byte("a"), 1<<16))
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				got, _ := io.ReadAll(message.Reader(src))
				if bytes.Contains(got, []byte("b")) {
					t.Error("read what came later")
				}
			})
		}
		b := src.Take()
		for i := range b {
			b[i] = 'b'
		}
		all.Wait()
	}
}

// TestBytesReadAt: the bounds of io.ReaderAt.
func TestBytesReadAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		off  int64
		n    int
		want string
		err  error
	}{
		{0, 3, "abc", nil}, {1, 2, "bc", nil}, {1, 3, "bc", io.EOF}, {3, 1, "", io.EOF}, {9, 1, "", io.EOF}, {-1, 1, "", fs.ErrInvalid},
	} {
		b := make([]byte, tt.n)
		n, err := message.Bytes([]byte("abc")).ReadAt(b, tt.off)
		if string(b[:n]) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%d bytes at %d: %q, %v", tt.n, tt.off, b[:n], err)
		}
	}
}

// elsewhere hides where a source lies.
type elsewhere struct{ message.Source }
