package pki_test

import (
	"testing"

	"github.com/hawser-mta/hawser/runtime/pki"
)

func TestMatchName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.example.com", "mx1.example.com", true},
		{"*.example.com", "a.b.example.com", false},
		{"*.example.com", "example.com", false},
		{"MX.example.com", "mx.EXAMPLE.com.", true},
		{"mx*.example.com", "mx1.example.com", false},
	} {
		if got := pki.MatchName(c.pattern, c.name); got != c.want {
			t.Errorf("%s %s: got %v", c.pattern, c.name, got)
		}
	}
}
