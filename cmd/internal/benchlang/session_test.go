package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fake is a program with a fixed checksum and times.
type fake struct {
	sum   float64
	times []time.Duration
	runs  *[]string
	name  string
}

func (f *fake) run(context.Context) (float64, time.Duration, error) {
	if f.runs != nil {
		*f.runs = append(*f.runs, f.name)
	}
	took := f.times[0]
	f.times = append(f.times[1:], took)
	return f.sum, took, nil
}

// sample has one program on all its engines, and one that the hosted ones lack.
func sample(runs *[]string) *session {
	one := func(name string, sum float64, ms ...time.Duration) cell {
		f := &fake{sum: sum, runs: runs, name: name}
		for _, n := range ms {
			f.times = append(f.times, n*time.Millisecond)
		}
		return cell{program: f}
	}
	return &session{
		engines: []engine{{name: "hsl", kind: own}, {name: "goja", kind: hosted}, {name: "tengo", kind: hosted}, {name: "php", kind: native}},
		rows: []row{
			{name: "fib", cells: []cell{one("hsl", 7, 10, 90, 12), one("goja", 7, 36, 48, 1), one("tengo", 7, 60), one("php", 7, 6)}},
			{name: "map", cells: []cell{one("hsl", 8, 10), {}, {}, one("php", 8, 24)}},
		},
		progress: io.Discard,
	}
}

// TestMeasure: every cell runs twice in a row, and the second run counts.
func TestMeasure(t *testing.T) {
	t.Parallel()
	var runs []string
	s := sample(&runs)
	if err := s.measure(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(runs, " "), "hsl hsl goja goja tengo tengo php php hsl hsl php php goja goja tengo tengo php php hsl hsl php php hsl hsl"; got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
	// Of 10, 90, 12 and 10 again.
	if got, want := s.rows[0].cells[0].median(), 50*time.Millisecond; got != want {
		t.Errorf("the median is %s, want %s", got, want)
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	s := sample(nil)
	s.rows[1].cells[3].program.(*fake).sum = 9
	err := s.measure(t.Context(), 1)
	if want := "map on php: got checksum 9, want 8 as on hsl"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	s := sample(nil)
	if err := s.measure(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeTable(&out, summarise(s), []string{"goja v1", "2 cores"}); err != nil {
		t.Fatal(err)
	}
	want := `| program        | hsl ms | goja | tengo |  php | fastest Go-hosted / hsl |
|----------------|-------:|-----:|------:|-----:|------------------------:|
| fib            |   12.0 | 3.00 |  5.00 | 0.50 |                    3.00 |
| map            |   10.0 |    – |     – | 2.40 |                       – |
| geometric mean |        | 3.00 |  5.00 | 1.10 |                    3.00 |

Other columns: time of the engine / time of hsl; above 1 hsl is faster.
goja v1, 2 cores

met:    at least 3x the fastest Go-hosted engine on every program: 1 of 1
met:    geometric mean no slower than php: 1.10
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMissedAims(t *testing.T) {
	t.Parallel()
	s := sample(nil)
	s.rows[0].cells[1].program.(*fake).times = []time.Duration{35 * time.Millisecond}
	s.rows = s.rows[:1]
	if err := s.measure(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(summarise(s).aims, "\n")
	want := "missed: at least 3x the fastest Go-hosted engine on every program: 0 of 1; below: fib 2.917\n" +
		"missed: geometric mean no slower than php: 0.50"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestParseResult(t *testing.T) {
	t.Parallel()
	sum, took, err := parseResult("2733400150000 0.250000\n")
	if sum != 2733400150000 || took != 250*time.Millisecond || err != nil {
		t.Errorf("got %v, %s, %v", sum, took, err)
	}
	if _, _, err := parseResult("PHP Warning: x\n"); err == nil {
		t.Error("got no error for a line that is no result")
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-rounds 0":               "got 0 rounds, want 1 at least",
		"fib":                     "got argument \"fib\", want flags only",
		"-engines (":              "missing closing )",
		"-dir x -programs ^fib$":  "no program in x matches '^fib$'",
		"-dir ../../../testdata ": "no program in ../../../testdata matches ''",
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %s", args, err, want)
		}
	}
}

// TestComplete finds programs that a language lacks.
func TestComplete(t *testing.T) {
	t.Parallel()
	const dir = "../../../testdata/bench"
	names, err := programs(dir, regexp.MustCompile(""))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for _, e := range engines(dir) {
			if _, err := os.Stat(filepath.Join(dir, name+e.ext)); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(string(readme), "\n| `"+name+"` |") {
			t.Errorf("README.md has no line about %s", name)
		}
	}
}

// TestHosted runs a short program on the engines of this process.
func TestHosted(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "out.json")
	for name, text := range map[string]string{
		"x.hsl": "return 6 * 7;", "x.lua": "return 6 * 7", "x.js": "6 * 7;", "x.tengo": "out := 6 * 7",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-dir", dir, "-engines", "goja|gopher|tengo", "-rounds", "2", "-json", file}
	var out bytes.Buffer
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got record
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Cells) != 4 {
		t.Fatalf("got %d cells, want 4", len(got.Cells))
	}
	for _, c := range got.Cells {
		if c.Checksum != 42 || len(c.Times) != 2 || c.Median <= 0 {
			t.Errorf("got %+v, want checksum 42 and 2 times", c)
		}
	}
}
