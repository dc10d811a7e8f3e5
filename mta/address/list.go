package address

import (
	"errors"
	"strings"
)

// Entry is one mailbox of an address list: the address as written and the
// display name, unquoted but not decoded.
type Entry struct{ Name, Address string }

// ErrList is the error of ParseList.
var ErrList = errors.New("bad address list")

const (
	maxEntries = 10_000
	maxComment = 100 // nested comments
)

// ParseList reads the value of a header field such as To (RFC 5322 section
// 3.4): names, comments, groups (whose members are taken), source routes and
// empty elements, parted by commas or semicolons.
func ParseList(s string) ([]Entry, error) {
	l := lister{s: s}
	for {
		if err := l.space(); err != nil {
			return nil, err
		}
		switch {
		case l.i == len(l.s):
			return l.out, nil
		case l.s[l.i] == ',' || l.s[l.i] == ';':
			l.i++
		default:
			if err := l.element(); err != nil {
				return nil, err
			}
		}
		if len(l.out) > maxEntries {
			return nil, ErrList
		}
	}
}

type lister struct {
	s   string
	i   int
	out []Entry
}

// space passes over white space and comments.
func (l *lister) space() error {
	for l.i < len(l.s) {
		switch l.s[l.i] {
		case ' ', '\t', '\r', '\n':
			l.i++
		case '(':
			if err := l.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (l *lister) comment() error {
	depth := 0
	for ; l.i < len(l.s); l.i++ {
		switch l.s[l.i] {
		case '\\':
			l.i++
		case '(':
			if depth++; depth > maxComment {
				return ErrList
			}
		case ')':
			if depth--; depth == 0 {
				l.i++
				return nil
			}
		}
	}
	return ErrList
}

// element reads a mailbox or the name of a group.
func (l *lister) element() error {
	var words []string
	raw := l.i // where the words began, for a bare address
	for {
		if err := l.space(); err != nil {
			return err
		}
		if l.i == len(l.s) {
			return l.bare(raw)
		}
		switch c := l.s[l.i]; c {
		case ',', ';':
			return l.bare(raw)
		case ':':
			l.i++ // a group begins; its members follow as elements
			return nil
		case '<':
			return l.angle(strings.Join(words, " "))
		case '"':
			text, rest, err := quotedString(l.s[l.i:])
			if err != nil {
				return ErrList
			}
			words = append(words, text)
			l.i = len(l.s) - len(rest)
		default:
			end := l.word()
			if end == l.i {
				return ErrList
			}
			words = append(words, l.s[l.i:end])
			l.i = end
		}
	}
}

// word returns where a word ends. A domain literal is part of it, colons included.
func (l *lister) word() int {
	i := l.i
	for i < len(l.s) && strings.IndexByte(" \t\r\n\",;:<(", l.s[i]) < 0 {
		if l.s[i] == '[' && i > 0 && l.s[i-1] == '@' {
			if n := strings.IndexByte(l.s[i:], ']'); n > 0 {
				i += n
			}
		}
		i++
	}
	return i
}

// bare adds an address without angle brackets that ends here.
func (l *lister) bare(from int) error {
	text, err := uncomment(l.s[from:l.i])
	if err != nil || !spec(text) {
		return ErrList
	}
	l.out = append(l.out, Entry{Address: text})
	return nil
}

// angle reads <address> behind a name.
func (l *lister) angle(name string) error {
	l.i++
	rest := l.s[l.i:]
	end, quoted := -1, false
	for i := 0; i < len(rest) && end < 0; i++ {
		switch rest[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case '>':
			if !quoted {
				end = i
			}
		}
	}
	if end < 0 {
		return ErrList
	}
	text, err := uncomment(rest[:end])
	if err != nil {
		return err
	}
	l.i += end + 1
	if strings.HasPrefix(text, "@") {
		_, text, _ = strings.Cut(text, ":")
	}
	if text != "" && !spec(text) {
		return ErrList
	}
	if text != "" {
		l.out = append(l.out, Entry{Name: name, Address: text})
	}
	if err := l.space(); err != nil {
		return err
	}
	if l.i < len(l.s) && l.s[l.i] != ',' && l.s[l.i] != ';' {
		return ErrList
	}
	return nil
}

// uncomment removes comments and white space outside quotes.
func uncomment(s string) (string, error) {
	var b strings.Builder
	l := lister{s: s}
	for l.i < len(s) {
		if err := l.space(); err != nil {
			return "", err
		}
		if l.i == len(s) {
			break
		}
		if s[l.i] == '"' {
			_, rest, err := quotedString(s[l.i:])
			if err != nil {
				return "", ErrList
			}
			end := len(s) - len(rest)
			b.WriteString(s[l.i:end])
			l.i = end
			continue
		}
		b.WriteByte(s[l.i])
		l.i++
	}
	return b.String(), nil
}

// spec reports whether text can be an addr-spec: something before and behind an
// @ that stands outside quotes.
func spec(text string) bool {
	rest := text
	if strings.HasPrefix(text, `"`) {
		_, after, err := quotedString(text)
		if err != nil {
			return false
		}
		rest = after
	}
	local, domain, ok := strings.Cut(rest, "@")
	if !ok || domain == "" || len(local) == 0 && len(rest) == len(text) || strings.ContainsAny(local, specials) {
		return false
	}
	if inner, ok := strings.CutPrefix(domain, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && !strings.ContainsAny(inner, `[]\<>"`)
	}
	return !strings.ContainsAny(domain, specials+"@")
}

// specials must be quoted (RFC 5322 section 3.2.3); the dot is part of addresses.
const specials = "()<>[]:;,\\\" \t\r\n"

// FormatList joins entries. word encodes names that are not ASCII.
func FormatList(entries []Entry, word func(string) string) string {
	var b strings.Builder
	for i, e := range entries {
		if i > 0 {
			b.WriteString(", ")
		}
		if e.Name == "" {
			b.WriteString(e.Address)
			continue
		}
		b.WriteString(phrase(e.Name, word) + " <" + e.Address + ">")
	}
	return b.String()
}

func phrase(name string, word func(string) string) string {
	quote := false
	for _, r := range name {
		if r >= 0x80 || r < ' ' || r == 0x7f {
			return word(name)
		}
		quote = quote || r != ' ' && !atext(r)
	}
	if !quote {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}
