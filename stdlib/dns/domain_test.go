package dns_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/stdlib/dns"
)

var vector = regexp.MustCompile(`(?m)^checkPublicSuffix\((?:'([^']*)'|null), (?:'([^']*)'|null)\);`)

// TestPublicSuffix compares with the vectors of the list's makers, which name the domain
// below the suffix. Top-level domains that the list does not know have no suffix here.
func TestPublicSuffix(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/psl/test_psl.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range vector.FindAllStringSubmatch(string(src), -1) {
		domain, want := m[1], m[2]
		suffix, ok := dns.PublicSuffix(domain)
		got := ""
		if rest, below := strings.CutSuffix(strings.ToLower(domain), "."+suffix); ok && below {
			got = rest[strings.LastIndex(rest, ".")+1:] + "." + suffix
		}
		if strings.HasSuffix(want, ".example") && !ok {
			want = ""
		}
		if n++; got != want {
			t.Errorf("%s: got %q (suffix %q, %v), want %q", domain, got, suffix, ok, want)
		}
	}
	if n < 70 {
		t.Errorf("only %d vectors", n)
	}
}

// TestIDNA goes through labels of all kinds; "" is none.
func TestIDNA(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for _, c := range []struct{ in, ascii, unicode string }{
		{"bücher.example", "xn--bcher-kva.example", "bücher.example"},
		{"BÜCHER.Example.", "xn--bcher-kva.example.", "bücher.example."},
		{"xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"},
		{"XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"},
		{"faß.de", "xn--fa-hia.de", "faß.de"}, // not transitional
		{"bu\u0308cher。example", "xn--bcher-kva.example", "bücher.example"},
		{"_dmarc.EXAMPLE.com", "_dmarc.example.com", "_dmarc.example.com"},
		{"_tcp.bücher.example", "_tcp.xn--bcher-kva.example", "_tcp.bücher.example"},
		{"r3---sn-x.example", "r3---sn-x.example", "r3---sn-x.example"},
		{"-a-.example", "-a-.example", "-a-.example"},
		{"192.0.2.1", "192.0.2.1", "192.0.2.1"},
		{"ｅｘａｍｐｌｅ.com", "example.com", "example.com"},
		{"食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn", "食狮.公司.cn"},
		{"אבג.com", "xn--4dbcd.com", "אבג.com"},
		{"😀.example", "xn--e28h.example", "😀.example"},
		{long + ".example", long + ".example", long + ".example"},
		{long + "a.example", "", ""},
		{strings.Repeat("ab.", 84) + "a", strings.Repeat("ab.", 84) + "a", strings.Repeat("ab.", 84) + "a"},
		{strings.Repeat("ab.", 84) + "ab", "", ""},
		{strings.Repeat("ü", 100) + ".example", "", ""},
		{"", "", ""}, {".", "", ""}, {"a..b", "", ""}, {".a", "", ""},
		{"xn--a.example", "", ""}, {"xn--.example", "", ""}, {"xn--zzzzzzzz999999.example", "", ""},
		{"-ü.example", "", ""}, {"ü-.example", "", ""},
		{"a b.example", "", ""}, {"a\n.example", "", ""}, {"a\x00", "", ""},
		{"\xff\xfe.example", "", ""}, {"\u0301a.example", "", ""}, {"a\u200db.example", "", ""},
		{"aא.example", "", ""}, // mixed direction
		{strings.Repeat("a.", 10000), "", ""},
	} {
		if got, ok := dns.ToASCII(c.in); got != c.ascii && ok || ok != (c.ascii != "") {
			t.Errorf("ToASCII(%.80q) = %q %v, want %q", c.in, got, ok, c.ascii)
		}
		if got, ok := dns.ToUnicode(c.in); got != c.unicode && ok || ok != (c.unicode != "") {
			t.Errorf("ToUnicode(%.80q) = %q %v, want %q", c.in, got, ok, c.unicode)
		}
	}
}

// FuzzIDNA: what is valid has a fixed form in both directions.
func FuzzIDNA(f *testing.F) {
	for _, s := range []string{"bücher.example", "xn--bcher-kva.example", "a..b", "食狮。公司.cn", "xn--a", "_x.FAß.", "\xff", "אבג.com", "r3---sn-x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ascii, ok := dns.ToASCII(s)
		if !ok {
			return
		}
		if again, ok := dns.ToASCII(ascii); !ok || again != ascii {
			t.Errorf("%q: %q becomes %q %v", s, ascii, again, ok)
		}
		if n := len(strings.TrimSuffix(ascii, ".")); n > 253 {
			t.Errorf("%q: %d octets", s, n)
		}
		unicode, ok := dns.ToUnicode(ascii)
		if !ok {
			t.Fatalf("%q: %q cannot be decoded", s, ascii)
		}
		if back, ok := dns.ToASCII(unicode); !ok || back != ascii {
			t.Errorf("%q: %q, as Unicode %q, comes back as %q %v", s, ascii, unicode, back, ok)
		}
		_, _ = dns.PublicSuffix(s)
	})
}
