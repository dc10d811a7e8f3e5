package regex

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/runtime/pcre"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func replace(t *vm.Thread, re *pcre.Regexp, a []value.Value) (value.Value, error) {
	with, s := a[0], a[1].Str()
	limit, err := registry.Count("pcre_replace", a, 2, 0)
	if err != nil {
		return value.None, err
	}
	if limit < 0 {
		return value.None, errors.New("pcre_replace(): limit must not be negative")
	}
	var b strings.Builder
	end, n := 0, 0
	size, before := t.Growth(), 0
	err = each(t, re, s, func(loc []int) (bool, error) {
		b.WriteString(s[end:max(end, loc[0])])
		end = loc[1]
		if with.Kind() == value.KFunc {
			v, err := t.Call(with, groups(re, s, loc))
			if err != nil {
				return false, err
			}
			if k := v.Kind(); k != value.KString && k != value.KNumber {
				return false, fmt.Errorf("pcre_replace(): the function must return string, got %s", v.TypeName())
			}
			b.WriteString(v.String())
		} else {
			expand(&b, with.Str(), s, loc)
		}
		if err := size.Add(b.Len() - before); err != nil {
			return false, err
		}
		before = b.Len()
		n++
		return n != limit, nil
	})
	if err != nil {
		return value.None, err
	}
	if n == 0 {
		return a[1], nil
	}
	b.WriteString(s[end:])
	return value.Str(b.String()), nil
}

// expand writes the replacement text: $0 to $99 insert groups, two digits being
// read when there is such a group.
func expand(b *strings.Builder, with, s string, loc []int) {
	for {
		i := strings.IndexByte(with, '$')
		if i < 0 || i+1 == len(with) {
			b.WriteString(with)
			return
		}
		b.WriteString(with[:i])
		with = with[i:]
		if !digit(with, 1) {
			b.WriteByte('$')
			with = with[1:]
			continue
		}
		g, size := int(with[1]-'0'), 2
		if digit(with, 2) {
			if two := 10*g + int(with[2]-'0'); 2*two < len(loc) {
				g, size = two, 3
			}
		}
		if 2*g < len(loc) {
			b.WriteString(text(s, loc, g))
		}
		with = with[size:]
	}
}

func digit(s string, i int) bool { return i < len(s) && '0' <= s[i] && s[i] <= '9' }
