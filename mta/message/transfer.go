package message

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// Encoding is a Content-Transfer-Encoding in lower case (RFC 2045 section 6).
type Encoding string

// The encodings.
const (
	SevenBit        Encoding = "7bit"
	EightBit        Encoding = "8bit"
	Binary          Encoding = "binary"
	QuotedPrintable Encoding = "quoted-printable"
	Base64          Encoding = "base64"
)

// KnownEncoding returns the encoding of a name; ok is false for unknown ones.
func KnownEncoding(name string) (Encoding, bool) {
	switch e := Encoding(strings.ToLower(strings.TrimSpace(name))); e {
	case SevenBit, EightBit, Binary, QuotedPrintable, Base64:
		return e, true
	}
	return "", false
}

// Encoding returns the transfer encoding of a part, 7bit when it names none.
func (m *Message) Encoding(p *Part) Encoding {
	if f, ok := p.Field("content-transfer-encoding", 0); ok {
		name, _, _ := strings.Cut(stripComments(m.Body(f)), ";")
		if e, ok := KnownEncoding(name); ok {
			return e
		}
	}
	return SevenBit
}

// Content returns the body of a part, decoded when decode is set; what is broken
// is decoded as far as possible.
func (m *Message) Content(p *Part, decode bool) ([]byte, error) {
	raw, err := ReadRange(m.src, p.BodyStart, p.End)
	if err != nil || !decode {
		return raw, err
	}
	return Decode(raw, m.Encoding(p)), nil
}

// Decode undoes a transfer encoding.
func Decode(raw []byte, e Encoding) []byte {
	switch e {
	case Base64:
		return decodeBase64(raw)
	case QuotedPrintable:
		return decodeQP(raw)
	}
	return raw
}

// decodeBase64 skips everything that is not base64 (RFC 2045 section 6.8).
func decodeBase64(raw []byte) []byte {
	clean := make([]byte, 0, len(raw))
	for _, c := range raw {
		if c == '=' {
			break
		}
		if c == '+' || c == '/' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			clean = append(clean, c)
		}
	}
	return []byte(encode.DecodeBase64(string(clean)))
}

// decodeQP leaves malformed escapes as they are (RFC 2045 section 6.7).
func decodeQP(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		text, rest, found := bytes.Cut(raw, []byte{'\n'})
		raw = rest
		end := "\n"
		if t, ok := bytes.CutSuffix(text, []byte{'\r'}); ok {
			text, end = t, "\r\n"
		}
		text = bytes.TrimRight(text, " \t")
		if t, ok := bytes.CutSuffix(text, []byte{'='}); ok {
			text, end = t, ""
		}
		for i := 0; i < len(text); i++ {
			if text[i] == '=' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0 {
				out = append(out, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
				i += 2
				continue
			}
			out = append(out, text[i])
		}
		if found {
			out = append(out, end...)
		}
	}
	return out
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Choose returns the encoding for new content (spec stdlib 12): 7bit for plain
// ASCII lines, quoted-printable for text that is mostly ASCII, else base64.
func Choose(data []byte) Encoding {
	escapes, longest, at := 0, 0, 0
	plain := true
	for i, c := range data {
		switch {
		case c == '\n':
			longest = max(longest, i-at)
			at = i + 1
			continue
		case c == '\r' && (i+1 == len(data) || data[i+1] != '\n'):
			plain = false
			escapes++
		case c == 0:
			return Base64
		case c >= 0x7f || c < ' ' && c != '\t' && c != '\r':
			escapes++
		}
		plain = plain && c < 0x80
	}
	longest = max(longest, len(data)-at)
	switch {
	case plain && longest <= 998:
		return SevenBit
	case escapes*4 > len(data):
		return Base64
	}
	return QuotedPrintable
}

// ChooseFor is Choose for content of a type. Multiparts and messages must not be
// encoded; other content than text keeps its line ends only in base64.
func ChooseFor(data []byte, typ string) Encoding {
	e := Choose(data)
	switch {
	case isText(typ):
	case strings.HasPrefix(typ, "multipart/"), strings.HasPrefix(typ, "message/"):
		if e != SevenBit {
			e = EightBit
		}
	case e == QuotedPrintable || e == SevenBit && bareLF(data):
		e = Base64
	}
	return e
}

// isText reports whether a type is text; the default type is.
func isText(typ string) bool { return typ == "" || strings.HasPrefix(typ, "text/") }

func bareLF(data []byte) bool {
	for i := 0; ; i++ {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return false
		}
		if i += n; i == 0 || data[i-1] != '\r' {
			return true
		}
	}
}

// Encode applies a transfer encoding. Text gets CRLF line ends; binary data is
// never changed but by base64 and quoted-printable.
func Encode(data []byte, e Encoding, text bool) []byte {
	if text && e != Binary {
		data = CRLF(data)
	}
	switch e {
	case Base64:
		return encodeBase64(data)
	case QuotedPrintable:
		return encodeQP(data, text)
	}
	return data
}

func encodeBase64(data []byte) []byte {
	const row = 57 // 76 characters
	var b bytes.Buffer
	for len(data) > 0 {
		n := min(row, len(data))
		b.WriteString(base64.StdEncoding.EncodeToString(data[:n]))
		b.WriteString("\r\n")
		data = data[n:]
	}
	return b.Bytes()
}

// encodeQP keeps the line ends of text and escapes those of other data.
func encodeQP(data []byte, text bool) []byte {
	const digits, row = "0123456789ABCDEF", 76
	var out []byte
	col := 0
	put := func(s ...byte) {
		if col+len(s) > row-1 {
			out = append(out, "=\r\n"...)
			col = 0
		}
		out = append(out, s...)
		col += len(s)
	}
	for i := 0; i < len(data); i++ {
		c := data[i]
		eol := text && (i+1 == len(data) || bytes.HasPrefix(data[i+1:], []byte("\r\n")))
		switch {
		case text && bytes.HasPrefix(data[i:], []byte("\r\n")):
			out = append(out, "\r\n"...)
			i, col = i+1, 0
		case c == '=' || c < ' ' && c != '\t' || c >= 0x7f || (c == ' ' || c == '\t') && (eol || !text && i+1 == len(data)):
			put('=', digits[c>>4], digits[c&15])
		case c == '.' && col == 0, c == 'F' && col == 0 && bytes.HasPrefix(data[i:], []byte("From ")):
			// Lines that relays and mailboxes treat apart (RFC 2049 section 3).
			put('=', digits[c>>4], digits[c&15])
		default:
			put(c)
		}
	}
	return out
}

// CRLF turns bare line feeds into CRLF.
func CRLF(data []byte) []byte {
	if !bytes.Contains(data, []byte{'\n'}) {
		return data
	}
	out := make([]byte, 0, len(data)+len(data)/32)
	for i, c := range data {
		if c == '\n' && (i == 0 || data[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}
