package message

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// Field is one header field of the original: [Start, End) with its folding and
// its line end. Name is in lower case, "" for a line that is no field.
type Field struct {
	Name       string
	Start, End int64
}

// maxField bounds what is read of one field, in bytes.
const maxField = 16 << 20

// Raw returns the bytes of a field with its line end.
func (m *Message) Raw(f Field) []byte {
	b, err := ReadRange(m.src, f.Start, min(f.End, f.Start+maxField))
	if err != nil {
		return nil
	}
	return b
}

// Body returns the unfolded value of a field without outer white space, not
// decoded.
func (m *Message) Body(f Field) string {
	raw := m.Raw(f)
	_, v, ok := bytes.Cut(raw, []byte{':'})
	if !ok {
		return ""
	}
	return Unfold(string(v))
}

var lineEnds = strings.NewReplacer("\r\n", "", "\n", "")

// Unfold removes line ends and outer white space from a field body (RFC 5322
// section 2.2.3).
func Unfold(v string) string {
	if strings.Contains(v, "\n") {
		v = lineEnds.Replace(v)
	}
	return strings.Trim(v, " \t\r\n")
}

// Text returns the value of a field as UTF-8: raw 8-bit text is read as UTF-8
// when it is, else in the given charset, else as ISO-8859-1; encoded words are
// decoded when decode is set.
func (m *Message) Text(f Field, charset string, decode bool) string {
	v := ToText(m.Body(f), charset)
	if decode {
		v = encode.DecodeWords(v)
	}
	return v
}

// ToText converts raw 8-bit text to UTF-8: from the charset when it is given and known,
// else from the one that the text looks like.
func ToText(v, charset string) string {
	if utf8.ValidString(v) {
		return v
	}
	if charset != "" {
		if s, ok := encode.ToUTF8([]byte(v), charset); ok && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			return s
		}
	}
	return guess(v)
}

// fieldName returns the lower-case name of a field line, "" when it is none:
// printable ASCII without spaces before a colon (RFC 5322 section 2.2), with the
// white space before the colon that old mail has.
func fieldName(head []byte) string {
	i := bytes.IndexByte(head, ':')
	if i <= 0 {
		return ""
	}
	name := bytes.TrimRight(head[:i], " \t")
	if len(name) == 0 || len(name) > maxName {
		return ""
	}
	if lower, ok := usual[string(name)]; ok {
		return lower
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return ""
		}
	}
	return strings.ToLower(string(name))
}

// usual are fields that most messages have, as they are mostly written: their names need
// no memory of their own.
var usual = func() map[string]string {
	m := map[string]string{}
	for _, name := range strings.Fields(`ARC-Authentication-Results ARC-Message-Signature ARC-Seal
		Authentication-Results Auto-Submitted Bcc Cc Content-Description Content-Disposition Content-ID
		Content-Language Content-Transfer-Encoding Content-Type DKIM-Signature Date Delivered-To Feedback-ID From
		In-Reply-To List-Archive List-Help List-Id List-Owner List-Post List-Subscribe List-Unsubscribe
		List-Unsubscribe-Post MIME-Version Message-ID Message-Id Mime-Version Organization Precedence Received
		Received-SPF References Reply-To Return-Path Sender Subject To User-Agent X-Mailer X-Originating-IP
		X-Priority X-Spam-Status`) {
		m[name] = strings.ToLower(name)
	}
	return m
}()
