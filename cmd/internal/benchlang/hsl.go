package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

// hslProgram is a linked image; a thread of its own runs it each time.
type hslProgram struct{ image *vm.Image }

// loadHSL returns a loader over the standard library, registered once.
func loadHSL() func(context.Context, string) (program, error) {
	b := registry.New()
	stdlib.Register(b)
	loader := module.NewLoader(b.Freeze())
	return func(ctx context.Context, path string) (program, error) {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		entry := module.Entry{ID: path, Root: &module.Root{}, Path: path, Source: src}
		set, diags := loader.Build(ctx, &module.Roots{}, []module.Entry{entry})
		if err := diags.Err(); err != nil {
			return nil, fmt.Errorf("compile %s: %w", path, err)
		}
		return hslProgram{set.Image(path)}, nil
	}
}

func (p hslProgram) run(ctx context.Context) (float64, time.Duration, error) {
	host := vm.DefaultHost(io.Discard)
	start := time.Now()
	v, err := vm.New(p.image, host, vm.Limits{}).Run(ctx)
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	if v.Kind() != value.KNumber {
		return 0, 0, fmt.Errorf("the result is %s, want a number", value.Literal(v))
	}
	return v.Num(), took, nil
}
