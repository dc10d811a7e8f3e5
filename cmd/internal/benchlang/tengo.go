package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/d5/tengo/v2"
	"github.com/d5/tengo/v2/stdlib"
)

// tengoProgram is a compiled script of tengo; its checksum is the variable out.
type tengoProgram struct{ script *tengo.Compiled }

func loadTengo(_ context.Context, path string) (program, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := tengo.NewScript(src)
	s.SetImports(stdlib.GetModuleMap("text", "enum"))
	script, err := s.Compile()
	if err != nil {
		return nil, err
	}
	return tengoProgram{script}, nil
}

func (p tengoProgram) run(context.Context) (float64, time.Duration, error) {
	// A clone has variables of its own.
	script := p.script.Clone()
	start := time.Now()
	err := script.Run()
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	switch out := script.Get("out").Value().(type) {
	case int64:
		return float64(out), took, nil
	case float64:
		return out, took, nil
	}
	return 0, 0, fmt.Errorf("the result is %v, want a number", script.Get("out").Object())
}
