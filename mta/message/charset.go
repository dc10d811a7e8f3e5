package message

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// guess decodes raw 8-bit text that is no UTF-8 and whose part names no charset by the
// charset that it looks like (spec stdlib 13.2). Only what leaves little doubt is told apart, in this order:
//
//   - EUC-JP and Shift_JIS: it decodes without a fault, and a quarter of what is not ASCII
//     is kana, which hardly any Japanese text lacks and other text hits by accident only;
//   - windows-1251 and KOI8-R: most high bytes stand in runs of three and more letters, as
//     in Cyrillic words, while accents of Latin text stand alone. The two have their cases
//     swapped: the one in which more letters are lower case is it;
//   - windows-1252: bytes that are controls in ISO-8859-1 and characters here, such as
//     curly quotes and the euro sign;
//   - ISO-8859-1, which every text is.
func guess(v string) string {
	for _, name := range []string{"euc-jp", "shift_jis"} {
		if s, ok := encode.ToUTF8([]byte(v), name); ok && japanese(s) {
			return s
		}
	}
	if inRuns(v) {
		win, _ := encode.ToUTF8([]byte(v), "windows-1251")
		koi, _ := encode.ToUTF8([]byte(v), "koi8-r")
		if lower(koi) > lower(win) {
			return koi
		}
		return win
	}
	plain := latin(v)
	if strings.ContainsFunc(plain, func(r rune) bool { return 0x80 <= r && r < 0xa0 }) && !strings.ContainsAny(plain, unassigned) {
		win, _ := encode.ToUTF8([]byte(v), "windows-1252")
		return win
	}
	return plain
}

// unassigned are the bytes that are no characters of windows-1252.
const unassigned = "\u0081\u008d\u008f\u0090\u009d"

// latin reads ISO-8859-1: bytes are code points.
func latin(v string) string {
	s := make([]rune, len(v))
	for i := range len(v) {
		s[i] = rune(v[i])
	}
	return string(s)
}

// japanese tells whether a quarter of the characters beyond ASCII is kana.
func japanese(s string) bool {
	high, kana := 0, 0
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return false
		case 0x3041 <= r && r <= 0x30fe: // not the half-width forms, single bytes that Latin text has too
			kana++
			high++
		case r >= utf8.RuneSelf:
			high++
		}
	}
	return kana > 0 && 4*kana >= high
}

// inRuns tells whether most letters of both Cyrillic sets follow each other: the bytes from
// 0xC0 on, and the two forms of yo.
func inRuns(v string) bool {
	long, high, run := 0, 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && (v[i] >= 0xc0 || strings.IndexByte("\xa3\xb3\xa8\xb8", v[i]) >= 0) {
			run++
			continue
		}
		if high += run; run >= 3 {
			long += run
		}
		run = 0
	}
	return long > 0 && 3*long >= 2*high
}

func lower(s string) (n int) {
	for _, r := range s {
		if r >= utf8.RuneSelf && unicode.IsLower(r) {
			n++
		}
	}
	return n
}
