package address_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want address.Address
		err  error
	}{
		{"", address.Address{}, nil},
		{"User.Name+tag@Example.ORG", address.Address{Local: "User.Name+tag", Domain: "Example.ORG"}, nil},
		{`"a b"@x.org`, address.Address{Local: "a b", Domain: "x.org"}, nil},
		{`"a\"b\\"@x.org`, address.Address{Local: `a"b\`, Domain: "x.org"}, nil},
		{"a@[192.0.2.1]", address.Address{Local: "a", Domain: "[192.0.2.1]"}, nil},
		{"a@[IPv6:2001:db8::1]", address.Address{Local: "a", Domain: "[IPv6:2001:db8::1]"}, nil},
		{"ü@bücher.example", address.Address{Local: "ü", Domain: "bücher.example"}, nil},
		{"postmaster", address.Address{Local: "postmaster"}, nil},
		{"root", address.Address{}, address.ErrDomain},
		{"@x.org", address.Address{}, address.ErrLocal},
		{"a.@x.org", address.Address{}, address.ErrLocal},
		{"a..b@x.org", address.Address{}, address.ErrLocal},
		{"a b@x.org", address.Address{}, address.ErrDomain},
		{"a@", address.Address{}, address.ErrDomain},
		{"a@x..org", address.Address{}, address.ErrDomain},
		{"a@-x.org", address.Address{}, address.ErrDomain},
		{"a@x.org>", address.Address{}, address.ErrDomain},
		{"a@[300.0.0.1]", address.Address{}, address.ErrDomain},
		{"\"a\r\n\"@x.org", address.Address{}, address.ErrLocal},
		{strings.Repeat("a", 300) + "@x.org", address.Address{}, address.ErrLocal},
		{"a@" + strings.Repeat("x.", 200) + "org", address.Address{}, address.ErrDomain},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			got, err := address.Parse(c.in)
			if !errors.Is(err, c.err) || got != c.want {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want, rest string
		ok             bool
	}{
		{"<>", "", "", true},
		{"<> SIZE=1", "", " SIZE=1", true},
		{"<a@b.c>X", "a@b.c", "X", true},
		{"<@r.x,@s.y:a@b.c>", "a@b.c", "", true},
		{"<Postmaster>", "Postmaster", "", true},
		{`<"a>b"@c.d>`, `"a>b"@c.d`, "", true},
		{"a@b.c SIZE=1", "a@b.c", " SIZE=1", true},
		{"<a@b.c", "", "", false},
		{"<a@b c>", "", "", false},
		{"a@b.c>", "", "", false},
		{"<@r.x a@b.c>", "", "", false},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			a, rest, err := address.ParsePath(c.in)
			if (err == nil) != c.ok || c.ok && (a.String() != c.want || rest != c.rest) {
				t.Errorf("got %q %q %v", a, rest, err)
			}
		})
	}
}

// TestQuote: what String writes, Parse reads.
func TestQuote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := address.Address{Local: rapid.StringMatching(`[ -~é]{1,20}`).Draw(t, "local"), Domain: "example.org"}
		got, err := address.Parse(a.String())
		if err != nil || got != a {
			t.Fatalf("%q reads as %+v, %v", a.String(), got, err)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	type E = address.Entry
	for _, c := range []struct {
		in   string
		want []address.Entry
		ok   bool
	}{
		{"", nil, true},
		{"jo@x.org", []E{{"", "jo@x.org"}}, true},
		{`Jo <jo@x.org>; "A, B" <ab@y.org>`, []E{{"Jo", "jo@x.org"}, {"A, B", "ab@y.org"}}, true},
		{"team: a@x.org, B <b@x.org>;, c@x.org", []E{{"", "a@x.org"}, {"B", "b@x.org"}, {"", "c@x.org"}}, true},
		{"undisclosed-recipients:;", nil, true},
		{"(note) a@x.org (it's (nested) me)", []E{{"", "a@x.org"}}, true},
		{"J. Doe <@route.x:jd@x.org>", []E{{"J. Doe", "jd@x.org"}}, true},
		{`"q\"d" <"a b"@x.org>`, []E{{`q"d`, `"a b"@x.org`}}, true},
		{"a@x.org,,b@x.org,", []E{{"", "a@x.org"}, {"", "b@x.org"}}, true},
		{"a@[IPv6:2001:db8::1], g: b@[IPv6:::2];", []E{{"", "a@[IPv6:2001:db8::1]"}, {"", "b@[IPv6:::2]"}}, true},
		{"not an address", nil, false},
		{"a@x.org b@x.org", nil, false},
		{"Jo <jo@x.org", nil, false},
		{"(open a@x.org", nil, false},
		{strings.Repeat("(", 1000), nil, false},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			got, err := address.ParseList(c.in)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if d := cmp.Diff(c.want, got); c.ok && d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestFormatList(t *testing.T) {
	t.Parallel()
	got := address.FormatList([]address.Entry{{"A, B", "ab@y.org"}, {"Jo Do", "jo@x.org"}, {"", "x@y.z"}, {"é", "e@x.org"}},
		func(s string) string { return "=?" + s + "?=" })
	if want := `"A, B" <ab@y.org>, Jo Do <jo@x.org>, x@y.z, =?é?= <e@x.org>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestASCIIDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Bücher.Example.": "xn--bcher-kva.example", "EXAMPLE.org": "example.org", "a_b.x": "a_b.x"} {
		if got := address.ASCIIDomain(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a@b.c", `<"x\"y"@[IPv6:::1]>`, "Jo <jo@x>, g: a@b;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := address.Parse(s); err == nil && !a.IsNull() {
			if b, err := address.Parse(a.String()); err != nil || a != b {
				t.Errorf("%q: %+v reads back as %+v, %v", s, a, b, err)
			}
		}
		_, _, _ = address.ParsePath(s)
		_, _ = address.ParseList(s)
	})
}

// FuzzList: a list that can be read and is written again reads the same.
func FuzzList(f *testing.F) {
	for _, s := range []string{`"A, B" <ab@y.org>, c@d.e`, "g: a@b, (x) c@d;;", `=?utf-8?Q?=C3=A9?= <"a b"@[192.0.2.1]>`} {
		f.Add(s)
	}
	plain := func(s string) string { return "=?utf-8?Q?x?=" }
	f.Fuzz(func(t *testing.T, s string) {
		list, err := address.ParseList(s)
		if err != nil {
			return
		}
		text := address.FormatList(list, plain)
		again, err := address.ParseList(text)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q is written as %q and reads %+v, %v", s, text, again, err)
		}
		for i := range list {
			if list[i].Address != again[i].Address {
				t.Fatalf("%q: %+v reads back as %+v", s, list[i], again[i])
			}
		}
	})
}
