package clock_test

import (
	"testing"
	"time"

	"github.com/hawser-mta/hawser/stdlib/clock"
)

// FuzzParse: no text and format crash the parser; what it reads can be written.
func FuzzParse(f *testing.F) {
	for _, c := range [][2]string{{"2024-02-29 12:00:00", "%Y-%m-%d %H:%M:%S"}, {"Fri Feb  9 05:07:08 2024", "%c"}, {"-0130 86400", "%z %s"}, {"24 060 pm", "%y %j %p"}, {"05 1", "%U %w"}, {"%", "%%%"}} {
		f.Add(c[0], c[1])
	}
	now := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s, format string) {
		if len(s)+len(format) > 1<<12 {
			return
		}
		clock.Duration(s)
		at, ok := clock.Parse(s, format, now, time.UTC)
		if !ok {
			return
		}
		if text := clock.Format("%s", at); text == "" {
			t.Fatal("nothing")
		}
		clock.Format(format, at)
	})
}
