package encode

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// EncodeWord returns text as it can stand in a header field: printable ASCII as
// it is, else as encoded words of at most 75 characters (RFC 2047 section 2).
func EncodeWord(s string) string {
	if plainWord(s) {
		return s
	}
	const head, tail, most = "=?utf-8?Q?", "?=", 75
	var b, word strings.Builder
	flush := func() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(head + word.String() + tail)
		word.Reset()
	}
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		q := quoteQ(s[i : i+n])
		if len(head)+word.Len()+len(q)+len(tail) > most {
			flush()
		}
		word.WriteString(q)
		i += n
	}
	if word.Len() > 0 || b.Len() == 0 {
		flush()
	}
	return b.String()
}

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "=?")
}

// quoteQ encodes bytes for the Q encoding; only what is safe in a phrase stays
// (RFC 2047 section 5).
func quoteQ(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('_')
		case alnum(c) || strings.IndexByte("!*+-/", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'=', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}

// DecodeWords replaces the encoded words of a text by UTF-8 and drops the white
// space between adjacent ones (RFC 2047 section 6.2). Words of an unknown
// charset or with broken data stay as they are.
func DecodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	after := false // a word was just decoded
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		gap := s[:i]
		word, n, ok := decodeWord(s[i:])
		if !ok {
			b.WriteString(s[:i+2])
			s, after = s[i+2:], false
			continue
		}
		if !after || strings.Trim(gap, " \t\r\n") != "" {
			b.WriteString(gap)
		}
		b.WriteString(word)
		s, after = s[i+n:], true
	}
	b.WriteString(s)
	return b.String()
}

// decodeWord decodes the encoded word at the start of s and returns its length.
func decodeWord(s string) (text string, n int, ok bool) {
	parts := strings.SplitN(s[2:], "?", 4)
	if len(parts) < 4 || !strings.HasPrefix(parts[3], "=") || strings.ContainsAny(parts[0]+parts[2], " \t\r\n") {
		return "", 0, false
	}
	charset, _, _ := strings.Cut(parts[0], "*") // RFC 2231 section 5: language
	var raw []byte
	switch parts[1] {
	case "q", "Q":
		raw, ok = unquoteQ(parts[2])
	case "b", "B":
		raw, ok = unpadB(parts[2])
	}
	if !ok {
		return "", 0, false
	}
	if text, ok = ToUTF8(raw, charset); !ok {
		return "", 0, false
	}
	return text, 2 + len(parts[0]) + 1 + len(parts[1]) + 1 + len(parts[2]) + 2, true
}

// unpadB decodes base64 that is whole; its padding may be missing.
func unpadB(s string) ([]byte, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return raw, err == nil
}

func unquoteQ(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '_':
			b = append(b, ' ')
		case '=':
			if i+2 >= len(s) || hexDigit(s[i+1]) < 0 || hexDigit(s[i+2]) < 0 {
				return nil, false
			}
			b = append(b, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return b, true
}

// ToUTF8 converts text from a charset by its MIME name; ok is false for unknown
// charsets.
func ToUTF8(raw []byte, charset string) (string, bool) {
	switch strings.ToLower(charset) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return strings.ToValidUTF8(string(raw), "\ufffd"), true
	}
	e, err := htmlindex.Get(charset)
	if err != nil || e == encoding.Replacement {
		return "", false
	}
	out, err := e.NewDecoder().Bytes(raw)
	return string(out), err == nil
}
