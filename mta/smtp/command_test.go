package smtp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/address"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, verb, arg string }{
		{"plain", "noop", "NOOP", ""},
		{"argument", "mail FROM:<a@b>", "MAIL", "FROM:<a@b>"},
		{"white space", "  Ehlo \t host  ", "EHLO", "host"},
		{"tab", "rcpt\tTO:<a@b>", "RCPT", "TO:<a@b>"},
		{"empty", "", "", ""},
		{"binary", "\x16\x03\x01", "", "\x16\x03\x01"},
		{"hyphen", "x-foo bar", "X-FOO", "bar"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			verb, arg := ParseCommand([]byte(tt.line))
			if verb != tt.verb || arg != tt.arg {
				t.Errorf("got %q %q, want %q %q", verb, arg, tt.verb, tt.arg)
			}
		})
	}
}

func TestParseMail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, arg string
		addr      address.Address
		params    Params
		err       error
	}{
		{"plain", "FROM:<A@B.example>", address.Address{Local: "A", Domain: "B.example"}, nil, nil},
		{"null", "from:<>", address.Address{}, nil, nil},
		{"space", "From: <a@b.example>  SIZE=10 body=8BITMIME", address.Address{Local: "a", Domain: "b.example"}, Params{{"SIZE", "10"}, {"BODY", "8BITMIME"}}, nil},
		{"bare", "FROM:a@b.example SMTPUTF8", address.Address{Local: "a", Domain: "b.example"}, Params{{"SMTPUTF8", ""}}, nil},
		{"equals in value", "FROM:<a@b.example> ENVID=a=b", address.Address{Local: "a", Domain: "b.example"}, Params{{"ENVID", "a=b"}}, nil},
		{"no colon", "FROM <a@b>", address.Address{}, nil, ErrSyntax},
		{"no address", "FROM:", address.Address{}, nil, ErrSyntax},
		{"wrong key", "TO:<a@b>", address.Address{}, nil, ErrSyntax},
		{"open", "FROM:<a@b", address.Address{}, nil, ErrPath},
		{"glued", "FROM:<a@b.example>SIZE=1", address.Address{}, nil, ErrPath},
		{"empty value", "FROM:<a@b.example> SIZE=", address.Address{}, nil, ErrParams},
		{"bad key", "FROM:<a@b.example> SI_ZE=1", address.Address{}, nil, ErrParams},
		{"hyphen first", "FROM:<a@b.example> -X", address.Address{}, nil, ErrParams},
		{"twice", "FROM:<a@b.example> SIZE=1 size=2", address.Address{}, nil, ErrParams},
		{"bad utf-8", "FROM:<a@b.example> X=\xff", address.Address{}, nil, ErrParams},
		{"too many", "FROM:<a@b.example> " + manyParams(MaxParams+1), address.Address{}, nil, ErrParams},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, p, err := ParseMail(tt.arg)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.addr, a); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.params, p); diff != "" {
				t.Errorf("params (-want +got):\n%s", diff)
			}
		})
	}
}

func manyParams(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" K")
		b.WriteByte(byte('A' + i%26))
		b.WriteByte(byte('A' + i/26))
	}
	return b.String()
}

func TestParseRcptNull(t *testing.T) {
	t.Parallel()
	if _, _, err := ParseRcpt("TO:<>"); !errors.Is(err, ErrPath) {
		t.Errorf("null recipient gave %v, want ErrPath", err)
	}
	a, _, err := ParseRcpt("to:<Postmaster>")
	if err != nil || a.Local != "Postmaster" || a.Domain != "" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAppendParams(t *testing.T) {
	t.Parallel()
	got := string(AppendParams(nil, Params{{"SIZE", "10"}, {"SMTPUTF8", ""}, {"X\r\nY", "a\r\nRCPT b"}}))
	want := " SIZE=10 SMTPUTF8 XY=a+0D+0ARCPT+20b"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestXtext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, plain, coded string }{
		{"plain", "abc@example.com", "abc@example.com"},
		{"specials", "a+b=c d", "a+2Bb+3Dc+20d"},
		{"bytes", "\x00\xff", "+00+FF"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := EncodeXtext(tt.plain); got != tt.coded {
				t.Errorf("encoded %q, want %q", got, tt.coded)
			}
			if got, err := DecodeXtext(tt.coded); err != nil || got != tt.plain {
				t.Errorf("decoded %q, %v, want %q", got, err, tt.plain)
			}
		})
	}
	for _, bad := range []string{"+", "+A", "+G0", "a=b", "a b", "é"} {
		if got, err := DecodeXtext(bad); !errors.Is(err, ErrXtext) {
			t.Errorf("DecodeXtext(%q) = %q, %v, want ErrXtext", bad, got, err)
		}
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	e := ParseExtensions([]string{"pipelining", "SIZE 1000", "AUTH=LOGIN", "AUTH plain cram-md5", "", " CHUNKING "})
	if !e.Has(ExtPipelining) || !e.Has(ExtChunking) || e.Has(ExtStartTLS) {
		t.Errorf("keywords of %v", e)
	}
	if n, ok := e.Size(); n != 1000 || !ok {
		t.Errorf("size %d, %v", n, ok)
	}
	if diff := cmp.Diff([]string{"LOGIN", "PLAIN", "CRAM-MD5"}, e.Mechanisms()); diff != "" {
		t.Errorf("mechanisms (-want +got):\n%s", diff)
	}
	if n, ok := ParseExtensions([]string{"SIZE x"}).Size(); n != 0 || !ok {
		t.Errorf("bad size gave %d, %v", n, ok)
	}
}

func FuzzParseMail(f *testing.F) {
	for _, s := range []string{"FROM:<a@b.example> SIZE=1 BODY=8BITMIME", "FROM:<>", "FROM:<\"a b\"@c>", "FROM:a@b\tX=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, params, err := ParseMail(s)
		if err != nil {
			return
		}
		line := AppendParams(nil, params)
		again, err := ParseParams(string(line))
		if err != nil {
			t.Fatalf("parse %q again: %v", line, err)
		}
		if diff := cmp.Diff(params, again); diff != "" {
			t.Errorf("params of %q (-want +got):\n%s", s, diff)
		}
	})
}

func FuzzXtext(f *testing.F) {
	f.Add("a+b=c\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := DecodeXtext(EncodeXtext(s))
		if err != nil || got != s {
			t.Errorf("%q came back as %q, %v", s, got, err)
		}
		_, _ = DecodeXtext(s)
	})
}
