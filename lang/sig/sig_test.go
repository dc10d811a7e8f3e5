package sig_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

func TestNew(t *testing.T) {
	t.Parallel()
	f := sig.New(`str_x(text: string|none, sep?: string = ", [", ...more: any) -> array|none`, "Does x.")
	want := sig.Func{
		Name: "str_x", Text: "Does x.", Returns: []sig.Type{"array", "none"},
		Params: []sig.Param{
			{Name: "text", Types: []sig.Type{"string", "none"}},
			{Name: "sep", Types: []sig.Type{"string"}, Optional: true, Default: `", ["`},
			{Name: "more", Types: []sig.Type{"any"}, Optional: true, Variadic: true},
		},
	}
	if d := cmp.Diff(want, f); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if f.MinArgs() != 1 || f.MaxArgs() != -1 {
		t.Errorf("takes %d to %d arguments", f.MinArgs(), f.MaxArgs())
	}
	if got, want := f.String(), `str_x(text [, sep = ", [" [, ...more]]) → array|none`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"str_lower", "str_upper", "length", "array_map"}
	for _, c := range []struct{ name, in, want string }{
		{"a letter is missing", "str_lowr", "str_lower"},
		{"two letters changed places", "legnth", "length"},
		{"nothing is near", "frobnicate", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := sig.Suggest(c.in, slices.Values(names)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestKeywords: every reserved word is described once, and described well.
func TestKeywords(t *testing.T) {
	t.Parallel()
	got := slices.Clone(sig.Meaningless)
	for _, k := range sig.Keywords {
		got = append(got, k.Words...)
		if k.Syntax == "" || k.Example == "" || k.Output == "" || !strings.HasSuffix(k.Text, ".") || strings.Count(k.Text, "\n") > 2 {
			t.Errorf("%v: want a syntax line, one to three lines of sentences, an example and its output", k.Words)
		}
	}
	slices.Sort(got)
	want := token.Keywords()
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
