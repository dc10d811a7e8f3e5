package clock_test

import (
	"testing"
	"time"

	"github.com/hawser-mta/hawser/stdlib/clock"
	"pgregory.net/rapid"
)

var moment = time.Date(2024, 2, 9, 5, 7, 8, 0, time.FixedZone("CET", 3600))

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, want string }{
		{"%a, %d %b %Y %H:%M:%S %z", "Fri, 09 Feb 2024 05:07:08 +0100"},
		{"%A %B %C %e %F %T %Z", "Friday February 20  9 2024-02-09 05:07:08 CET"},
		{"%-d/%-m %-H %I %p %l", "9/2 5 05 AM  5"},
		{"%j %U %W %V %G %g %u %w", "040 05 06 06 2024 24 5 5"},
		{"%c|%D|%r|%R|%y", "Fri Feb  9 05:07:08 2024|02/09/24|05:07:08 AM|05:07|24"},
		{"%s %n%t%% %Q %", "1707451628 \n\t% %Q %"},
	} {
		t.Run(c.format, func(t *testing.T) {
			t.Parallel()
			if got := clock.Format(c.format, moment); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, format string
		want             string // RFC 3339, "" for no match
	}{
		{"date and time", "2024-02-29 12:00:00", "%Y-%m-%d %H:%M:%S", "2024-02-29T12:00:00Z"},
		{"date only", "01 Mar 2024", "%d %b %Y", "2024-03-01T00:00:00Z"},
		{"time only is today", "13:30", "%H:%M", "2024-02-09T13:30:00Z"},
		{"zone", "2024-01-01 00:00 -0130", "%F %R %z", "2024-01-01T01:30:00Z"},
		{"twelve hours", "12:05 pm", "%I:%M %p", "2024-02-09T12:05:00Z"},
		{"midnight", "12:05 AM", "%I:%M %p", "2024-02-09T00:05:00Z"},
		{"short year", "69-01-02", "%y-%m-%d", "1969-01-02T00:00:00Z"},
		{"day of the year", "2024 060", "%Y %j", "2024-02-29T00:00:00Z"},
		{"epoch", "86400", "%s", "1970-01-02T00:00:00Z"},
		{"text behind it", "2024-02-01 and more", "%F", "2024-02-01T00:00:00Z"},
		{"no such day", "2023-02-29", "%F", ""},
		{"no match", "yesterday", "%F", ""},
		{"hour out of range", "24:00", "%R", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := clock.Parse(c.in, c.format, moment, time.UTC)
			text := ""
			if ok {
				text = got.UTC().Format(time.RFC3339)
			}
			if text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

// TestInverse: what Format writes, Parse reads.
func TestInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "time"), 0).UTC()
		format := rapid.SampledFrom([]string{"%Y-%m-%d %H:%M:%S", "%c", "%s", "%d %B %Y %r", "%F %T %z"}).Draw(t, "format")
		got, ok := clock.Parse(clock.Format(format, at), format, moment, time.UTC)
		if !ok || !got.Equal(at) {
			t.Fatalf("%s: got %v, want %v", format, got, at)
		}
	})
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"1d2h30m10s", 95410, true},
		{"15m", 900, true},
		{"", 0, false},
		{"15", 0, false},
		{"1s1m", 0, false},
		{"1m 2s", 0, false},
		{"1w", 0, false},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			if got, ok := clock.Duration(c.in); got != c.want || ok != c.ok {
				t.Errorf("got %v %v, want %v %v", got, ok, c.want, c.ok)
			}
		})
	}
}
