package hook

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Count says how often the scripts of a hook ran (spec mta 14).
type Count struct {
	Server           string // "" for the queue hooks
	Phase            Phase
	Running, Pending int64 // now; those that wait for a place in their pool are not running
	Finished, Errors int64 // since start; those that failed are among the finished ones
}

// counts are those of a Runner; the zero value is ready.
type counts struct{ of sync.Map } // countKey to *tally

type countKey struct {
	server string
	phase  Phase
}

type tally struct{ running, pending, finished, errors atomic.Int64 }

// run runs a script when its pool has a place, and counts it. Waiting does not count for
// the time of the script.
func (c *counts) run(ctx context.Context, server string, p Phase, pool *slots.Slots, f func() error) error {
	key := countKey{server, p}
	x, ok := c.of.Load(key)
	if !ok {
		x, _ = c.of.LoadOrStore(key, &tally{})
	}
	t := x.(*tally)
	t.pending.Add(1)
	none := pool.Take(ctx)
	if t.pending.Add(-1); none != nil {
		return errNoPlace
	}
	defer pool.Give()
	t.running.Add(1)
	failed := true // a panic is one
	defer func() {
		if failed {
			t.errors.Add(1)
		}
		t.finished.Add(1)
		t.running.Add(-1)
	}()
	err := f()
	_, decided := errors.AsType[*vm.Terminate](err)
	failed = err != nil && !decided
	return err
}

// Counts returns those of every server and hook that a script has run in.
func (r *Runner) Counts() []Count {
	var out []Count
	for k, v := range r.counts.of.Range {
		key, t := k.(countKey), v.(*tally)
		out = append(out, Count{key.server, key.phase, t.running.Load(), t.pending.Load(), t.finished.Load(), t.errors.Load()})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Phase, b.Phase)) })
	return out
}
