package crypt

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// maxRandom is the most bytes that random_bytes gives.
const maxRandom = 1 << 20

func randoms(b *registry.Builder) {
	b.Func(sig.New("random_bytes(bytes: number) -> string", "Bytes that nobody can guess, at most 1048576.").
		Show("echo length(random_bytes(16));", "16"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			n, err := registry.Count("random_bytes", a, 0, 0)
			if err != nil {
				return value.None, err
			}
			if n < 0 || n > maxRandom {
				return value.None, fmt.Errorf("random_bytes(): bytes must be 0 to %d, got %d", maxRandom, n)
			}
			out := make([]byte, n)
			if _, err := io.ReadFull(t.Host().Entropy, out); err != nil {
				return value.None, errors.New("random_bytes(): no randomness available")
			}
			return value.Bytes(out), nil
		})
	b.Func(sig.New("random_number(first?: number, last?: number) -> number",
		"A number from 0 to 1, or an integer from first to last, both included.").
		Show("echo random_number(3, 3);", "3"), randomNumber)
}

func randomNumber(t *vm.Thread, a []value.Value) (value.Value, error) {
	switch len(a) {
	case 0:
		return value.Num(float64(t.Host().Random()>>11) / (1 << 53)), nil
	case 1:
		return value.None, errors.New("random_number(): takes no argument or first and last")
	}
	first, last := math.Trunc(a[0].Number()), math.Trunc(a[1].Number())
	span := last - first + 1
	switch {
	case math.IsNaN(span) || math.IsInf(span, 0) || span > 1<<53:
		return value.None, errors.New("random_number(): the range must be finite and at most 2^53 wide")
	case span < 1:
		return value.None, fmt.Errorf("random_number(): first is greater than last")
	}
	n := uint64(span)
	most := ^uint64(0) - ^uint64(0)%n // above it small numbers would be likelier
	for {
		if r := t.Host().Random(); r < most {
			return value.Num(first + float64(r%n)), nil
		}
	}
}
