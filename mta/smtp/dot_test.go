package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readDot reads one message in blocks as r gives them, and returns the
// normalised content and what was left behind the terminator.
func readDot(r io.Reader) (content, rest string, err error) {
	br := bufio.NewReaderSize(r, 16)
	var buf bytes.Buffer
	cw := &ContentWriter{W: &buf}
	if _, err = NewDotReader(br).WriteTo(cw); err != nil {
		return buf.String(), "", err
	}
	tail, err := io.ReadAll(br)
	return buf.String(), string(tail), err
}

func TestDotReader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want, rest string }{
		{"empty", ".\r\n", "", ""},
		{"line", "a\r\n.\r\n", "a\r\n", ""},
		{"stuffed", "..\r\n...a\r\n.b\r\n.\r\nQUIT\r\n", ".\r\n..a\r\nb\r\n", "QUIT\r\n"},
		{"no CRLF at the end is not the end", "a.\r\n.\r\n", "a.\r\n", ""},
		// SMTP smuggling: none of these ends the data.
		{"LF dot LF", "a\n.\nMAIL\r\n.\r\n", "a\r\n.\r\nMAIL\r\n", ""},
		{"LF dot CRLF", "a\n.\r\nMAIL\r\n.\r\n", "a\r\n.\r\nMAIL\r\n", ""},
		{"CRLF dot LF", "a\r\n.\nMAIL\r\n.\r\n", "a\r\n\r\nMAIL\r\n", ""},
		{"CR dot CR", "a\r.\rMAIL\r\n.\r\n", "a\r.\rMAIL\r\n", ""},
		{"CR dot CRLF", "a\r.\r\nMAIL\r\n.\r\n", "a\r.\r\nMAIL\r\n", ""},
		{"CRLF dot CR", "a\r\n.\rMAIL\r\n.\r\n", "a\r\n\rMAIL\r\n", ""},
		{"CRLF dot CR CRLF", "a\r\n.\r\r\nMAIL\r\n.\r\n", "a\r\n\r\r\nMAIL\r\n", ""},
		{"LF dot CR LF at once", "\n.\r\n.\r\n", "\r\n.\r\n", ""},
		{"CR LF parted by NUL", "a\r\x00\n.\r\x00\n.\r\n.\r\n", "a\r\x00\r\n.\r\x00\r\n.\r\n", ""},
		{"bare LF", "a\nb\n\nc\r\n.\r\n", "a\r\nb\r\n\r\nc\r\n", ""},
		{"bare CR", "a\rb\r\r\nc\r\n.\r\n", "a\rb\r\r\nc\r\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for kind, r := range map[string]io.Reader{
				"whole":    strings.NewReader(tt.in),
				"bytewise": iotest.OneByteReader(strings.NewReader(tt.in)),
				"half":     iotest.HalfReader(strings.NewReader(tt.in)),
			} {
				got, rest, err := readDot(r)
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s content (-want +got):\n%s", kind, diff)
				}
				if diff := cmp.Diff(tt.rest, rest); diff != "" {
					t.Errorf("%s rest (-want +got):\n%s", kind, diff)
				}
			}
		})
	}
}

func TestDotReaderCut(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "a", "a\r\n", "a\r\n.", "a\r\n.\r", "a\n.\n"} {
		if _, _, err := readDot(strings.NewReader(in)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q gave %v", in, err)
		}
	}
}

func TestContentWriter(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	cw := &ContentWriter{W: &buf, Limit: 6}
	for _, s := range []string{"ab", "\n", "c\r", "\nlonger", " line\r\n"} {
		if _, err := cw.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if !cw.TooBig() || cw.Size != int64(len("ab\r\nc\r\nlonger line\r\n")) {
		t.Errorf("size %d, too big %v", cw.Size, cw.TooBig())
	}
	if buf.Len() > 6 {
		t.Errorf("%d bytes were written beyond the limit", buf.Len())
	}
	if cw.Longest != len("longer line")+1 && cw.Longest != len("longer line") {
		t.Errorf("longest line %d", cw.Longest)
	}
	if cw.NUL {
		t.Error("NUL seen")
	}
	if _, _ = cw.Write([]byte("\x00")); !cw.NUL {
		t.Error("NUL not seen")
	}
}

func TestDotWriter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ".\r\n"},
		{"plain", "a\r\n", "a\r\n.\r\n"},
		{"dots", ".\r\n..a\r\nb.\r\n", "..\r\n...a\r\nb.\r\n.\r\n"},
		{"unfinished", "a", "a\r\n.\r\n"},
		{"ends in CR", "a\r", "a\r\n.\r\n"},
		{"bare LF", "a\n.b\n", "a\r\n..b\r\n.\r\n"},
		{"bare CR", "a\r.b\r\n", "a\r.b\r\n.\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1, 2, 100} {
				var buf bytes.Buffer
				w := NewDotWriter(&buf)
				for s := tt.in; s != ""; {
					k := min(step, len(s))
					if _, err := io.WriteString(w, s[:k]); err != nil {
						t.Fatal(err)
					}
					s = s[k:]
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, buf.String()); diff != "" {
					t.Errorf("step %d (-want +got):\n%s", step, diff)
				}
			}
		})
	}
}

// FuzzDot checks that any content written comes back, normalised, and that
// the reader's answer does not depend on how the bytes arrive.
func FuzzDot(f *testing.F) {
	for _, s := range []string{"", ".", "a\r\n.\r\nb", "\r.\r\n", "a\n.\n", "\r\r\n..\r"} {
		f.Add([]byte(s), uint64(1))
	}
	f.Fuzz(func(t *testing.T, content []byte, seed uint64) {
		var wire, want bytes.Buffer
		w := NewDotWriter(&wire)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		cw := &ContentWriter{W: &want}
		_, _ = cw.Write(content)
		if n := len(content); n > 0 && content[n-1] == '\r' {
			_, _ = cw.Write([]byte{'\n'})
		} else if n > 0 && content[n-1] != '\n' {
			_, _ = cw.Write([]byte("\r\n"))
		}
		wire.WriteString("QUIT\r\n")
		got, rest, err := readDot(&choppy{wire.Bytes(), rand.New(rand.NewPCG(seed, 1))})
		if err != nil {
			t.Fatal(err)
		}
		if got != want.String() || rest != "QUIT\r\n" {
			t.Errorf("content %q\nwire %q\ngot %q, rest %q", content, wire.Bytes(), got, rest)
		}
		a, ra, ea := readDot(bytes.NewReader(content))
		b, rb, eb := readDot(&choppy{content, rand.New(rand.NewPCG(seed, 2))})
		if a != b || ra != rb || (ea == nil) != (eb == nil) {
			t.Errorf("%q read whole %q %q %v, in pieces %q %q %v", content, a, ra, ea, b, rb, eb)
		}
	})
}

// choppy gives its bytes in pieces of random size.
type choppy struct {
	b   []byte
	rng *rand.Rand
}

func (c *choppy) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:1+c.rng.IntN(min(len(c.b), 5))])
	c.b = c.b[n:]
	return n, nil
}

func BenchmarkDotReader(b *testing.B) {
	msg := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 1000) + ".\r\n"
	src := strings.NewReader(msg)
	br := bufio.NewReaderSize(src, 16<<10)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		src.Reset(msg)
		br.Reset(src)
		if _, err := NewDotReader(br).WriteTo(&ContentWriter{W: io.Discard}); err != nil {
			b.Fatal(err)
		}
	}
}
