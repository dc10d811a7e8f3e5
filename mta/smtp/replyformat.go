package smtp

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxReplyText bounds a reply line that is sent, codes included and CRLF
// excluded, in bytes (hooks.md 1.4).
const MaxReplyText = 500

// MaxReplyLines bounds the lines of one reply, sent or read.
const MaxReplyLines = 256

// MakeReply returns a reply of the given code, enhanced code (zero: none) and
// lines.
func MakeReply(code int, enhanced [3]int, lines ...string) Reply {
	if len(lines) == 0 {
		lines = []string{""}
	}
	return Reply{Code: code, Enhanced: enhanced, Lines: lines}
}

// SplitText turns the text of a script into reply lines: one per LF, without
// CR. The result has at least one element.
func SplitText(s string) []string {
	s = strings.ReplaceAll(s, "\r", "")
	return strings.Split(s, "\n")
}

// AppendReply appends the wire form of r: one line per element of Lines, the
// enhanced code on each when r has one (RFC 2034 section 4), ended by CRLF.
// Text that would break the framing is repaired: line feeds part lines, CR is
// removed, other control bytes become '?', lines are cut at MaxReplyText.
// Lines beyond MaxReplyLines are left out.
func AppendReply(dst []byte, r Reply) []byte {
	first := len(dst)
	last := first
	n := 0
	emit := func(text string) {
		if n == MaxReplyLines {
			return
		}
		n++
		last = len(dst)
		dst = appendReplyLine(dst, r, text)
	}
	for _, text := range r.Lines {
		for {
			line, rest, more := strings.Cut(text, "\n")
			emit(line)
			if !more {
				break
			}
			text = rest
		}
	}
	if n == 0 {
		emit("")
	}
	dst[last+3] = ' '
	return dst
}

func appendReplyLine(dst []byte, r Reply, text string) []byte {
	start := len(dst)
	dst = strconv.AppendInt(dst, int64(r.Code), 10)
	dst = append(dst, '-')
	if r.HasEnhanced() {
		dst = appendEnhanced(dst, r.Enhanced)
		dst = append(dst, ' ')
	}
	room := MaxReplyText - (len(dst) - start)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\r' {
			continue
		}
		if room == 0 {
			dst = cutRune(dst, text[i:])
			break
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			c = '?'
		}
		dst = append(dst, c)
		room--
	}
	return append(dst, '\r', '\n')
}

// cutRune drops the bytes of a UTF-8 character that was cut in the middle:
// rest begins with the first byte left out.
func cutRune(dst []byte, rest string) []byte {
	if utf8.RuneStart(rest[0]) {
		return dst
	}
	for i := 1; i < utf8.UTFMax && i < len(dst); i++ {
		if utf8.RuneStart(dst[len(dst)-i]) {
			return dst[:len(dst)-i]
		}
	}
	return dst
}

func appendEnhanced(dst []byte, e [3]int) []byte {
	dst = strconv.AppendInt(dst, int64(e[0]), 10)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, int64(e[1]), 10)
	dst = append(dst, '.')
	return strconv.AppendInt(dst, int64(e[2]), 10)
}

// FormatEnhanced returns "5.7.1", or "" for the zero code.
func FormatEnhanced(e [3]int) string {
	if e[0] == 0 {
		return ""
	}
	return string(appendEnhanced(nil, e))
}

// String returns the reply as one line for logs: "550 5.7.1 text / text".
func (r Reply) String() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(r.Code))
	if r.HasEnhanced() {
		b.WriteByte(' ')
		b.WriteString(FormatEnhanced(r.Enhanced))
	}
	for i, l := range r.Lines {
		if i > 0 {
			b.WriteString(" /")
		}
		b.WriteByte(' ')
		b.WriteString(l)
	}
	return b.String()
}
