package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// Rate is what rate() knows of an entry.
type Rate struct {
	Namespace, Entry string
	Hits             int           // in the longest window that was asked for
	Window           time.Duration // that window
	Last             time.Time     // the latest hit
}

// Rates returns the entries of rate() that have hits, by name.
func Rates(s *vm.Shared, now time.Time) []Rate {
	r := s.Part("rate", newRates).(*rates)
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Rate
	for k, h := range r.entries {
		i, _ := slices.BinarySearch(h.at, now.Add(-h.keep).UnixNano()+1)
		if n := len(h.at) - i; n > 0 {
			out = append(out, Rate{k.namespace, k.entry, n, h.keep, time.Unix(0, h.at[len(h.at)-1])})
		}
	}
	slices.SortFunc(out, func(a, b Rate) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Entry, b.Entry))
	})
	return out
}

// ClearRates forgets the hits of an entry, of all entries of a namespace when entry is
// empty, or of everything when both are. It returns how many entries there were.
func ClearRates(s *vm.Shared, namespace, entry string) int {
	r := s.Part("rate", newRates).(*rates)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for k := range r.entries {
		if (namespace == "" || k.namespace == namespace) && (entry == "" || k.entry == entry) {
			delete(r.entries, k)
			n++
		}
	}
	return n
}
