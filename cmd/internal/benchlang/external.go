package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// extProgram is a program of an interpreter that runs as a process. The harness,
// a script in the interpreter's language, loads the program, runs it twice, times the
// second run and prints "CHECKSUM SECONDS".
type extProgram struct {
	command       string
	harness, path string
}

func loadExternal(dir, command string) func(context.Context, string) (program, error) {
	return func(_ context.Context, path string) (program, error) {
		command, err := exec.LookPath(command)
		if err != nil {
			return nil, err
		}
		return extProgram{command, filepath.Join(dir, "run"+filepath.Ext(path)), path}, nil
	}
}

func (p extProgram) run(ctx context.Context) (float64, time.Duration, error) {
	cmd := exec.CommandContext(ctx, p.command, p.harness, p.path)
	out, err := cmd.Output()
	if err != nil {
		if x, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w: %s", err, x.Stderr)
		}
		return 0, 0, fmt.Errorf("run %s: %w", p.path, err)
	}
	return parseResult(string(out))
}

// parseResult reads the line of a harness.
func parseResult(line string) (float64, time.Duration, error) {
	var sum, seconds float64
	if _, err := fmt.Sscan(line, &sum, &seconds); err != nil {
		return 0, 0, fmt.Errorf("got %q, want a checksum and seconds", line)
	}
	return sum, time.Duration(seconds * float64(time.Second)), nil
}
