package smtp

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppendReply(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 600)
	for _, tt := range []struct {
		name  string
		reply Reply
		want  string
	}{
		{"one line", MakeReply(250, [3]int{2, 0, 0}, "Ok"), "250 2.0.0 Ok\r\n"},
		{"no enhanced", MakeReply(220, [3]int{}, "host ESMTP"), "220 host ESMTP\r\n"},
		{"two lines", MakeReply(554, [3]int{5, 7, 1}, "a", "b"), "554-5.7.1 a\r\n554 5.7.1 b\r\n"},
		{"embedded line feed", MakeReply(554, [3]int{}, "a\r\nb\r"), "554-a\r\n554 b\r\n"},
		{"control bytes", MakeReply(250, [3]int{}, "a\x00b\x1bc\x7fd\te"), "250 a?b?c?d\te\r\n"},
		{"no lines", Reply{Code: 250}, "250 \r\n"},
		{"cut", MakeReply(250, [3]int{}, long), "250 " + long[:496] + "\r\n"},
		{"cut between characters", MakeReply(250, [3]int{}, long[:495]+"é"), "250 " + long[:495] + "\r\n"},
		{"fits", MakeReply(250, [3]int{}, long[:494]+"é"), "250 " + long[:494] + "é\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, string(AppendReply(nil, tt.reply))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		enhanced bool
		want     Reply
		err      error
	}{
		{"one line", "250 2.1.0 Ok\r\n", true, Reply{250, [3]int{2, 1, 0}, []string{"Ok"}}, nil},
		{"not split", "250 2.1.0 Ok\r\n", false, Reply{250, [3]int{}, []string{"2.1.0 Ok"}}, nil},
		{"other class", "250 5.1.0 Ok\r\n", true, Reply{250, [3]int{}, []string{"5.1.0 Ok"}}, nil},
		{"lines", "550-5.7.1 a\r\n550-b\r\n550 5.7.1 c\r\n", true, Reply{550, [3]int{5, 7, 1}, []string{"a", "b", "c"}}, nil},
		{"bare LF", "250-a\n250 b\n", true, Reply{250, [3]int{}, []string{"a", "b"}}, nil},
		{"code alone", "354\r\n", true, Reply{354, [3]int{}, []string{""}}, nil},
		{"no code", "hello\r\n", true, Reply{}, ErrBadReply},
		{"empty", "\r\n", true, Reply{}, ErrBadReply},
		{"code 199", "199 x\r\n", true, Reply{}, ErrBadReply},
		{"code 600", "600 x\r\n", true, Reply{}, ErrBadReply},
		{"codes differ", "250-a\r\n251 b\r\n", true, Reply{}, ErrBadReply},
		{"no separator", "250x\r\n", true, Reply{}, ErrBadReply},
		{"long line", "250 " + strings.Repeat("x", MaxReplyLine) + "\r\n", true, Reply{}, ErrBadReply},
		{"too many lines", strings.Repeat("250-a\r\n", MaxReplyLines+1), true, Reply{}, ErrBadReply},
		{"too many bytes", strings.Repeat("250-"+strings.Repeat("x", 2000)+"\r\n", 40), true, Reply{}, ErrBadReply},
		{"end of file", "250-a\r\n", true, Reply{}, io.EOF},
		{"cut line", "250 a", true, Reply{}, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadReply(bufio.NewReaderSize(strings.NewReader(tt.in), MaxReplyLine), tt.enhanced)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// zeroes is a peer that never ends its line.
type zeroes struct{ n int64 }

func (z *zeroes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	z.n += int64(len(p))
	return len(p), nil
}

func TestReadLineFlood(t *testing.T) {
	t.Parallel()
	z := new(zeroes)
	_, err := ReadLine(bufio.NewReaderSize(z, MaxCommandLine), MaxCommandLine, 64<<10)
	if !errors.Is(err, ErrLineTooLong) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if z.n > 128<<10 {
		t.Errorf("read %d bytes", z.n)
	}
}

func TestReadLineRecovers(t *testing.T) {
	t.Parallel()
	r := bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", 5000)+"\r\nNOOP\r\n"), MaxCommandLine)
	if _, err := ReadLine(r, MaxCommandLine, 64<<10); !errors.Is(err, ErrLineTooLong) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("got %v", err)
	}
	if line, err := ReadLine(r, MaxCommandLine, 64<<10); err != nil || string(line) != "NOOP" {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestDefaultReply(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		phase  string
		action DefaultAction
		want   string
	}{
		{"connect", OnAccept, "220 mx.example ESMTP\r\n"},
		{"connect", OnReject, "521 mx.example does not accept mail from you\r\n"},
		{"connect", OnDefer, "421 4.3.2 Service temporarily unavailable\r\n"},
		{"helo", OnAccept, "250 mx.example\r\n"},
		{"eod", OnAccept, "250 2.0.0 Ok: queued as T1\r\n"},
		{"rcptto", OnDefer, "450 4.7.1 Recipient temporarily rejected\r\n"},
	} {
		r, ok := DefaultReply(tt.phase, tt.action, "mx.example", "T1")
		if !ok {
			t.Fatalf("no default for %s %s", tt.phase, tt.action)
		}
		if diff := cmp.Diff(tt.want, string(AppendReply(nil, r))); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.phase, tt.action, diff)
		}
	}
	if _, ok := DefaultReply("disconnect", OnAccept, "", ""); ok {
		t.Error("disconnect has a default reply")
	}
}

func FuzzReply(f *testing.F) {
	f.Add(550, "5.7.1 a\nb", true)
	f.Add(250, "\x00\r\r\n", false)
	f.Fuzz(func(t *testing.T, code int, text string, enhanced bool) {
		if code < 200 || code > 599 {
			return
		}
		r := Reply{Code: code, Lines: SplitText(text)}
		if enhanced {
			r.Enhanced = [3]int{code / 100, 1, 2}
		}
		wire := AppendReply(nil, r)
		got, err := ReadReply(bufio.NewReaderSize(strings.NewReader(string(wire)), MaxReplyLine), enhanced)
		if errors.Is(err, ErrBadReply) && len(wire) > MaxReplyBytes {
			return
		}
		if err != nil {
			t.Fatalf("read %q: %v", wire, err)
		}
		if got.Code != code || len(got.Lines) != min(len(r.Lines), MaxReplyLines) {
			t.Errorf("%q came back as %+v", wire, got)
		}
	})
}

func FuzzReadReply(f *testing.F) {
	f.Add("250-a\r\n250 b\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ReadReply(bufio.NewReaderSize(strings.NewReader(s), MaxReplyLine), true)
		if err == nil && (len(r.Lines) == 0 || r.Code < 200) {
			t.Errorf("%q gave %+v", s, r)
		}
	})
}
