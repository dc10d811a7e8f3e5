package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/token"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	names := map[token.Kind]string{}
	for n, k := range token.Symbols {
		names[k] = n
	}
	src := "if ($a =~ #/x\\/y/i) echo \"s\" . ''r'' /* c */ ; // rest\n1_000 new ü \"open"
	var got []string
	for _, tok := range Tokens(src) {
		got = append(got, fmt.Sprintf("%s %s", names[tok.Kind], src[tok.From:tok.To]))
	}
	want := []string{
		"Keyword if", "Punct (", "Variable $a", "Punct =~", `Regex #/x\/y/i`, "Punct )", "Keyword echo", `String "s"`, "Punct .",
		"RawString ''r''", "Comment /* c */", "Punct ;", "Comment // rest", "Number 1_000", "Refused new", "Bad ü", `Bad "open`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"f(": true, "f()": false, "if (1) {": true, "{ }": false, `"a`: true, `"a{"`: false, "''a": true, "''a{''": false, "/* x": true,
		"// {": false, "#/{/": false, "]": false, "[1, [2]": true, "$a[": true, "": false,
	} {
		if Open(src) != want {
			t.Errorf("Open(%q) is %v", src, !want)
		}
	}
}

// FuzzTokens: tokens and the blanks between them are the text.
func FuzzTokens(f *testing.F) {
	f.Add("if ($a) { echo 'x'; } \"")
	f.Add("#/a\\")
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, src string) {
		if strings.HasPrefix(strings.TrimPrefix(src, "\ufeff"), "#!") {
			return // the first line counts as blank
		}
		at := 0
		for _, tok := range Tokens(src) {
			if tok.From < at || tok.To <= tok.From || tok.To > len(src) || strings.TrimLeft(src[at:tok.From], " \t\r\n\v\f\ufeff") != "" {
				t.Fatalf("token %v after byte %d in %q", tok, at, src)
			}
			at = tok.To
		}
		Open(src)
	})
}
