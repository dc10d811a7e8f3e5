package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/stdlib/web"
)

type parts = web.URL

// TestParse splits addresses, those of RFC 3986 section 1.1.2 among them.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want *parts // nil: none
	}{
		{"http://u@h:81/p?q#f", &parts{Schema: "http", Username: "u", Hostname: "h", Port: "81", Path: "/p", Query: "q", Fragment: "f"}},
		{"https://example.com", &parts{Schema: "https", Hostname: "example.com"}},
		{"HTTPS://Example.COM/A%20b", &parts{Schema: "https", Hostname: "Example.COM", Path: "/A%20b"}},
		{"http://u:p:w@h@x/", &parts{Schema: "http", Username: "u", Password: "p:w@h", Hostname: "x", Path: "/"}},
		{"http://u%40:p:w@x/", &parts{Schema: "http", Username: "u%40", Password: "p:w", Hostname: "x", Path: "/"}},
		{"http://:pw@x", &parts{Schema: "http", Password: "pw", Hostname: "x"}},
		{"http://[2001:db8::1]:8080/x", &parts{Schema: "http", Hostname: "2001:db8::1", Port: "8080", Path: "/x"}},
		{"http://[fe80::1%25eth0]/", &parts{Schema: "http", Hostname: "fe80::1%25eth0", Path: "/"}},
		{"http://[v7.a:b]/", &parts{Schema: "http", Hostname: "v7.a:b", Path: "/"}},
		{"http://h?q", &parts{Schema: "http", Hostname: "h", Query: "q"}},
		{"http://h#f?x", &parts{Schema: "http", Hostname: "h", Fragment: "f?x"}},
		{"http://h/?#", &parts{Schema: "http", Hostname: "h", Path: "/"}},
		{"http://h:/", &parts{Schema: "http", Hostname: "h", Path: "/"}},
		{"http://h/a:b@c//d", &parts{Schema: "http", Hostname: "h", Path: "/a:b@c//d"}},
		{"http://bücher.example/ü?ö", &parts{Schema: "http", Hostname: "bücher.example", Path: "/ü", Query: "ö"}},
		{"ftp://ftp.is.co.za/rfc/rfc1808.txt", &parts{Schema: "ftp", Hostname: "ftp.is.co.za", Path: "/rfc/rfc1808.txt"}},
		{"ldap://[2001:db8::7]/c=GB?objectClass?one", &parts{Schema: "ldap", Hostname: "2001:db8::7", Path: "/c=GB", Query: "objectClass?one"}},
		{"mailto:John.Doe@example.com", &parts{Schema: "mailto", Path: "John.Doe@example.com"}},
		{"tel:+1-816-555-1212", &parts{Schema: "tel", Path: "+1-816-555-1212"}},
		{"urn:oasis:names:x", &parts{Schema: "urn", Path: "oasis:names:x"}},
		{"file:///etc/passwd", &parts{Schema: "file", Path: "/etc/passwd"}},
		{"//h/p", &parts{Hostname: "h", Path: "/p"}},
		{"/p?q", &parts{Path: "/p", Query: "q"}},
		{"p/q:r", &parts{Path: "p/q:r"}},
		{"?q", &parts{Query: "q"}},
		{"", nil}, {"http://", nil}, {"http:", nil}, {"http:/x", nil}, {"https:///x", nil}, {"http://u@/", nil}, {"http://:80/", nil}, {"file://:80/", nil},
		{"http://h:x/", nil}, {"http://h:65536/", nil}, {"http://h:-1/", nil}, {"http://h:+1/", nil}, {"http://a:b:c/", nil},
		{"http://[::1/", nil}, {"http://[::1]x/", nil}, {"http://[1.2.3.4]/", nil}, {"http://[x]/", nil}, {"http://a[b]/", nil}, {"http://::1/", nil},
		{"not a url", nil}, {"http://h/a b", nil}, {"http://h\n/", nil}, {"\x00", nil}, {"http://h\x7f", nil}, {":x", nil}, {"1a:x", nil}, {"a b:x", nil},
	} {
		got, ok := web.Parse(c.in)
		if ok != (c.want != nil) {
			t.Errorf("%q: got %+v %v", c.in, got, ok)
		} else if ok {
			if d := cmp.Diff(*c.want, got); d != "" {
				t.Errorf("%q (-want +got)\n%s", c.in, d)
			}
		}
	}
}

// join puts an address together again.
func join(u parts) string {
	var b strings.Builder
	if u.Schema != "" {
		b.WriteString(u.Schema + ":")
	}
	if u.Hostname != "" {
		b.WriteString("//")
		if u.Username+u.Password != "" {
			b.WriteString(u.Username)
			if u.Password != "" {
				b.WriteString(":" + u.Password)
			}
			b.WriteString("@")
		}
		if strings.Contains(u.Hostname, ":") {
			b.WriteString("[" + u.Hostname + "]")
		} else {
			b.WriteString(u.Hostname)
		}
		if u.Port != "" {
			b.WriteString(":" + u.Port)
		}
	}
	b.WriteString(u.Path)
	if u.Query != "" {
		b.WriteString("?" + u.Query)
	}
	if u.Fragment != "" {
		b.WriteString("#" + u.Fragment)
	}
	return b.String()
}

// FuzzParse: parts put together again have the same parts, and those of an address of
// the web are those that Go sees where Go accepts it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"http://u:p@h:81/p?q#f", "https://[::1]:1/", "mailto:a@b", "//h", "file:///x", "http://h:x", "a:b:c", "http://[fe80::1%25e]/", "/p?#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, ok := web.Parse(s)
		if !ok || u.Hostname == "" {
			return
		}
		again, ok := web.Parse(join(u))
		if !ok {
			t.Fatalf("%q: %+v, put together %q, is none", s, u, join(u))
		}
		if d := cmp.Diff(u, again); d != "" {
			t.Fatalf("%q: put together %q (-first +again)\n%s", s, join(u), d)
		}
		g, err := url.Parse(s)
		if err != nil || strings.Contains(s, "%") {
			return
		}
		if g.Hostname() != u.Hostname || strings.TrimLeft(g.Port(), "0") != strings.TrimLeft(u.Port, "0") || g.User.Username() != u.Username {
			t.Errorf("%q: host %q port %q user %q, Go has %q %q %q", s, u.Hostname, u.Port, u.Username, g.Hostname(), g.Port(), g.User.Username())
		}
	})
}
