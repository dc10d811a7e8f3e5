package num_test

import (
	"math"
	"testing"

	"github.com/hawser-mta/hawser/stdlib/num"
)

func TestRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		x        float64
		decimals int
		want     float64
	}{
		{"half up", 2.5, 0, 3},
		{"half away from zero", -2.5, 0, -3},
		{"the printed form counts", 1.005, 2, 1.01},
		{"to tens", 15, -1, 20},
		{"to more than there is", 4, -1, 0},
		{"carries", 9.99, 1, 10},
		{"already short", 1.5, 4, 1.5},
		{"small", 0.0049, 2, 0},
		{"small up", 0.005, 2, 0.01},
		{"infinite", math.Inf(-1), 2, math.Inf(-1)},
		{"great", 1e300, 2, 1e300},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := num.Round(c.x, c.decimals); got != c.want {
				t.Errorf("Round(%v, %d) = %v, want %v", c.x, c.decimals, got, c.want)
			}
		})
	}
}
