package testrun

import (
	"context"
	"runtime"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/checks"
)

// Bench is what a benchmark measured.
type Bench struct {
	N        int
	NsPerOp  float64
	BytesPer float64 // allocated bytes per operation
}

// bench calls the function more and more often until it took long enough.
func (r *Runner) bench(ctx context.Context, f *file, c *checks.Case) Result {
	target := r.Target
	if target == 0 {
		target = time.Second
	}
	var b *Bench
	res := r.run(ctx, f, c, func(t *vm.Thread) error {
		var err error
		b, err = measure(t, c, target)
		return err
	})
	res.Bench = b
	return res
}

func measure(t *vm.Thread, c *checks.Case, target time.Duration) (*Bench, error) {
	const most = 1_000_000_000
	for n := 1; ; {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		for range n {
			if _, err := t.Call(c.Function); err != nil {
				return nil, err
			}
		}
		d := time.Since(begin)
		runtime.ReadMemStats(&after)
		if d >= target || n >= most {
			return &Bench{N: n, NsPerOp: float64(d.Nanoseconds()) / float64(n), BytesPer: float64(after.TotalAlloc-before.TotalAlloc) / float64(n)}, nil
		}
		// Aim a little beyond the target, and never grow by more than a hundred.
		next := int(1.2 * float64(n) * float64(target) / float64(max(d, time.Microsecond)))
		n = min(max(next, n+1), 100*n, most)
	}
}
