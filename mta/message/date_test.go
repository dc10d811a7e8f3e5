package message_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/message"
)

// TestDate: the field tells the moment of Result, and that of the delivery once
// the patch is applied at one; size and place stay.
func TestDate(t *testing.T) {
	t.Parallel()
	at := func(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
	now := at(0)
	m := parse("A: 1\r\nDate: old\r\n\r\nx")
	e := m.Edit()
	e.AddField(m.Part, "Date", []byte("Date: added\r\n"))
	e.SetDate(m.Part, func() time.Time { return now })
	now = at(1)
	const form = "A: 1\r\nDate: Thu, 01 Jan 1970 00:00:0%d +0000\r\n\r\nx"
	want := func(d string) string { return strings.Replace(form, "%d", d, 1) }
	if d := cmp.Diff(want("1"), result(t, e)); d != "" {
		t.Errorf("result (-want +got)\n%s", d)
	}
	p, err := e.Patch()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want("7"), all(t, p.At(at(7)).Apply(m.Source()))); d != "" {
		t.Errorf("delivery (-want +got)\n%s", d)
	}
	if d := cmp.Diff(want("1"), all(t, p.Apply(m.Source()))); d != "" || p.Size() != p.At(at(7)).Size() {
		t.Errorf("the patch itself changed (-want +got)\n%s", d)
	}
	e.FixDates(at(3))
	if p, err = e.Patch(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want("3"), all(t, p.At(at(7)).Apply(m.Source()))); d != "" {
		t.Errorf("fixed (-want +got)\n%s", d)
	}
	e.SetOnly(m.Part, "Date", []byte("Date: mine\r\n"))
	if d := cmp.Diff("A: 1\r\nDate: mine\r\n\r\nx", result(t, e)); d != "" {
		t.Errorf("set (-want +got)\n%s", d)
	}
	if e.Size() < 100 || message.Memory(p.Apply(m.Source())) <= len("A: 1\r\nDate: old\r\n\r\nx") {
		t.Errorf("%d bytes", e.Size())
	}
}

// TestOneEncoding: a Content-Transfer-Encoding of SetBody and one that is added
// never stand side by side.
func TestOneEncoding(t *testing.T) {
	t.Parallel()
	const name = "Content-Transfer-Encoding"
	add := func(e *message.Editor) { e.AddField(e.Message().Part, name, []byte(name+": base64\r\n")) }
	body := func(e *message.Editor) { e.SetBody(e.Message().Part, []byte("x"), message.SevenBit) }
	for _, raw := range []string{"A: 1\r\n\r\ny", "A: 1\r\n" + name + ": 8bit\r\n\r\ny"} {
		for want, edit := range map[string]func(e *message.Editor){
			"7bit":   func(e *message.Editor) { add(e); body(e); body(e) },
			"base64": func(e *message.Editor) { body(e); add(e) },
			"binary": func(e *message.Editor) {
				body(e)
				e.SetField(e.Message().Part, name, -1, []byte(name+": binary\r\n"))
			},
			"quoted-printable": func(e *message.Editor) {
				e.DeleteField(e.Message().Part, name, -1)
				e.SetBody(e.Message().Part, []byte("x"), message.QuotedPrintable)
			},
		} {
			e := parse(raw).Edit()
			edit(e)
			m := parse(result(t, e))
			if n := len(m.Occurrences("content-transfer-encoding")); n != 1 || string(m.Encoding(m.Part)) != want {
				t.Errorf("%q: %d fields, encoding %s, want %s", raw, n, m.Encoding(m.Part), want)
			}
		}
	}
}

// broken is a source that fails from an offset on.
type broken struct {
	message.Source
	from int64
}

var errBroken = errors.New("broken")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errBroken
	}
	return b.Source.ReadAt(p, off)
}

// TestBrokenSource: what cannot be read is an error, never a shorter message.
func TestBrokenSource(t *testing.T) {
	t.Parallel()
	raw := message.Bytes([]byte(nested))
	m := message.Parse(raw)
	m.Parts(m.Part)
	for from := range int64(len(nested)) {
		bad := message.Parse(broken{raw, from})
		bad.Walk(bad.Part, func(p *message.Part) bool { return true })
		e := bad.Edit()
		e.SetBody(bad.Part, []byte("x"), "")
		e.Insert(bad.Part, []byte("\r\ny"), false, "multipart/x", "B")
		if src, err := e.Result(); err == nil && from > 0 {
			if _, err = message.ReadRange(src, 0, src.Size()); err != nil && !errors.Is(err, errBroken) {
				t.Fatalf("from %d: %v", from, err)
			}
		}
		if _, err := bad.Content(bad.Part, true); err == nil && bad.Part.End > from {
			t.Fatalf("from %d: no error", from)
		}
	}
}

// TestOutput: limits of building.
func TestOutput(t *testing.T) {
	t.Parallel()
	b := &message.Builder{}
	b.SetBody([]byte(strings.Repeat("é", 100)))
	b.SetType("text/plain; name=\"ü\"")
	b.SetDisposition("inline")
	b.SetDate(time.Unix(0, 0).UTC())
	if err := b.AddField("Content-Transfer-Encoding", "8bit", message.FieldOptions{}); err != nil {
		t.Fatal(err)
	}
	for limit := 1; limit < 400; limit += 50 {
		if err := b.WriteTo(&message.Output{Limit: limit}, true); !errors.Is(err, message.ErrLong) && limit < 350 {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	o := &message.Output{Check: func() error { return errBroken }}
	if err := b.WriteTo(o, true); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	o = &message.Output{}
	err := o.Finish(func(o *message.Output) error { return b.WriteTo(o, true) }, func(b []byte) ([]byte, error) { return append([]byte("X: 1\r\n"), b...), nil })
	m := parse(string(o.Bytes()))
	ct, _ := m.ContentType(m.Part)
	if err != nil || b.Size() < 200 || m.Fields[0].Name != "x" || ct.Params["name"] != "ü" || ct.Params["charset"] != "" && ct.Params["charset"] != "utf-8" {
		t.Errorf("%v %q", err, o.Bytes())
	}
	if err := o.Finish(func(*message.Output) error { return nil }, func([]byte) ([]byte, error) { return nil, errBroken }); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	multi := &message.Builder{}
	multi.SetBody([]byte("pre"))
	multi.AddPart(func(o *message.Output) error { return o.Write([]byte("\r\nx")) })
	if err := multi.SetBoundary("b b"); err != nil {
		t.Fatal(err)
	}
	if err := multi.AddField("Content-Type", "multipart/x", message.FieldOptions{}); err != nil {
		t.Fatal(err)
	}
	raw, err := multi.Render(true, nil)
	if m := parse(string(raw)); err != nil || len(m.Parts(m.Part)) != 1 {
		t.Errorf("%v %q", err, raw)
	}
	for limit := 1; limit < len(raw); limit++ {
		if err := multi.WriteTo(&message.Output{Limit: limit}, true); !errors.Is(err, message.ErrLong) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	for _, n := range []int{10, 499, 501} {
		for _, s := range []string{strings.Repeat("a", n), strings.Repeat("é \"", n)} {
			if got := message.ParseContentType("x/y; n=1; " + message.FormatParam("f", s)).Params["f"]; got != s {
				t.Errorf("%d: %.80q", n, got)
			}
		}
	}
}
