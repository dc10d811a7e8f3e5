package str_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/stdlib/str"
	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, sep string
		limit         int
		want          []string
	}{
		{"all", "a.b.c", ".", 0, []string{"a", "b", "c"}},
		{"from the left", "a.b.c", ".", 2, []string{"a", "b.c"}},
		{"from the right", "a.b.c", ".", -2, []string{"a.b", "c"}},
		{"empty string", "", ",", 0, []string{""}},
		{"single bytes", "abc", "", 0, []string{"a", "b", "c"}},
		{"two parts of bytes", "abc", "", 2, []string{"a", "bc"}},
		{"two parts of bytes from the right", "abc", "", -2, []string{"ab", "c"}},
		{"one part", "a.b", ".", -1, []string{"a.b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, str.Split(c.in, c.sep, c.limit)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestJoinSplit: what was split joins to the same string.
func TestJoinSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ab.]{0,12}`).Draw(t, "s")
		sep := rapid.SampledFrom([]string{".", "..", "ab", ""}).Draw(t, "sep")
		limit := rapid.IntRange(-4, 4).Draw(t, "limit")
		parts := str.Split(s, sep, limit)
		if got := strings.Join(parts, sep); got != s {
			t.Fatalf("%q split at %q joins to %q", s, sep, got)
		}
		if limit != 0 && len(parts) > max(limit, -limit) {
			t.Fatalf("%d parts with limit %d", len(parts), limit)
		}
	})
}

func TestSlice(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	for _, c := range []struct {
		name   string
		offset int
		length *int
		want   string
	}{
		{"middle", 2, n(3), "cde"},
		{"rest", 4, nil, "ef"},
		{"from the end", -2, nil, "ef"},
		{"but the last two", 1, n(-2), "bcd"},
		{"outside", 9, n(2), ""},
		{"before the start", -9, n(2), "ab"},
		{"too long", 3, n(1 << 62), "def"},
		{"nothing left", 4, n(-3), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := str.Slice("abcdef", c.offset, c.length); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"first", str.Find("abcabc", "b", 0), 1},
		{"behind an offset", str.Find("abcabc", "b", 2), 4},
		{"offset from the end", str.Find("abcabc", "a", -3), 3},
		{"offset behind the end", str.Find("abc", "", 4), -1},
		{"empty", str.Find("abc", "", 2), 2},
		{"last", str.FindLast("abcabc", "b", 0), 4},
		{"last before an offset", str.FindLast("abcabc", "b", 2), 1},
		{"last of nothing", str.FindLast("abc", "x", 0), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.got != c.want {
				t.Errorf("got %d, want %d", c.got, c.want)
			}
		})
	}
}

// TestCase changes every byte at every place of a text, eight of which go at once.
func TestCase(t *testing.T) {
	t.Parallel()
	one := func(b, lo, hi byte) byte {
		if b >= lo && b <= hi {
			return b ^ 0x20
		}
		return b
	}
	for b := range 256 {
		for n := range 20 {
			s := []byte(strings.Repeat("x", n) + string([]byte{byte(b)}) + "Zz@[`{\x80\xc1\xfa")
			var lower, upper []byte
			for _, c := range s {
				lower, upper = append(lower, one(c, 'A', 'Z')), append(upper, one(c, 'a', 'z'))
			}
			if got := str.Lower(string(s)); got != string(lower) {
				t.Fatalf("Lower(%q) = %q", s, got)
			}
			if got := str.Upper(string(s)); got != string(upper) {
				t.Fatalf("Upper(%q) = %q", s, got)
			}
		}
	}
}
