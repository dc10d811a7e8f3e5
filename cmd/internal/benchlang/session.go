package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// session is one measurement: rows are programs, cells of a row are engines.
type session struct {
	engines  []engine
	rows     []row
	progress io.Writer
}

// row is a program in all languages. The checksum is that of the first run, by the
// engine named.
type row struct {
	name  string
	cells []cell
	sum   float64
	by    string
}

// cell is one program on one engine; program is nil where the language has none.
type cell struct {
	program program
	times   []time.Duration
}

// programs lists the names of the HSL programs that match.
func programs(dir string, match *regexp.Regexp) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.hsl"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".hsl"); match.MatchString(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no program in %s matches '%s'", dir, match)
	}
	return names, nil
}

// load compiles every program for every engine that has it.
func (s *session) load(ctx context.Context, dir string, names []string) error {
	for _, name := range names {
		r := row{name: name, cells: make([]cell, len(s.engines))}
		for i, e := range s.engines {
			path := filepath.Join(dir, name+e.ext)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			p, err := e.load(ctx, path)
			if err != nil {
				return fmt.Errorf("load %s for %s: %w", path, e.name, err)
			}
			r.cells[i].program = p
		}
		s.rows = append(s.rows, r)
	}
	return nil
}

// measure runs every cell once a round, so that a change of the machine's speed
// meets all engines. Each round begins with another engine.
func (s *session) measure(ctx context.Context, rounds int) error {
	for round := range rounds {
		for i := range s.rows {
			r := &s.rows[i]
			fmt.Fprintf(s.progress, "\rround %d of %d: %-12s", round+1, rounds, r.name)
			for n := range s.engines {
				if err := s.once(ctx, r, (round+n)%len(s.engines)); err != nil {
					return err
				}
			}
		}
	}
	fmt.Fprintf(s.progress, "\r%40s\r", "")
	return nil
}

// once runs one cell twice, as a server runs its scripts again and again, keeps the
// time of the second run, and compares the checksum with the row's. Processes do both
// runs themselves.
func (s *session) once(ctx context.Context, r *row, i int) error {
	c, name := &r.cells[i], s.engines[i].name
	if c.program == nil {
		return nil
	}
	runtime.GC()
	sum, took, err := c.program.run(ctx)
	if _, process := c.program.(extProgram); err == nil && !process {
		runtime.GC()
		sum, took, err = c.program.run(ctx) // its memory is there now
	}
	if err != nil {
		return fmt.Errorf("%s on %s: %w", r.name, name, err)
	}
	if r.by == "" {
		r.sum, r.by = sum, name
	}
	if sum != r.sum {
		return fmt.Errorf("%s on %s: got checksum %.0f, want %.0f as on %s", r.name, name, sum, r.sum, r.by)
	}
	c.times = append(c.times, took)
	return nil
}

// median of the cell's times; 0 when it was not run.
func (c cell) median() time.Duration {
	if len(c.times) == 0 {
		return 0
	}
	t := slices.Sorted(slices.Values(c.times))
	return (t[(len(t)-1)/2] + t[len(t)/2]) / 2
}
