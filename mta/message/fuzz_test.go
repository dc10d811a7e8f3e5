package message_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/mta/message"
)

func FuzzStructure(f *testing.F) {
	f.Add([]byte(nested))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n--b--\nx"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n--b--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := message.Parse(message.Bytes(raw))
		e := m.Edit()
		m.Walk(m.Part, func(p *message.Part) bool {
			if p.Start > p.HeaderEnd || p.HeaderEnd > p.BodyStart || p.BodyStart > p.End {
				t.Fatalf("part %s: %+v", p.ID(), p)
			}
			if m.ByID(m.Part, p.ID()) != p {
				t.Fatalf("part %s is not found by its id", p.ID())
			}
			m.FileName(p)
			for _, f := range p.Fields {
				m.Text(f, "iso-2022-jp", true)
			}
			e.AddField(p, "x", nil)
			return true
		})
		if got := result(t, e); got != string(raw) {
			t.Fatalf("%q rendered as %q", raw, got)
		}
	})
}

func FuzzEdits(f *testing.F) {
	f.Add([]byte(nested), []byte{0, 1, 2, 4, 2, 1, 9, 3, 0})
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\nA: b\r\n--b--\r\n"), []byte{4, 1, 1, 7, 2, 0, 10, 0, 2})
	f.Add([]byte("A: 1"), []byte{10, 0, 0, 8, 0, 0, 12, 0, 40})
	f.Fuzz(func(t *testing.T, raw, changes []byte) {
		x := newMutator(message.Parse(message.Bytes(raw)))
		for ; len(changes) >= 3 && x.n < 20; changes = changes[3:] {
			x.change(changes[0], changes[1], changes[2])
		}
		x.check(t)
	})
}

// FuzzFields: a value that becomes a field is one field, and reads back.
func FuzzFields(f *testing.F) {
	f.Add("Subject", "Grüße aus Köln", false)
	f.Add("X", strings.Repeat("long word ", 20), true)
	f.Add("X", "a\r\nBcc: b", false)
	f.Fuzz(func(t *testing.T, name, value string, base64 bool) {
		raw, err := message.FormatField(name, value, message.FieldOptions{Base64: base64})
		if err != nil {
			return
		}
		m := parse(string(raw) + "\r\nbody")
		if len(m.Fields) != 1 || m.BadHeader || string(raw) != span(t, m, 0, m.HeaderEnd) {
			t.Fatalf("%q %q became %q", name, value, raw)
		}
		if got := m.Text(m.Fields[0], "", true); utf8.ValidString(value) && !strings.ContainsAny(value, "\r\n") && !strings.Contains(value, "=?") && strings.Trim(got, " \t") != strings.Trim(value, " \t") {
			t.Fatalf("%q became %q, which reads %q", value, raw, got)
		}
		if raw, err = message.FormatField(name, value, message.FieldOptions{Raw: true}); err != nil {
			return
		}
		if m = parse(string(raw) + "\r\nbody"); len(m.Fields) != 1 || m.BadHeader || span(t, m, m.BodyStart, m.End) != "body" {
			t.Fatalf("%q %q became %q", name, value, raw)
		}
	})
}

// FuzzParameters: a parameter that is written reads back, and every value parses.
func FuzzParameters(f *testing.F) {
	f.Add(`a/b; name*0*=utf-8''%c3; name*1*=%a9; name*2=".x"`)
	f.Add(`text/plain (c); charset="utf-8"`)
	f.Fuzz(func(t *testing.T, s string) {
		message.ParseContentType(s)
		if !utf8.ValidString(s) || strings.Contains(s, "=?") {
			return
		}
		ct := message.ParseContentType("attachment; " + message.FormatParam("filename", s))
		if got := ct.Params["filename"]; got != s && len(s) < 3000 {
			t.Fatalf("%q is written as %q and reads %q", s, message.FormatParam("filename", s), got)
		}
	})
}

func FuzzTransfer(f *testing.F) {
	f.Add([]byte("=3D=\r\n x=\n=zz aGk=\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, e := range []message.Encoding{message.Base64, message.QuotedPrintable} {
			if n := len(message.Decode(b, e)); n > len(b)+1 {
				t.Fatalf("%d bytes of %d", n, len(b))
			}
			if got := message.Decode(message.Encode(b, e, false), e); string(got) != string(b) {
				t.Fatalf("%s: %q became %q", e, b, got)
			}
		}
	})
}
