package policy

import (
	"fmt"

	"github.com/hawser-mta/hawser/mta/config"
)

// Bounds of what scripts and operators add while the process runs, in bytes of memory as
// weigh guesses them: of one condition or suspension, and of all together. They also
// bound the file that keeps the suspensions.
const (
	maxEntry = 16 << 10
	MaxAdded = 64 << 20
)

// overhead is what an entry takes besides its texts.
const overhead = 256

// weigh guesses what a condition or suspension takes.
func weigh(m config.Match, properties map[string]any, texts ...string) int {
	n := overhead
	for _, s := range texts {
		n += len(s)
	}
	for _, f := range m {
		n += overhead / 4
		for _, p := range f.Patterns {
			n += len(p) + overhead/8
		}
	}
	for k, v := range properties {
		n += len(k) + overhead/8
		if s, ok := v.(string); ok {
			n += len(s)
		}
	}
	return n
}

// fits tells why an entry cannot be added, in place of one that takes so much.
func (e *Engine) fits(weight, instead int) error {
	switch {
	case weight > maxEntry:
		return fmt.Errorf("got about %d bytes of text, want %d at most", weight, maxEntry)
	case e.weight-instead+weight > MaxAdded:
		return fmt.Errorf("conditions and suspensions take %d bytes already, %d at most: give them a ttl, or delete some", e.weight, MaxAdded)
	}
	return nil
}

// edited tells whoever keeps suspensions that they are others than before; more is how
// much more memory they take.
func (e *Engine) edited(more int) {
	e.weight += more
	e.revision++
	select {
	case e.edits <- struct{}{}:
	default:
	}
}
