package message_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"pgregory.net/rapid"
)

func all(t testing.TB, src message.Source) string {
	t.Helper()
	b, err := io.ReadAll(message.Reader(src))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse(s string) *message.Message { return message.Parse(message.Bytes([]byte(s))) }

func result(t testing.TB, e *message.Editor) string {
	t.Helper()
	src, err := e.Result()
	if err != nil {
		t.Fatal(err)
	}
	return all(t, src)
}

const nested = "From: a@x.org\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n" +
	"preamble\r\n--out\r\nContent-Type: multipart/alternative; boundary=\"in\"\r\n\r\n" +
	"--in\r\nContent-Type: text/plain\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n\r\n<b>\r\n--in--\r\nin-epilogue\r\n" +
	"--out\r\nContent-Disposition: attachment; filename*=utf-8''%c3%a9.txt\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--out--\r\nepilogue\r\n"

func TestTree(t *testing.T) {
	t.Parallel()
	m := parse(nested)
	var got []string
	m.Walk(m.Part, func(p *message.Part) bool {
		ct, _ := m.ContentType(p)
		body, err := m.Content(p, true)
		if err != nil {
			t.Error(err)
		}
		if m.Multipart(p) {
			body = nil
		}
		got = append(got, fmt.Sprintf("%s %s %q %s", p.ID(), ct.Type, body, m.FileName(p)))
		return true
	})
	want := []string{`0 multipart/mixed "" `, `0.1 multipart/alternative "" `, `0.1.1 text/plain "plain" `, `0.1.2 text/html "<b>" `, `0.2  "hi" é.txt`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	text := func(from, to int64, ok bool) string {
		if !ok {
			return "none"
		}
		return nested[from:to]
	}
	if p, e := text(m.Preamble(m.Part)), text(m.Epilogue(m.Part)); p != "preamble" || e != "epilogue\r\n" {
		t.Errorf("preamble %q epilogue %q", p, e)
	}
	if e := text(m.Epilogue(m.Parts(m.Part)[0])); e != "in-epilogue" {
		t.Errorf("inner epilogue %q", e)
	}
}

// TestMalformed: what is broken is text, and nothing is lost or crashes.
func TestMalformed(t *testing.T) {
	t.Parallel()
	multi := "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	for _, c := range []struct{ name, in, want string }{
		{"no header", "\r\nbody", "0[body]"},
		{"no empty line", "A: b\r\nC: d", "0[]"},
		{"nothing", "", "0[]"},
		{"bare LF", "A: b\n\nbody\n", "0[body\n]"},
		{"unclosed", multi + "--b\r\n\r\none\r\n--b\r\n\r\ntwo", "0{0.1[one] 0.2[two]} unclosed"},
		{"no parts", multi + "text", "0[text] unclosed"},
		{"boundary ends a header", multi + "--b\r\nX: y\r\n--b\r\n\r\ntwo\r\n--b--", "0{0.1[] 0.2[two]}"},
		{"outer boundary closes inner", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n",
			"0{0.1{0.1.1[x]} unclosed 0.2[y]}"},
		{"longer boundary is not ours", multi + "--b\r\n\r\nx\r\n--bc\r\ny\r\n--b--", "0{0.1[x\r\n--bc\r\ny]}"},
		{"white space behind the boundary", multi + "--b  \r\n\r\nx\r\n--b-- \r\n", "0{0.1[x]}"},
		{"line without a name", "From someone\r\nA: b\r\n\r\nx", "0[x] bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := parse(c.in)
			if got := show(t, m, m.Part); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

func show(t *testing.T, m *message.Message, p *message.Part) string {
	var b strings.Builder
	b.WriteString(p.ID())
	if m.Multipart(p) {
		var parts []string
		for _, c := range m.Parts(p) {
			parts = append(parts, show(t, m, c))
		}
		b.WriteString("{" + strings.Join(parts, " ") + "}")
	} else {
		body, err := m.Content(p, false)
		if err != nil {
			t.Error(err)
		}
		b.WriteString("[" + string(body) + "]")
	}
	if p.Unclosed {
		b.WriteString(" unclosed")
	}
	if p.BadHeader {
		b.WriteString(" bad")
	}
	return b.String()
}

func TestEdits(t *testing.T) {
	t.Parallel()
	const simple = "A: 1\r\nSubject: old\r\n folded\r\na: 2\r\n\r\nbody\r\n"
	field := func(name, value string) []byte {
		raw, err := message.FormatField(name, value, message.FieldOptions{})
		if err != nil {
			panic(err)
		}
		return raw
	}
	part := func(s string) []byte { return []byte("Content-Type: text/plain\r\n\r\n" + s) }
	for _, c := range []struct {
		name, in string
		edit     func(e *message.Editor, p *message.Part)
		want     string
	}{
		{"nothing", simple, func(*message.Editor, *message.Part) {}, simple},
		{"add two on top", simple, func(e *message.Editor, p *message.Part) {
			e.AddField(p, "X", field("X", "1"))
			e.AddField(p, "Y", field("Y", "2"))
		}, "Y: 2\r\nX: 1\r\n" + simple},
		{"set in place", simple, func(e *message.Editor, p *message.Part) {
			e.SetField(p, "subject", -1, field("Subject", "new"))
		}, "A: 1\r\nSubject: new\r\na: 2\r\n\r\nbody\r\n"},
		{"set adds once", simple, func(e *message.Editor, p *message.Part) {
			e.SetField(p, "X", -1, field("X", "1"))
			e.SetField(p, "X", -1, field("X", "2"))
		}, "X: 2\r\n" + simple},
		{"set then delete keeps the new value", simple, func(e *message.Editor, p *message.Part) {
			e.SetField(p, "subject", -1, field("Subject", "new"))
			e.DeleteField(p, "subject", -1)
		}, "A: 1\r\nSubject: new\r\na: 2\r\n\r\nbody\r\n"},
		{"delete all", simple, func(e *message.Editor, p *message.Part) { e.DeleteField(p, "A", -1) }, "Subject: old\r\n folded\r\n\r\nbody\r\n"},
		{"delete the second", simple, func(e *message.Editor, p *message.Part) { e.DeleteField(p, "a", 1) }, "A: 1\r\nSubject: old\r\n folded\r\n\r\nbody\r\n"},
		{"rename", simple, func(e *message.Editor, p *message.Part) {
			if _, err := e.RenameField(p, "subject", "X-Old"); err != nil {
				panic(err)
			}
		}, "A: 1\r\nX-Old: old\r\n folded\r\na: 2\r\n\r\nbody\r\n"},
		{"body", simple, func(e *message.Editor, p *message.Part) { e.SetBody(p, []byte("é\n"), "") },
			"A: 1\r\nSubject: old\r\n folded\r\na: 2\r\nContent-Transfer-Encoding: base64\r\n\r\nw6kNCg==\r\n"},
		{"body without a header end", "A: 1", func(e *message.Editor, p *message.Part) { e.SetBody(p, []byte("x"), "7bit") },
			"A: 1\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx"},
		{"remove a part", nested, func(e *message.Editor, p *message.Part) {
			if err := e.Remove(e.Message().Parts(p)[1]); err != nil {
				panic(err)
			}
		}, strings.Replace(nested, "--out\r\nContent-Disposition: attachment; filename*=utf-8''%c3%a9.txt\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--out--", "--out--", 1)},
		{"remove the first part", nested, func(e *message.Editor, p *message.Part) {
			if err := e.Remove(e.Message().Parts(e.Message().Parts(p)[0])[0]); err != nil {
				panic(err)
			}
		}, strings.Replace(nested, "--in\r\nContent-Type: text/plain\r\n\r\nplain\r\n--in\r\n", "--in\r\n", 1)},
		{"append to a multipart", nested, func(e *message.Editor, p *message.Part) { e.Insert(p, part("new"), false, "multipart/mixed", "B") },
			strings.Replace(nested, "\r\n--out--", "\r\n--out\r\nContent-Type: text/plain\r\n\r\nnew\r\n--out--", 1)},
		{"prepend to a multipart", nested, func(e *message.Editor, p *message.Part) { e.Insert(p, part("new"), true, "multipart/mixed", "B") },
			strings.Replace(nested, "--out\r\n", "--out\r\nContent-Type: text/plain\r\n\r\nnew\r\n--out\r\n", 1)},
		{"append to text wraps it", "A: 1\r\nContent-Type: text/plain\r\nB: 2\r\n\r\nbody", func(e *message.Editor, p *message.Part) {
			e.Insert(p, part("new"), false, "multipart/mixed", "B")
			e.Insert(p, part("more"), false, "multipart/mixed", "C")
		}, "A: 1\r\nB: 2\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"B\"\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nbody\r\n--B\r\n" +
			"Content-Type: text/plain\r\n\r\nnew\r\n--B\r\nContent-Type: text/plain\r\n\r\nmore\r\n--B--\r\n"},
		{"replace a part", nested, func(e *message.Editor, p *message.Part) { e.Replace(e.Message().Parts(p)[0], part("x")) },
			nested[:strings.Index(nested, "Content-Type: multipart/alternative")] + "Content-Type: text/plain\r\n\r\nx" + nested[strings.Index(nested, "\r\n--out\r\nContent-Disposition"):]},
		{"preamble and epilogue", nested, func(e *message.Editor, p *message.Part) {
			if e.SetPreamble(p, []byte("P")) != nil || e.SetEpilogue(p, []byte("E")) != nil {
				panic("not multipart")
			}
		}, strings.Replace(strings.Replace(nested, "preamble", "P", 1), "\r\nepilogue\r\n", "\r\nE", 1)},
		{"modify bytes", simple, func(e *message.Editor, p *message.Part) {
			for _, x := range []struct{ at, n int64 }{{0, 3}, {2, 2}, {int64(len(simple)), 0}} {
				if err := e.Modify(x.at, x.n, []byte("!")); err != nil {
					panic(err)
				}
			}
		}, "A:!\r\nSubject: old\r\n folded\r\na: 2\r\n\r\nbody\r\n!"},
		{"snapshot", simple, func(e *message.Editor, p *message.Part) {
			e.AddField(p, "X", field("X", "1"))
			id := e.Snapshot()
			e.AddField(p, "Y", field("Y", "2"))
			if !e.Restore(id) || e.Restore(99) {
				panic("restore")
			}
		}, "X: 1\r\n" + simple},
		{"reset", simple, func(e *message.Editor, p *message.Part) {
			e.DeleteField(p, "A", -1)
			if e.Reset() != 1 {
				panic("reset")
			}
		}, simple},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := parse(c.in)
			e := m.Edit()
			c.edit(e, m.Part)
			if d := cmp.Diff(c.want, result(t, e)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// corpus calls f with every message of testdata/mail.
func corpus(t *testing.T, f func(t *testing.T, name string, raw []byte)) {
	n := 0
	err := filepath.WalkDir("../../testdata/mail/eml", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".eml" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		f(t, path, raw)
		return nil
	})
	if err != nil || n < 50 {
		t.Fatalf("%d messages, %v", n, err)
	}
}

// TestCorpus: unchanged messages stay byte for byte, all parts can be reached,
// and a new field changes nothing else.
func TestCorpus(t *testing.T) {
	t.Parallel()
	corpus(t, func(t *testing.T, name string, raw []byte) {
		m := message.Parse(message.Bytes(raw))
		e := m.Edit()
		if got := result(t, e); got != string(raw) {
			t.Errorf("%s: changed without a change", name)
		}
		m.Walk(m.Part, func(p *message.Part) bool {
			if _, err := m.Content(p, true); err != nil {
				t.Errorf("%s: part %s: %v", name, p.ID(), err)
			}
			m.FileName(p)
			if m.ByID(m.Part, p.ID()) != p {
				t.Errorf("%s: part %s is not found by its id", name, p.ID())
			}
			// A change that says what is there already renders the whole tree.
			e.SetField(p, "x-none", 5, nil)
			return true
		})
		e.AddField(m.Part, "X-New", []byte("X-New: 1\r\n"))
		for _, p := range m.Parts(m.Part) {
			e.AddField(p, "X-Part", nil)
		}
		if got := result(t, e); got != "X-New: 1\r\n"+string(raw) {
			t.Errorf("%s: adding a field changed more", name)
		}
	})
}

// TestPatch: reading a patched source anywhere equals the spliced bytes.
func TestPatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "raw")
		var p message.Patch
		var want []byte
		at := 0
		for at < len(raw) && rapid.Bool().Draw(t, "more") {
			start := rapid.IntRange(at, len(raw)).Draw(t, "start")
			count := rapid.IntRange(0, len(raw)-start).Draw(t, "count")
			data := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "data")
			p = append(p, message.Splice{Start: int64(start), Count: int64(count), Data: data})
			want = append(append(want, raw[at:start]...), data...)
			at = start + count
			if count == 0 {
				at++
				want = append(want, raw[start:min(start+1, len(raw))]...)
			}
		}
		want = append(want, raw[min(at, len(raw)):]...)
		src := p.Apply(message.Bytes(raw))
		if src.Size() != int64(len(want)) || src.Size() != int64(len(raw))+p.Size() {
			t.Fatalf("size %d, want %d", src.Size(), len(want))
		}
		from := rapid.IntRange(0, len(want)).Draw(t, "from")
		got := make([]byte, len(want)-from)
		if _, err := src.ReadAt(got, int64(from)); err != nil && len(got) > 0 || !bytes.Equal(got, want[from:]) {
			t.Fatalf("from %d: got %q, want %q (%v)", from, got, want[from:], err)
		}
	})
}

// TestSize: cost grows linearly in fields and parts; a quadratic reader would
// not end within the time of a test.
func TestSize(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "X-%d: value\r\n", i%1000)
	}
	b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 10_000 {
		b.WriteString("--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n")
	}
	b.WriteString("--b--\r\n")
	m := parse(b.String())
	e := m.Edit()
	if n := len(m.Parts(m.Part)); n != 10_000 {
		t.Fatalf("%d parts", n)
	}
	for _, p := range m.Parts(m.Part) {
		e.AddField(p, "X", []byte("X: 1\r\n"))
	}
	if n := e.DeleteField(m.Part, "X-7", -1); n != 100 {
		t.Fatalf("deleted %d fields", n)
	}
	want := int64(b.Len() + 10_000*6 - 100*len("X-7: value\r\n"))
	if src, err := e.Result(); err != nil || src.Size() != want {
		t.Fatalf("size %d, want %d (%v)", src.Size(), want, err)
	}
}

func TestFormatField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		o           message.FieldOptions
		want        string
	}{
		{"Subject", "plain", message.FieldOptions{}, "Subject: plain\r\n"},
		{"Subject", "café au lait", message.FieldOptions{}, "Subject: =?utf-8?Q?caf=C3=A9?= au lait\r\n"},
		{"Subject", "café", message.FieldOptions{Base64: true}, "Subject: =?utf-8?B?Y2Fmw6k=?=\r\n"},
		{"Subject", "a\r\nBcc: b", message.FieldOptions{}, "Subject: a Bcc: b\r\n"},
		{"X", "a\r\n b", message.FieldOptions{Raw: true}, "X: a\r\n b\r\n"},
		{"X", "a\r\nB: c", message.FieldOptions{Raw: true}, "error"},
		{"X", "a\r\n\r\nbody", message.FieldOptions{Raw: true}, "error"},
		{"X", "a\r\n \r\nbody", message.FieldOptions{Raw: true}, "error"},
		{"X Y", "a", message.FieldOptions{}, "error"},
		{"X:", "a", message.FieldOptions{}, "error"},
		{"", "a", message.FieldOptions{}, "error"},
		{"X", strings.Repeat("word ", 20) + "end", message.FieldOptions{},
			"X:" + strings.Repeat(" word", 15) + "\r\n" + strings.Repeat(" word", 5) + " end\r\n"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			t.Parallel()
			raw, err := message.FormatField(c.name, c.value, c.o)
			got := string(raw)
			if err != nil {
				got = "error"
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestTransfer: every encoding gives back what went in.
func TestTransfer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.SampledFrom([]byte("a. =\t\xe9\x00F\n"))).Draw(t, "data")
		text := rapid.Bool().Draw(t, "text")
		want := data
		if text {
			want = message.CRLF(data)
		}
		for _, e := range []message.Encoding{message.Base64, message.QuotedPrintable} {
			enc := message.Encode(data, e, text)
			for line := range bytes.SplitSeq(enc, []byte("\r\n")) {
				if len(line) > 76 {
					t.Fatalf("%s: line of %d bytes", e, len(line))
				}
			}
			if got := message.Decode(enc, e); !bytes.Equal(got, want) {
				t.Fatalf("%s: %q gives %q, want %q", e, enc, got, want)
			}
		}
	})
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	text, html, b := &message.Builder{}, &message.Builder{}, &message.Builder{}
	text.SetBody([]byte("text"))
	html.SetType("text/html")
	html.SetBody([]byte("<b>t</b>"))
	html.SetFileName("é.html")
	if err := b.AddField("Subject", "Hi", message.FieldOptions{}); err != nil {
		t.Fatal(err)
	}
	b.SetType("multipart/alternative")
	for _, c := range []*message.Builder{text, html} {
		b.AddPart(func(o *message.Output) error { return c.WriteTo(o, false) })
	}
	got, err := b.Render(true, func() string { return "BB" })
	if err != nil {
		t.Fatal(err)
	}
	want := "Subject: Hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"BB\"\r\n\r\n" +
		"--BB\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\ntext\r\n" +
		"--BB\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n" +
		"Content-Disposition: attachment; filename*=utf-8''%C3%A9.html\r\n\r\n<b>t</b>\r\n--BB--\r\n"
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	b.SetType("text/plain")
	if _, err := b.Render(true, nil); err == nil {
		t.Error("parts in a text were not refused")
	}
	if err := b.SetBoundary("a b "); err == nil {
		t.Error("a boundary that ends in a space was not refused")
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, typ, key, want string }{
		{`Text/Plain; Charset="utf-8"`, "text/plain", "charset", "utf-8"},
		{`text/plain (comment); charset=us-ascii (c)`, "text/plain", "charset", "us-ascii"},
		{`a/b; name*0*=utf-8''%c3; name*1*=%a9; name*2=".x"`, "a/b", "name", "é.x"},
		{`a/b; name*=iso-8859-1'en'%e9`, "a/b", "name", "é"},
		{`a/b; name="=?utf-8?Q?=C3=A9?="`, "a/b", "name", "é"},
		{`a/b; name="a;b\"c"; x=y`, "a/b", "name", `a;b"c`},
		{`a/b; ; broken; x=y`, "a/b", "x", "y"},
		{"a/b; name=\"\xe9\"", "a/b", "name", "é"},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			ct := message.ParseContentType(c.in)
			if ct.Type != c.typ || ct.Params[c.key] != c.want {
				t.Errorf("got %+v, want %s %s=%s", ct, c.typ, c.key, c.want)
			}
		})
	}
}
