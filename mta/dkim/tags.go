package dkim

import (
	"errors"
	"strings"
)

// Tag is one tag=value of a list.
type Tag struct{ Name, Value string }

// Tags is a tag list in its order.
type Tags []Tag

// ErrTags is the error of DecodeTags.
var ErrTags = errors.New("bad tag list")

// DecodeTags reads a tag=value list (RFC 6376 section 3.2): duplicate tags,
// empty names and bytes outside printable ASCII are errors. White space inside
// values is kept.
func DecodeTags(s string) (Tags, error) {
	var tags Tags
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 0x21 || c > 0x7e) && c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return nil, ErrTags
		}
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		p = strings.Trim(p, " \t\r\n")
		if p == "" && i == len(parts)-1 {
			break
		}
		name, value, ok := strings.Cut(p, "=")
		name = strings.Trim(name, " \t\r\n")
		if !ok || name == "" || strings.ContainsAny(name, " \t\r\n") {
			return nil, ErrTags
		}
		if _, dup := tags.Get(name); dup || len(tags) > 100 {
			return nil, ErrTags
		}
		tags = append(tags, Tag{name, strings.Trim(value, " \t\r\n")})
	}
	for i, t := range tags {
		if t.Name == "v" && i > 0 {
			return nil, ErrTags
		}
	}
	return tags, nil
}

// Get returns the value of a tag.
func (t Tags) Get(name string) (string, bool) {
	for _, x := range t {
		if x.Name == name {
			return x.Value, true
		}
	}
	return "", false
}

// compact removes white space, which values such as b= may have anywhere.
func compact(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
}
