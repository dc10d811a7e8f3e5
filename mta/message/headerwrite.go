package message

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// Errors of FormatField.
var (
	ErrFieldName  = errors.New("a header name is printable ASCII without spaces and colons")
	ErrFieldValue = errors.New("a header value must not end the header section")
)

// FieldOptions say how a value becomes a field.
type FieldOptions struct {
	Raw    bool // the value byte for byte, its folding included
	Base64 bool // encoded words in base64 instead of quoted-printable
}

// maxName is the longest field name in bytes.
const maxName = 255

// FormatField returns a field with its line end: encoded where it is not ASCII
// (RFC 2047) and folded at 78 columns (RFC 5322 section 2.1.1), or raw.
func FormatField(name, value string, o FieldOptions) ([]byte, error) {
	if !validName(name) {
		return nil, ErrFieldName
	}
	if o.Raw {
		if !foldable(value) {
			return nil, ErrFieldValue
		}
		return []byte(name + ": " + strings.TrimRight(value, "\r\n") + "\r\n"), nil
	}
	value = oneLine(value)
	words := encode.EncodeWord
	if o.Base64 {
		words = encodeWordB
	}
	value = fold(len(name)+1, encodeText(value, words))
	b := make([]byte, 0, len(name)+len(value)+3)
	return append(append(append(append(b, name...), ':'), value...), "\r\n"...), nil
}

// validName reports whether a field can have the name (RFC 5322 section 2.2).
func validName(name string) bool {
	for i := range len(name) {
		if name[i] <= ' ' || name[i] >= 0x7f || name[i] == ':' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

// oneLine unfolds a value; a line end without white space behind it becomes a
// space, so that a value cannot add fields.
func oneLine(v string) string {
	if !strings.ContainsAny(v, "\r\n") {
		return v
	}
	var b strings.Builder
	for i, l := range strings.FieldsFunc(v, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if i > 0 && l[0] != ' ' && l[0] != '\t' {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// foldable reports whether every line end of a raw value is followed by white
// space and something else.
func foldable(v string) bool {
	v = strings.TrimRight(v, "\r\n")
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '\r':
			if i+1 == len(v) || v[i+1] != '\n' {
				return false
			}
		case '\n':
			if i+1 == len(v) || v[i+1] != ' ' && v[i+1] != '\t' {
				return false
			}
			line, _, _ := strings.Cut(v[i+1:], "\n")
			if strings.Trim(line, " \t\r") == "" {
				return false
			}
		case 0:
			return false
		}
	}
	return true
}

// encodeText encodes the runs of words that are not ASCII and leaves the rest,
// so that addresses and tokens stay readable.
func encodeText(v string, word func(string) string) string {
	if isASCII(v) {
		return v
	}
	tokens := strings.Split(v, " ")
	var out []string
	for i := 0; i < len(tokens); {
		if isASCII(tokens[i]) {
			out = append(out, tokens[i])
			i++
			continue
		}
		j := i + 1
		for k := j; k < len(tokens); k++ {
			if !isASCII(tokens[k]) {
				j = k + 1
			} else if strings.Trim(tokens[k], "\t") != "" {
				break // white space alone between two words would not be read (RFC 2047 section 6.2)
			}
		}
		out = append(out, word(strings.Join(tokens[i:j], " ")))
		i = j
	}
	return strings.Join(out, " ")
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// encodeWordB makes encoded words in base64, split between characters.
func encodeWordB(s string) string {
	const most = 45 // bytes that fit into a word of 75 characters
	var out []string
	for s != "" {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > most {
				break
			}
			n += size
		}
		out = append(out, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(out, " ")
}

// fold breaks a value at spaces so that lines stay below 78 columns where they
// can; used is what stands before the value.
func fold(used int, v string) string {
	const most = 78
	if used+1+len(v) <= most {
		return " " + v
	}
	var b strings.Builder
	col := used
	for i, w := range strings.Split(v, " ") {
		if i > 0 && col+1+len(w) > most && strings.TrimSpace(w) != "" && col > used {
			b.WriteString("\r\n")
			col = 0
		}
		b.WriteString(" " + w)
		col += 1 + len(w)
	}
	return b.String()
}
