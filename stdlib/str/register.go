package str

import (
	"errors"
	"math"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	characters(b)
	searching(b)
	cutting(b)
}

func characters(b *registry.Builder) {
	b.Func(sig.New("chr(number: number) -> string", "The byte of that number, modulo 256.").
		Show("echo chr(65);", "A"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			n := math.Mod(math.Trunc(a[0].Num()), 256)
			if math.IsNaN(n) {
				return value.None, errors.New("chr(): argument 1 must be a finite number")
			}
			return value.Byte(byte(int(n))), nil
		})
	b.Func(sig.New("ord(character: string) -> number", "The number of the first byte.").Show(`echo ord("A");`, "65"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			if a[0].Str() == "" {
				return value.None, errors.New("ord(): the string is empty")
			}
			return value.Int(int(a[0].Str()[0])), nil
		})
	b.Func(sig.New("str_lower(string: string) -> string", "A to Z in lower case; other bytes stay.").
		Show(`echo str_lower("ABC é");`, "abc é"), mapped(Lower))
	b.Func(sig.New("str_upper(string: string) -> string", "a to z in upper case; other bytes stay.").
		Show(`echo str_upper("abc é");`, "ABC é"), mapped(Upper))
	b.Func(sig.New("str_repeat(string: string, multiplier: number) -> string", "The string so many times; not at all for 0 and less.").
		Show(`echo str_repeat("ab", 3);`, "ababab"), repeat)
	for _, f := range []struct {
		name, text  string
		left, right bool
	}{
		{"str_strip", "Removes any of the characters from both ends.", true, true},
		{"str_lstrip", "Removes any of the characters from the start.", true, false},
		{"str_rstrip", "Removes any of the characters from the end.", false, true},
	} {
		b.Func(sig.New(f.name+`(string: string, characters?: string = " \t\r\n") -> string`, f.text),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				cut := " \t\r\n"
				if len(a) > 1 && !a[1].IsNone() {
					cut = a[1].Str()
				}
				return value.Str(Trim(a[0].Str(), cut, f.left, f.right)), nil
			})
	}
}

func mapped(f func(string) string) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Str(f(a[0].Str())), nil }
}

func repeat(t *vm.Thread, a []value.Value) (value.Value, error) {
	n := a[1].Num()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return value.None, errors.New("str_repeat(): argument 2 must be a finite number")
	}
	if n < 1 || a[0].Str() == "" {
		return value.Str(""), nil
	}
	if math.Trunc(n)*float64(len(a[0].Str())) > value.MaxString {
		return value.None, value.ErrTooLong
	}
	if err := t.Reserve(int(n) * len(a[0].Str())); err != nil {
		return value.None, err
	}
	return value.Str(strings.Repeat(a[0].Str(), int(n))), nil
}

func searching(b *registry.Builder) {
	b.Func(sig.New("str_find(string: string, substring: string, offset?: number = 0) -> number",
		"The first position at or behind offset, -1 when there is none. A negative offset counts from the end.").
		Show(`echo str_find("abcabc", "b", 2);`, "4"), position("str_find", Find))
	b.Func(sig.New("str_rfind(string: string, substring: string, offset?: number = 0) -> number",
		"The last position in the string without its final offset bytes, -1 when there is none.").
		Show(`echo str_rfind("abcabc", "b", 2);`, "1"), position("str_rfind", FindLast))
	b.Func(sig.New("str_replace(search: string, replace: string, subject: string) -> string",
		"Replaces every occurrence, from left to right.").
		Show(`echo str_replace("a", "b", "banana");`, "bbnbnb"), replace)
}

func position(name string, f func(s, sub string, offset int) int) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		offset, err := registry.Count(name, a, 2, 0)
		if err != nil {
			return value.None, err
		}
		return value.Int(f(a[0].Str(), a[1].Str(), offset)), nil
	}
}

func replace(t *vm.Thread, a []value.Value) (value.Value, error) {
	search, with, s := a[0].Str(), a[1].Str(), a[2].Str()
	if search == "" {
		return a[2], nil
	}
	size := float64(strings.Count(s, search))*float64(len(with)-len(search)) + float64(len(s))
	if size > value.MaxString {
		return value.None, value.ErrTooLong
	}
	if err := t.Reserve(int(size)); err != nil {
		return value.None, err
	}
	return value.Str(strings.ReplaceAll(s, search, with)), nil
}

// splitAll is Split without a limit, straight into an array: scripts do little
// else as often.
func splitAll(t *vm.Thread, s, delimiter string) (value.Value, error) {
	n := strings.Count(s, delimiter) + 1
	if err := t.Reserve(n * value.ElementSize); err != nil {
		return value.None, err
	}
	a := t.NewArray(n)
	a.Split(s, delimiter, n)
	return value.FromArray(a), nil
}

func cutting(b *registry.Builder) {
	b.Func(sig.New("str_split(string: string, delimiter: string, limit?: number = 0) -> array",
		"Cuts at each delimiter. A positive limit is the most parts, with the rest in the last; a negative one counts from the right, with the rest in the first.").
		Show(`echo str_split("a.b.c", ".", -2);`, `[0=>"a.b",1=>"c"]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			limit, err := registry.Count("str_split", a, 2, 0)
			if err != nil {
				return value.None, err
			}
			s, delimiter := a[0].Str(), a[1].Str()
			if limit == 0 && delimiter != "" {
				return splitAll(t, s, delimiter)
			}
			parts := len(s)
			if delimiter != "" {
				parts = strings.Count(s, delimiter) + 1
			}
			if limit != 0 {
				parts = min(parts, max(limit, -limit))
			}
			if err := t.Reserve(2 * parts * value.ElementSize); err != nil {
				return value.None, err
			}
			return value.FromArray(value.Strings(Split(s, delimiter, limit)...)), nil
		})
	b.Func(sig.New("str_slice(string: string, offset: number, length?: number) -> string",
		"length bytes from offset on. Negative numbers count from the end; what lies outside is cut.").
		Show(`echo str_slice("abcdef", 2, 3);`, "cde"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			offset, err := registry.Count("str_slice", a, 1, 0)
			if err != nil {
				return value.None, err
			}
			var length *int
			if len(a) > 2 && !a[2].IsNone() {
				n, err := registry.Count("str_slice", a, 2, 0)
				if err != nil {
					return value.None, err
				}
				length = &n
			}
			return value.Str(Slice(a[0].Str(), offset, length)), nil
		})
	b.Func(sig.New("str_chunk(string: string, length: number, firstlength?: number) -> array",
		"Pieces of length bytes, the first of firstlength bytes when given.").
		Show(`echo str_chunk("abcdefg", 3, 1);`, `[0=>"a",1=>"bcd",2=>"efg"]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			length, err := registry.Count("str_chunk", a, 1, 0)
			if err != nil {
				return value.None, err
			}
			first, err := registry.Count("str_chunk", a, 2, length)
			if err != nil {
				return value.None, err
			}
			if length < 1 || first < 1 {
				return value.None, errors.New("str_chunk(): a length must be at least 1")
			}
			if err := t.Reserve(len(a[0].Str()) / length * 2 * value.ElementSize); err != nil {
				return value.None, err
			}
			return value.FromArray(value.Strings(Chunk(a[0].Str(), length, first)...)), nil
		})
}
