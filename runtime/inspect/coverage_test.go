package inspect_test

import (
	"testing"

	"github.com/hawser-mta/hawser/runtime/inspect"
)

// TestMissed: ranges of lines that never ran, over lines that cannot run.
func TestMissed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines map[int]int
		want  string
	}{
		{map[int]int{}, ""},
		{map[int]int{1: 1, 2: 5}, ""},
		{map[int]int{1: 0, 2: 5, 4: 0, 5: 0, 9: 0, 10: 1, 12: 0}, "1, 4-9, 12"},
	} {
		f := &inspect.File{Lines: c.lines}
		if got := f.Missed(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.lines, got, c.want)
		}
	}
}
