package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/dop251/goja"
)

// jsProgram is a compiled script of goja; its value is that of its last statement.
type jsProgram struct{ script *goja.Program }

func loadGoja(_ context.Context, path string) (program, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	script, err := goja.Compile(path, string(src), true)
	if err != nil {
		return nil, err
	}
	return jsProgram{script}, nil
}

func (p jsProgram) run(context.Context) (float64, time.Duration, error) {
	r := goja.New()
	start := time.Now()
	v, err := r.RunProgram(p.script)
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	switch n := v.Export().(type) {
	case int64:
		return float64(n), took, nil
	case float64:
		return n, took, nil
	}
	return 0, 0, fmt.Errorf("the result is %s, want a number", v)
}
