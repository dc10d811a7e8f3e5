package testrun

import (
	"encoding/json"
	"io"
)

// caseJSON is one case as --json prints it.
type caseJSON struct {
	File     string   `json:"file"`
	Name     string   `json:"name"`
	Status   Status   `json:"status"`
	Seconds  float64  `json:"seconds"`
	Position string   `json:"position,omitempty"`
	Message  string   `json:"message,omitempty"`
	Diff     string   `json:"diff,omitempty"`
	Stack    []string `json:"stack,omitempty"`
	Output   []string `json:"output,omitempty"`
	N        int      `json:"n,omitempty"`
	NsPerOp  float64  `json:"ns_per_op,omitempty"`
	Bytes    float64  `json:"bytes_per_op,omitempty"`
}

// coverJSON is the coverage of one file.
type coverJSON struct {
	File    string `json:"file"`
	Covered int    `json:"covered"`
	Total   int    `json:"total"`
	Missed  string `json:"missed,omitempty"`
}

// JSON writes a report as one object: cases, passed, failed, skipped, and coverage
// when it was measured.
func JSON(w io.Writer, r *Report) error {
	out := struct {
		Cases   []caseJSON `json:"cases"`
		Passed  int        `json:"passed"`
		Failed  int        `json:"failed"`
		Skipped int        `json:"skipped"`

		Coverage []coverJSON `json:"coverage,omitempty"`
	}{Cases: []caseJSON{}, Passed: r.Passed, Failed: r.Failed, Skipped: r.Skipped}
	if r.Coverage != nil {
		for _, f := range r.Coverage.Files() {
			covered, total := f.Count()
			out.Coverage = append(out.Coverage, coverJSON{f.Name, covered, total, f.Missed()})
		}
	}
	for _, x := range r.Results {
		c := caseJSON{
			File: x.File, Name: x.Name, Status: x.Status, Seconds: x.Duration.Seconds(), Message: x.Text, Diff: x.Diff, Output: x.Logs,
		}
		if x.Pos.Line > 0 {
			c.Position = x.Pos.String()
		}
		for _, f := range x.Stack {
			c.Stack = append(c.Stack, f.String())
		}
		if b := x.Bench; b != nil {
			c.N, c.NsPerOp, c.Bytes = b.N, b.NsPerOp, b.BytesPer
		}
		out.Cases = append(out.Cases, c)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
