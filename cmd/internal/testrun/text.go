package testrun

import (
	"fmt"
	"io"
	"strings"
)

// Text prints results for people.
type Text struct {
	W       io.Writer
	Verbose bool // a line per case, and what cases print
	Colour  bool
}

func (p *Text) paint(code, s string) string {
	if !p.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Result prints one result: failures and benchmarks always, others with Verbose.
func (p *Text) Result(r Result) {
	name := r.File + ": " + r.Name
	if r.Name == r.File {
		name = r.File
	}
	switch {
	case r.Status == Failed:
		fmt.Fprintf(p.W, "%s %s\n", p.paint("31;1", "FAIL"), name)
		p.failure(r)
	case r.Bench != nil:
		fmt.Fprintf(p.W, "%s %s  %d  %.4g ns/op  %.4g B/op\n", p.paint("36", "bench"), name, r.Bench.N, r.Bench.NsPerOp, r.Bench.BytesPer)
	case !p.Verbose:
		return
	case r.Status == Skipped:
		reason := r.Text
		if reason != "" {
			reason = ": " + reason
		}
		fmt.Fprintf(p.W, "%s %s%s\n", p.paint("33", "skip"), name, reason)
	default:
		fmt.Fprintf(p.W, "%s %s (%.1f ms)\n", p.paint("32", "pass"), name, float64(r.Duration.Microseconds())/1000)
	}
	if p.Verbose || r.Status == Failed {
		for _, l := range r.Logs {
			fmt.Fprintf(p.W, "    | %s\n", strings.ReplaceAll(l, "\n", "\n    | "))
		}
	}
}

func (p *Text) failure(r Result) {
	at := ""
	if r.Pos.Line > 0 {
		at = r.Pos.String() + ": "
	}
	fmt.Fprintf(p.W, "    %s%s\n", at, r.Text)
	for l := range strings.Lines(r.Diff) {
		code := map[byte]string{'-': "31", '+': "32"}[l[0]]
		if code != "" {
			l = p.paint(code, strings.TrimSuffix(l, "\n")) + "\n"
		}
		fmt.Fprintf(p.W, "        %s", l)
	}
	for _, f := range r.Stack[min(1, len(r.Stack)):] {
		fmt.Fprintf(p.W, "        called from %s\n", f)
	}
}

// Summary prints the last line.
func (p *Text) Summary(r *Report) {
	line := fmt.Sprintf("%d passed, %d failed", r.Passed, r.Failed)
	if r.Skipped > 0 {
		line += fmt.Sprintf(", %d skipped", r.Skipped)
	}
	fmt.Fprintln(p.W, line)
}
