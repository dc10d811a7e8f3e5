package pcre_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/runtime/pcre"
)

// text is 10 KB of mail without a match of most patterns.
var text = strings.Repeat("The quick brown fox (see RFC 5322) jumps over the lazy dog; 12 dogs, a-b c_d, x@y ...\n", 120)

// searches are patterns of mail servers with lines as they meet them. flags are
// written as Go's engine wants them too.
var searches = []struct{ name, pattern, subject string }{
	{"local/hit", `^(postmaster|abuse|user1[0-9])\b`, "abuse@example.org"},
	{"local/miss", `^(postmaster|abuse|user1[0-9])\b`, "someone.else@example.org"},
	{"phone/hit", `\d{3}-\d{4}`, "call me at 555-1234 before 18:00 or on 12 May 2026, please"},
	{"phone/miss", `\d{3}-\d{4}`, "the 3 orders of 2026-05-12 were 17 minutes late; order 4711"},
	{"phone/text", `\d{3}-\d{4}`, text},
	{"address/hit", `(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`, "please write to John.Doe+lists@Mail.Example.com instead"},
	{"address/miss", `(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`, "please write to me instead, not to the list as before"},
	{"address/text", `(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`, text},
	{"word/hit", `(?i)\bviagra\b`, "Subject: cheap VIAGRA for your best friends"},
	{"word/miss", `(?i)\bviagra\b`, "Subject: minutes of the very last meeting in Vienna"},
	{"word/text", `(?i)\bviagra\b`, text},
	{"received/hit", `^Received: from (\S+) \(([^)]*)\)`, "Received: from mx1.example.org (mx1.example.org [192.0.2.1]) by mail.example.net with ESMTPS"},
	{"received/miss", `^Received: from (\S+) \(([^)]*)\)`, "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=mail"},
	{"reply/hit", `^5\d\d[ -](?:5\.\d+\.\d+ )?.*(?:user|mailbox|recipient).*(?:unknown|not found)`, "550 5.1.1 The mailbox <x@example.org> was not found here"},
	{"reply/miss", `^5\d\d[ -](?:5\.\d+\.\d+ )?.*(?:user|mailbox|recipient).*(?:unknown|not found)`, "550 5.7.1 Message refused because of its content, see https://example.org"},
	{"url/hit", `(?i)\b(?:https?|ftp)://([^\s<>"/]+)`, "please see the page at https://www.example.org/a?b=c now"},
	{"url/text", `(?i)\b(?:https?|ftp)://([^\s<>"/]+)`, text},
	{"ip/hit", `(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})`, "from mx1 (mx1 [192.0.2.17])"},
	{"header/hit", `^([A-Za-z-]+):\s*(.*)$`, "Subject: minutes of the last meeting in Vienna"},
	{"domain/hit", `@(?:[^@.]+\.)*example\.(?:com|net)$`, "someone.else@mail.eu.example.net"},
	{"words/text", `\b(?:lottery|winner|prize|million|casino|poker|viagra|cialis)\b`, text},
	{"literal/text", `unsubscribe`, text},
	{"quoted/hit", `"(?:[^"\\]|\\.)*"`, `name="a \"quoted\" file.pdf"; size=5`},
}

// BenchmarkSearch finds a match with its groups.
func BenchmarkSearch(b *testing.B) {
	for _, c := range searches {
		re, err := pcre.Compile(c.pattern, "")
		if err != nil {
			b.Fatal(err)
		}
		std := regexp.MustCompile(c.pattern)
		want := std.FindStringSubmatchIndex(c.subject)
		b.Run(c.name+"/pcre", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if loc, err := re.Find(c.subject, 0); err != nil || (loc != nil) != (want != nil) {
					b.Fatal(loc, err)
				}
			}
		})
		b.Run(c.name+"/go", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				std.FindStringSubmatchIndex(c.subject)
			}
		})
	}
}

// BenchmarkMatch asks only whether there is a match.
func BenchmarkMatch(b *testing.B) {
	for _, c := range searches {
		re, err := pcre.Compile(c.pattern, "")
		if err != nil {
			b.Fatal(err)
		}
		std := regexp.MustCompile(c.pattern)
		b.Run(c.name+"/pcre", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := re.Match(nil, c.subject); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/go", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				std.MatchString(c.subject)
			}
		})
	}
}

// BenchmarkCompile compiles all patterns.
func BenchmarkCompile(b *testing.B) {
	b.Run("pcre", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, c := range searches {
				if _, err := pcre.Compile(c.pattern, ""); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, c := range searches {
				regexp.MustCompile(c.pattern)
			}
		}
	})
}
