package sink

import (
	"slices"
	"sync/atomic"
)

// chance draws numbers that depend on the seed, the stage and the count of draws
// of that stage alone.
type chance struct {
	seed  uint64
	draws [16]atomic.Uint64 // by stage: failures, then delays
}

// draw returns the next number of a stage, 0 to 1 without 1.
func (c *chance) draw(at Stage, jitter bool) float64 {
	i := slices.Index(stages, at)
	if jitter {
		i += len(stages)
	}
	return unit(mix(mix(c.seed+uint64(i)*0x9e3779b97f4a7c15) + c.draws[i].Add(1)*0x9e3779b97f4a7c15))
}

// mix is the finalizer of splitmix64: neighbours become unrelated.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
