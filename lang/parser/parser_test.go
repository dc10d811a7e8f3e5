package parser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

func TestParseMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"missing operand", "echo $a + ;", "t:1:11: error: got ';', want expression"},
		{"missing paren", "if (1 { echo 1; }", "t:1:7: error: got '{', want ')'"},
		{"missing semicolon", "echo 1\necho 2;", "t:2:1: error: got 'echo', want ';'"},
		{"three part number", "echo 1.2.3;", "t:1:6: error: got '1.2.3', want number"},
		{"stray else", "else { }", "t:1:1: error: got 'else', want statement"},
		{"reserved function name", "function match($x) { }", "t:1:10: error: 'match' is a reserved word, want name"},
		{"interpolated include", `include "$f.hsl";`, "t:1:9: error: got string with a variable in it behind 'include', want plain string"},
		{"bad escape", `echo "a\q";`, `t:1:8: error: unknown escape '\q' in string`},
		{"quote", "echo \u201cx\u201d;", "t:1:6: error: unexpected character typographic quote '\u201c' (U+201C)"},
		{"assign to call", "f() = 1;", "t:1:1: error: got call before '=', want a variable, element or property"},
		{"end of file", "if (1)", "t:1:7: error: got end of file, want statement"},
		{"mixed pattern", `["a" => $a, $b] = $c;`, "t:1:13: error: a pattern has keys for all elements or for none"},
		{"comment without end", "echo 1; /* x", "t:1:9: error: comment without end, want '*/'"},
		{"string without end", "echo \"x;\n", "t:1:6: error: string without end, want '\"'"},
		{"raw string without end", "echo 'D'x''y'd';", "t:1:6: error: raw string without end, want 'D'"},
		{"raw string without beginning", "echo 'a b';", "t:1:6: error: got ''' without a raw string delimiter"},
		{"regex without end", "echo #/ab\n/;", "t:1:6: error: regex literal without end, want '/'"},
		{"regex with an escaped line break", "echo #/ab\\\n/;", "t:1:6: error: regex literal without end, want '/'"},
		{"end of file behind blanks", "echo 1 // x\n\n", "t:1:7: error: got end of file, want ';'"},
		{"missing brace", "function f() { echo 1;", "t:1:23: error: got end of file, want '}'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, l := Parse(&token.FileSet{}, "t", c.src)
			if len(l) == 0 || l[0].Error() != c.want {
				t.Errorf("got %v\nwant %s", text(l), c.want)
			}
		})
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	src := "echo 1 +;\nif ($a) { echo ); echo 2; }\n$x = = 3;\necho \"fine\";\nwhile (1 { echo 5; }\necho 6 7;\n"
	_, l := Parse(&token.FileSet{}, "t", src)
	var lines []int
	for _, d := range l {
		lines = append(lines, d.Pos.Line)
	}
	if len(l) != 5 {
		t.Errorf("got %d errors, want 5:\n%s", len(l), text(l))
	}
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"(", "[", "!", "- ", "if (1) ", "{", "$a = ", "1 ?: ", "2 ** ", "f(", "function () {", "match (", "$a ?? ", "1 + ", "$a[", "[$a] = "} {
		_, l := Parse(&token.FileSet{}, "t", strings.Repeat(open, 20000))
		if !l.Errors() {
			t.Errorf("20000 × %q: no error", open)
		}
	}
}

func text(l diag.List) string {
	var b strings.Builder
	diag.Text(&b, l)
	return b.String()
}

var block = regexp.MustCompile("(?s)```hsl\n(.*?)```")

func BenchmarkParse(b *testing.B) {
	src := strings.Repeat("function f($a, $b = 2) {\n\tif ($a == $b) { return [$a, \"k\" => $b . \"x$a\"]; }\n\tforeach ($a as $k => $v) $b += strlen($v) * 2;\n\treturn $b;\n}\n", 500)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, l := Parse(&token.FileSet{}, "b", src); l.Errors() {
			b.Fatal(text(l))
		}
	}
}
