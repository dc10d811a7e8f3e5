package iconv

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// similar are characters to write instead of others, best first, beside what their
// decomposition gives. They follow the tables of glibc; the
// wide forms are those that Japanese code pages have in their place.
var similar = map[rune][]string{
	'“': {`"`}, '”': {`"`}, '„': {",,", `"`}, '‟': {`"`}, '«': {"<<"}, '»': {">>"}, '‹': {"<"}, '›': {">"},
	'‘': {"'"}, '’': {"'"}, '‚': {","}, '‛': {"'"}, '′': {"'"}, '″': {"''"}, '‐': {"-"}, '‑': {"-"}, '‒': {"-"},
	'–': {"-"}, '—': {"―", "--"}, '―': {"-"}, '−': {"－", "-"}, '…': {"..."}, '•': {"o"}, '‣': {">"}, '·': {"."},
	'€': {"EUR"}, '£': {"￡", "GBP"}, '¥': {"￥", "JPY"}, '¢': {"￠"}, '¬': {"￢"}, '‖': {"∥"}, '〜': {"～"}, '₹': {"INR"}, '©': {"(C)"}, '®': {"(R)"}, '™': {"(TM)"},
	'ß': {"ss"}, 'Æ': {"AE"}, 'æ': {"ae"}, 'Œ': {"OE"}, 'œ': {"oe"}, 'Ø': {"O"}, 'ø': {"o"}, 'Ł': {"L"}, 'ł': {"l"},
	'Đ': {"D"}, 'đ': {"d"}, 'Ð': {"D"}, 'ð': {"d"}, 'Þ': {"TH"}, 'þ': {"th"}, 'ı': {"i"}, 'Ħ': {"H"}, 'ħ': {"h"}, 'ŉ': {"'n"},
	'Ŋ': {"N"}, 'ŋ': {"n"}, 'ẞ': {"SS"}, '×': {"x"}, '÷': {"/"}, '¡': {"!"}, '¿': {"?"}, '≠': {"!="}, '†': {"+"}, '⁄': {"/"}, '→': {"->"}, '←': {"<-"}, '⇒': {"=>"}, '⇐': {"<="}, '≤': {"<="}, '≥': {">="},
	'µ': {"u"}, '¼': {" 1/4 "}, '½': {" 1/2 "}, '¾': {" 3/4 "},
	'\u00A0': {" "}, '\u00AD': {"-", ""}, '\u200B': {""}, '\u200C': {""}, '\u200D': {""}, '\u2060': {""}, '\uFEFF': {""},
	'\u2028': {"\n"}, '\u2029': {"\n"},
}

// instead returns what may be written for a character, best first; the last one is a
// question mark.
func instead(r rune) []string {
	out := append([]string{}, similar[r]...)
	var plain []rune
	for _, d := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, d):
		case d == '\u2044':
			plain = append(plain, '/')
		default:
			plain = append(plain, d)
		}
	}
	if s := string(plain); s != "" && s != string(r) {
		out = append(out, s)
	}
	return append(out, "?")
}
