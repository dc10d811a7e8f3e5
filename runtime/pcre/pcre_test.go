package pcre_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/pcre"
)

// groups prints a match: the text of each group, parted by |, - for groups that
// took no part.
func groups(s string, loc []int) string {
	if loc == nil {
		return "no"
	}
	var out []string
	for i := 0; i < len(loc); i += 2 {
		if loc[i+1] < 0 {
			out = append(out, "-")
		} else {
			out = append(out, s[loc[i]:loc[i+1]])
		}
	}
	return strings.Join(out, "|")
}

var cases = []struct{ pattern, flags, subject, want string }{
	{`a`, "", "cat", "a"},
	{`^abc$`, "", "abc\n", "abc"},
	{`^abc\z`, "", "abc\n", "no"},
	{`^b`, "m", "a\nb", "b"},
	{`a$`, "m", "a\nb", "a"},
	{`a.c`, "", "a\nc", "no"},
	{`a.c`, "s", "a\nc", "a\nc"},
	{`ABC`, "i", "xabcx", "abc"},
	{`a b # c`, "x", "ab", "ab"},
	{`(a+)(b?)`, "", "aab", "aab|aa|b"},
	{`(a)|(b)`, "", "b", "b|-|b"},
	{`a+?`, "", "aaa", "a"},
	{`a+`, "U", "aaa", "a"},
	{`a++b`, "", "aaab", "aaab"},
	{`a++ab`, "", "aaab", "no"},
	{`(?>a+)ab`, "", "aaab", "no"},
	{`a{2,3}`, "", "aaaa", "aaa"},
	{`a{,2}b`, "", "aab", "aab"},
	{`a{x`, "", "a{x", "a{x"},
	{`(?:ab){2}`, "", "ababab", "abab"},
	{`(?:a|ab)(?:c|bcd)(d*)`, "", "abcd", "abcd|"},
	{`(\w+)\s\1`, "", "say hello hello", "hello hello|hello"},
	{`(?<w>\w)\k<w>`, "", "abba", "bb|b"},
	{`(?P<w>\w)(?P=w)`, "", "abba", "bb|b"},
	{`(a)\g{-1}`, "", "aa", "aa|a"},
	{`(a)\g1`, "", "aa", "aa|a"},
	{`(A)\1`, "i", "Aa", "Aa|A"},
	{`foo(?=bar)`, "", "foobar", "foo"},
	{`foo(?!bar)`, "", "foobar foobaz", "foo"},
	{`(?<=\$)\d+`, "", "cost $42", "42"},
	{`(?<!\$)\b\d+`, "", "cost $42 17", "17"},
	{`(?<=ab|c)d`, "", "cd", "d"},
	{`(?<=a{1,3})b`, "", "aaab", "b"},
	{`foo\Kbar`, "", "foobar", "bar"},
	{`\bcat\b`, "", "a cat.", "cat"},
	{`\Bat`, "", "cat", "at"},
	{`[[:alpha:]]+`, "", "12abc3", "abc"},
	{`[^[:digit:]]+`, "", "12abc3", "abc"},
	{`[\w-]+`, "", "a-b c", "a-b"},
	{`[]a]+`, "", "]a]", "]a]"},
	{`[a\]b]+`, "", "a]b", "a]b"},
	{`[\d.]+`, "", "v1.20x", "1.20"},
	{`\x41\x{42}\103`, "", "ABC", "ABC"},
	{`\Qa.b\E+`, "", "a.bbb", "a.bbb"},
	{`\R`, "", "a\r\nb", "\r\n"},
	{`\h+`, "", "a \t b", " \t "},
	{`\((?:[^()]++|(?R))*\)`, "", "x(a(b)c)y", "(a(b)c)"},
	{`^(\((?:[^()]|(?1))*\))$`, "", "(a(b)c)", "(a(b)c)|(a(b)c)"},
	{`(?<n>\d+),(?&n)`, "", "1,23", "1,23|1"},
	{`(?(DEFINE)(?<x>[ab]+))c(?&x)`, "", "caba", "caba|-"},
	{`(a)?b(?(1)c|d)`, "", "abc", "abc|a"},
	{`^(a)?b(?(1)c|d)`, "", "bd", "bd|-"},
	{`^(?<q>')?x(?(q)')$`, "", "'x'", "'x'|'"},
	{`(?(?=a)ab|cd)`, "", "cd", "cd"},
	{`(?(?!a)cd|ab)`, "", "ab", "ab"},
	{`(?i)a(?-i)b`, "", "Ab", "Ab"},
	{`(?i)a(?-i)b`, "", "AB", "no"},
	{`a(?i:b)c`, "", "aBc", "aBc"},
	{`(?|(a)|(b))c`, "", "bc", "bc|b"},
	{`(?#comment)a`, "", "a", "a"},
	{`a*`, "", "b", ""},
	{`(a*)*`, "", "aab", "aa|"},
	{`(a|b*)*c`, "", "abac", "abac|"},
	{`(?:a?)*?b`, "", "aab", "aab"},
	{`(?:(a)|b)*`, "", "ab", "ab|a"},
	{`.`, "", "é", "\xc3"},
	{`.`, "u", "é", "é"},
	{`É`, "iu", "é", "é"},
	{`[à-ü]+`, "u", "éè", "éè"},
	{`[^a]`, "u", "é", "é"},
	{`\p{Lu}\p{Ll}+`, "u", "été Été", "Été"},
	{`\P{L}`, "u", "é1", "1"},
	{`[\p{Greek}x]+`, "u", "αβx", "αβx"},
	{`\X`, "u", "e\u0301x", "e\u0301"},
	{`a(*FAIL)|b`, "", "ab", "b"},
	{`a(*COMMIT)b`, "", "acab", "no"},
	{`(?:x|y|z)+foo`, "", "xyzfoo", "xyzfoo"},
	{`(a+|b+)+c`, "", "aabbc", "aabbc|bb"},
	{`^(?:(?=(\w+))\1)+$`, "", "abc", "abc|abc"},
	{`(?<a>.)(?<b>.)(?<c>.)\k{b}`, "", "abcb", "abcb|a|b|c"},
	{`^((?:\d{1,3}\.){3}\d{1,3})$`, "", "192.0.2.1", "192.0.2.1|192.0.2.1"},
	{`^(\w+)@(\w+)\.com$`, "", "me@here.com", "me@here.com|me|here"},
	{`x{0}y`, "", "xy", "y"},
	{`(x){0}(?1)y`, "", "xy", "xy|-"},
	{`\A\s*\z`, "", " \t\n", " \t\n"},
	{`a\Z`, "", "a\n", "a"},
	{`[\x00-\x1f]`, "", "a\x07", "\x07"},
	{`\0`, "", "a\x00", "\x00"},
	{`[+-]?\d+`, "", "-12", "-12"},
	{`^(?!.*\.\.).*$`, "", "a..b", "no"},
	{`(?s).+`, "", "a\nb", "a\nb"},
	{`^(.+?),(.*)$`, "", "a,b,c", "a,b,c|a|b,c"},
	{`(\d+)(?:px|em)(?=;)`, "", "12em;", "12em|12"},
	{`^(a(?1)?b)$`, "", "aabb", "aabb|aabb"},
	{`(?<!\\)"`, "", `\" "`, `"`},
	// What perl does otherwise, or has in its strings and not in its patterns.
	{`[\Qa]b\E]+`, "", "x]a", "]a"},
	{`\Qa.b*\E+`, "", "a.b***", "a.b***"},
	{`a\Q\E+`, "", "aaa", "aaa"},
	{`\Qa\E\Qb\E`, "", "ab", "ab"},
	{`(?x) a b # comment`, "", "ab", "ab"},
	{`a (?-x) b`, "x", "a b", "a b"},
	{`(?xx) a [ b c ] d`, "", "abd", "abd"},
	{`(?!(a)b)a`, "", "ac", "a|-"},
	{`^(a(b)?)+$`, "", "aba", "aba|a|b"},
	{`(?J)(?<n>a)|(?<n>b)`, "", "b", "b|-|b"},
	{`(?J)(?:(?<n>a)|(?<n>b))\k<n>`, "", "abb", "bb|-|b"},
	{`(?J)^(?:(?<n>a)|(?<n>b)|x)(?(<n>)y|z)`, "", "by", "by|-|b"},
	{`\g<p>x(?<p>a|b)`, "", "axb", "axb|b"},
	{`\g'1'x(a|b)`, "", "axb", "axb|b"},
	{`\p{Lu}`, "iu", "é", "no"},
	{`ß`, "iu", "SS", "no"},
	{`a(?:b(*THEN)x|bc)`, "", "abc", "abc"},
	{`(?:a(*THEN)b|a(*THEN)c|ad)`, "", "ad", "ad"},
	{`(?:a|b(*THEN)c|bd)e`, "", "bde", "bde"},
	{`(?=a(*COMMIT)b|ac)ac|a`, "", "ac", "a"},
	{`(?!a(*COMMIT)b|ac)a`, "", "ac", "a"},
	{`(?!a(*ACCEPT)b)a`, "", "ac", "no"},
	{`(?=a(*ACCEPT)b)a`, "", "ac", "a"},
	{`(*COMMIT)b`, "", "ab", "b"},
	{`(a(*COMMIT)b|c)?(?1)a`, "", "ca", "ca|-"},
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.pattern+"/"+c.flags, func(t *testing.T) {
			t.Parallel()
			re, err := pcre.Compile(c.pattern, c.flags)
			if err != nil {
				t.Fatal(err)
			}
			loc, err := re.Find(c.subject, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := groups(c.subject, loc); got != c.want {
				t.Errorf("%q in %q: got %q, want %q", c.pattern, c.subject, got, c.want)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, want string }{
		{`(a`, "missing ')'"},
		{`a)`, "unmatched ')'"},
		{`[a`, "missing ']'"},
		{`*a`, "nothing to repeat"},
		{`a**`, "nothing to repeat"},
		{`a{3,1}`, "out of order"},
		{`[z-a]`, "out of order"},
		{`\1`, "reference to group 1"},
		{`(?<a>x)(?<a>y)`, "two groups are named"},
		{`(?&no)`, "unknown group 'no'"},
		{`(?<=a+)b`, "lookbehind"},
		{`\p{Nope}`, "unknown property"},
		{`[[:nope:]]`, "unknown class"},
		{`(?Z)`, "unknown group"},
		{`a\`, "end of the pattern"},
		{`\j`, "unknown escape"},
		{strings.Repeat("(", 300) + strings.Repeat(")", 300), "too deep"},
		{`(((a{1000}){1000}){1000}){1000}`, ""},
	} {
		t.Run(c.pattern[:min(len(c.pattern), 20)], func(t *testing.T) {
			t.Parallel()
			_, err := pcre.Compile(c.pattern, "")
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var se *pcre.SyntaxError
			if !errors.As(err, &se) || !strings.Contains(se.Text, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestHostile: patterns that backtrack without end give an answer or an error
// soon.
func TestHostile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 5000)
	for _, c := range []struct {
		name, pattern, subject string
		fails                  bool
	}{
		{"nested repeat, linear engine", `^(a+)+$`, long + "!", false},
		{"nested repeat with a reference", `^(a+)+\1$`, long + "!", true},
		{"many stars", `^a*a*a*a*a*a*a*a*b`, long, false},
		{"endless recursion", `(?R)?a(?R)`, long, true},
		{"deep recursion", `^(a(?1)?b)$`, long, false},
		{"lookahead bomb", `^(?=(a+)+$)a`, long + "!", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			re, err := pcre.Compile(c.pattern, "")
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			loc, err := re.Find(c.subject, 0)
			if d := time.Since(begin); d > 20*time.Second { // a second is usual, the race detector takes ten
				t.Errorf("took %s", d)
			}
			if (err != nil) != c.fails || loc != nil {
				t.Errorf("got %v, %v", loc, err)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, pattern, flags string }{
		{"/a/i", "a", "i"},
		{"/a/b/", "a/b", ""},
		{"/a", "/a", ""},
		{"/a/q", "/a/q", ""},
		{"a/i", "a/i", ""},
		{"//", "", ""},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			if p, f := pcre.Split(c.in); p != c.pattern || f != c.flags {
				t.Errorf("got %q %q, want %q %q", p, f, c.pattern, c.flags)
			}
		})
	}
}
