package mail_test

import (
	"errors"
	"io"
	"testing"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib"
)

// TestObjects: the hook's view of messages, and what counts as their memory.
func TestObjects(t *testing.T) {
	t.Parallel()
	b := registry.New()
	stdlib.Register(b)
	script.Register(b)
	u := b.Freeze()
	v, e := mail.Open(u, message.Parse(message.Bytes([]byte("A: 1\r\n\r\n"+string(make([]byte, 1000))))))
	if v.Object().Class != mail.Class(u) {
		t.Errorf("class %s", v.Object().Class.Name)
	}
	e.AddField(e.Message().Part, "B", []byte("B: 2\r\n"))
	if got, ok := mail.Editor(v); !ok || got != e {
		t.Error("not the editor of the object")
	}
	if _, ok := mail.Editor(value.Str("x")); ok {
		t.Error("a string has an editor")
	}
	s := value.NewSizer()
	if s.Add(v); s.Total < 1200 {
		t.Errorf("%d bytes", s.Total)
	}
	once := s.Total
	if s.Add(v); s.Total != once {
		t.Errorf("%d bytes when counted twice", s.Total)
	}
	src, err := e.Result()
	if err != nil {
		t.Fatal(err)
	}
	copied := mail.Message(u.Classes, src)
	got, ok := mail.Editor(copied)
	if raw, err := io.ReadAll(message.Reader(got.Message().Source())); !ok || err != nil || string(raw[:12]) != "B: 2\r\nA: 1\r\n" {
		t.Errorf("%q %v", raw, err)
	}
}

// TestParse: addresses as scripts give them.
func TestParse(t *testing.T) {
	t.Parallel()
	list := func(kv ...any) value.Value { return value.FromArray(value.Map(kv...)) }
	for _, c := range []struct {
		in   value.Value
		want string
	}{
		{value.Str("a@x.org"), "a@x.org"},
		{value.Str(""), ""},
		{value.Str("a"), "error"},
		{list("localpart", value.Str("a b"), "domain", value.Str("x.org")), `"a b"@x.org`},
		{list("localpart", value.Str("a"), "domain", value.Str("x..org")), "error"},
		{list("localpart", value.Str("a\r\n"), "domain", value.Str("x.org")), "error"},
		{list("localpart", value.FromArray(value.NewArray(0))), "error"},
		{value.Int(1), "error"},
	} {
		a, _, err := mail.Parse("f()", c.in)
		got := a.String()
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s (%v)", c.in.TypeName(), got, c.want, errors.Unwrap(err))
		}
	}
}
