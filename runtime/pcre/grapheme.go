package pcre

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// grapheme returns the length of an extended grapheme cluster (UAX #29), 0 at the
// end: a character with all that combines with it.
func (m *machine) grapheme(pos int) int {
	s := m.s[pos:]
	switch {
	case s == "":
		return 0
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case !m.p.utf:
		return 1
	}
	last, n := utf8.DecodeRuneInString(s)
	if unicode.Is(unicode.Cc, last) {
		return n
	}
	flags := 0
	if regional(last) {
		flags = 1
	}
	picture := pictographic(last)
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case extends(r):
		case last == zeroWidthJoiner && picture && pictographic(r):
		case regional(last) && regional(r) && flags%2 == 1:
			flags++
		case hangul(last, r):
		default:
			return n
		}
		if !extends(r) {
			picture = pictographic(r)
		}
		last = r
		n += size
	}
	return n
}

const zeroWidthJoiner = 0x200d

// extends reports whether a character combines with the one before it.
func extends(r rune) bool {
	return r == zeroWidthJoiner || r == 0x200c || unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || 0x1f3fb <= r && r <= 0x1f3ff
}

// regional reports whether a character is one half of a flag.
func regional(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

// pictographic reports whether a joiner can tie a character to the next one: the
// symbols of the blocks that hold emoji.
func pictographic(r rune) bool {
	switch {
	case regional(r), 0x1f3fb <= r && r <= 0x1f3ff:
		return false
	case 0x1f000 <= r && r <= 0x1faff, 0x2600 <= r && r <= 0x27bf:
		return true
	}
	return strings.ContainsRune("©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌚⌛⌨⏏⏩⏪⏫⏬⏭⏮⏯⏰⏱⏲⏳⏸⏹⏺Ⓜ▪▫▶◀◻◼◽◾⤴⤵⬅⬆⬇⬛⬜⭐⭕〰〽㊗㊙", r)
}

// hangul reports whether two parts belong to one syllable.
func hangul(a, b rune) bool {
	lead := 0x1100 <= a && a <= 0x115f || 0xa960 <= a && a <= 0xa97c
	vowel := func(r rune) bool { return 0x1160 <= r && r <= 0x11a7 || 0xd7b0 <= r && r <= 0xd7c6 }
	trail := func(r rune) bool { return 0x11a8 <= r && r <= 0x11ff || 0xd7cb <= r && r <= 0xd7fb }
	syllable := 0xac00 <= a && a <= 0xd7a3
	open := syllable && (a-0xac00)%28 == 0
	switch {
	case lead:
		return 0x1100 <= b && b <= 0x115f || 0xa960 <= b && b <= 0xa97c || vowel(b) || 0xac00 <= b && b <= 0xd7a3
	case vowel(a), open:
		return vowel(b) || trail(b)
	case trail(a), syllable:
		return trail(b)
	}
	return false
}
