package testrun

import (
	"context"
	"io"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/runtime/module"
)

// version is what the outcome of a test file depends on.
type version struct {
	script, hooks *module.Set
}

// Affected returns the files whose scripts, or hooks, have changed since the last
// call with the same Runner, all of them at first. Files that do not compile
// count as changed.
func (r *Runner) Affected(ctx context.Context, paths []string, last map[string]version) (changed []string) {
	r.spaces = nil
	for _, p := range paths {
		f, _ := r.load(ctx, p)
		now := version{}
		if f != nil {
			now.script = f.set
			if f.space.Root != "" && f.space.Load() == nil {
				now.hooks = f.space.Set()
			}
		}
		if old, seen := last[p]; !seen || f == nil || old != now {
			changed = append(changed, p)
		}
		last[p] = now
	}
	return changed
}

// Watch runs what a change affects, again and again until ctx ends. wait returns
// when files may have changed; files lists the test files there are now.
func (r *Runner) Watch(ctx context.Context, wait func(context.Context) bool, files func() ([]string, error), stderr io.Writer, round func(paths []string)) error {
	last := map[string]version{}
	for {
		paths, err := files()
		if err != nil {
			diag.Text(stderr, diag.List{{Message: err.Error()}})
		}
		if changed := r.Affected(ctx, paths, last); len(changed) > 0 {
			round(changed)
		}
		if !wait(ctx) {
			return nil
		}
	}
}
