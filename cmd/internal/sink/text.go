package sink

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// shown bounds the lines of each map in Text.
const shown = 20

// Text writes the counts for readers; of long lists, the greatest.
func (c Counts) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "connections\t%d, at once %d\n", c.Connections, c.Peak)
	rows(t, "at once from", c.PeakByClient)
	fmt.Fprintf(t, "messages\t%d accepted for %d recipients, %.2f MB\n", c.Messages, c.Recipients, float64(c.Bytes)/1e6)
	r := c.PerSecond
	fmt.Fprintf(t, "rate\tmean %.1f/s; by second p50 %d, p90 %d, p99 %d, max %d, over %.2f s\n", r.Mean, r.P50, r.P90, r.P99, r.Max, c.Seconds)
	rows(t, "refused", c.Refused)
	rows(t, "domain", c.Domains)
	rows(t, "seen again", c.Duplicates)
	return t.Flush()
}

func rows(w io.Writer, label string, m map[string]int) {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(m[b]-m[a], cmp.Compare(a, b)) })
	for i, k := range keys {
		if i == shown {
			fmt.Fprintf(w, "%s\t%d more\n", label, len(keys)-shown)
			return
		}
		fmt.Fprintf(w, "%s\t%s: %d\n", label, k, m[k])
	}
}
