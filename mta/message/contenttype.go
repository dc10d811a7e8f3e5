package message

import (
	"sort"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// ContentType is the value of a Content-Type or Content-Disposition field.
type ContentType struct {
	Type   string            // lower case: "text/plain", "attachment"
	Params map[string]string // by lower-case name, decoded
}

// maxParams bounds the parameters of one field.
const maxParams = 200

// ContentType returns the type of a part; ok is false without the field.
func (m *Message) ContentType(p *Part) (ContentType, bool) { return m.parameters(p, "content-type") }

// Disposition returns the disposition of a part; ok is false without the field.
func (m *Message) Disposition(p *Part) (ContentType, bool) {
	return m.parameters(p, "content-disposition")
}

func (m *Message) parameters(p *Part, name string) (ContentType, bool) {
	f, ok := p.Field(name, 0)
	if !ok {
		return ContentType{}, false
	}
	return ParseContentType(m.Body(f)), true
}

// FileName returns the file name of a part: that of its disposition, else the
// name of its type, "" for none.
func (m *Message) FileName(p *Part) string {
	if d, ok := m.Disposition(p); ok && d.Params["filename"] != "" {
		return d.Params["filename"]
	}
	ct, _ := m.ContentType(p)
	return ct.Params["name"]
}

// ParseContentType reads a value with parameters (RFC 2045 section 5.1, RFC 2231
// for long and non-ASCII ones, RFC 2047 words as many senders write them).
func ParseContentType(v string) ContentType {
	head, rest, _ := strings.Cut(v, ";")
	ct := ContentType{Type: strings.ToLower(strings.Join(strings.Fields(stripComments(head)), "")), Params: map[string]string{}}
	long := map[string][]segment{}
	for n := 0; rest != "" && n < maxParams; n++ {
		var key, val string
		if key, val, rest = parameter(rest); key == "" {
			continue
		}
		base, star, extended := strings.Cut(key, "*")
		if !extended {
			if _, dup := ct.Params[key]; !dup {
				ct.Params[key] = encode.DecodeWords(ToText(val, ""))
			}
			continue
		}
		s := segment{encoded: strings.HasSuffix(key, "*"), value: val}
		if number := strings.TrimSuffix(star, "*"); number != "" {
			i, err := strconv.Atoi(number)
			if err != nil || i > maxParams {
				continue
			}
			s.index = i
		}
		long[base] = append(long[base], s)
	}
	for base, segments := range long {
		ct.Params[base] = join2231(segments)
	}
	return ct
}

// segment is one piece of a parameter of RFC 2231.
type segment struct {
	index   int
	encoded bool
	value   string
}

// join2231 puts the pieces of a parameter together.
func join2231(segments []segment) string {
	sort.SliceStable(segments, func(i, j int) bool { return segments[i].index < segments[j].index })
	charset := ""
	var raw strings.Builder
	for i, s := range segments {
		v := s.value
		if s.encoded {
			if i == 0 {
				if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
					charset, v = parts[0], parts[2]
				}
			}
			v = unpercent(v)
		}
		raw.WriteString(v)
	}
	// A charset that is named is right even where the bytes could be UTF-8, as
	// those of ISO-2022-JP are.
	if s, ok := encode.ToUTF8([]byte(raw.String()), charset); ok && !strings.EqualFold(charset, "us-ascii") && !strings.EqualFold(charset, "utf-8") {
		return s
	}
	return ToText(raw.String(), charset)
}

// unpercent decodes %XX and leaves what is malformed.
func unpercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// parameter cuts one name=value off s; the name is in lower case, "" when there
// is none.
func parameter(s string) (key, val, rest string) {
	s = strings.TrimLeft(s, " \t;")
	eq := strings.IndexAny(s, "=;")
	if eq < 0 || s[eq] == ';' {
		if eq < 0 {
			return "", "", ""
		}
		return "", "", s[eq+1:]
	}
	key = strings.ToLower(strings.TrimSpace(stripComments(s[:eq])))
	s = strings.TrimLeft(s[eq+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		val, rest, _ = strings.Cut(s, ";")
		return key, strings.TrimSpace(stripComments(val)), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '"':
			_, rest, _ = strings.Cut(s[i+1:], ";")
			return key, b.String(), rest
		default:
			b.WriteByte(c)
		}
	}
	return key, b.String(), ""
}

// stripComments removes RFC 5322 comments.
func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
