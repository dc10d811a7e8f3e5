package pcre

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEnginesAgree compares both engines on random patterns that both run.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	pattern := rapid.StringMatching(`(a|b|\.|\[ab\]|\[\^a\]|\(a\)|\(b\|ab\)|\(\?:ab\|a\)|\^|\$|\\b){1,5}`)
	quantifier := rapid.SampledFrom([]string{"", "", "*", "+", "?", "+?", "{2}", "{1,2}", "*?"})
	served := 0
	rapid.Check(t, func(t *rapid.T) {
		src := pattern.Draw(t, "pattern") + quantifier.Draw(t, "quantifier") + pattern.Draw(t, "rest")
		subject := rapid.StringMatching(`[ab\n]{0,10}`).Draw(t, "subject")
		re, err := Compile(src, "")
		if err != nil {
			return
		}
		l := linearise(re.tree, re.prog.groups)
		if l == nil || !l.serves(subject, 0) {
			return
		}
		served++
		want, err := re.prog.match(subject, 0, maxSteps)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.match(subject, 0); !slices.Equal(got, want) {
			t.Fatalf("%q on %q: linear %v, backtracking %v", src, subject, got, want)
		}
	})
	if served == 0 {
		t.Error("no pattern was compared")
	}
}
