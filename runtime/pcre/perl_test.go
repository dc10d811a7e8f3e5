package pcre

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// question is a search that perl judges.
type question struct {
	pattern, flags, subject string
	start                   int
}

func (q question) String() string {
	return fmt.Sprintf("#/%s/%s in %q from %d", q.pattern, q.flags, q.subject, q.start)
}

// perl answers questions: positions, "no" or "error".
func perl(t *testing.T, qs []question) []string {
	t.Helper()
	var in bytes.Buffer
	for _, q := range qs {
		fmt.Fprintf(&in, "%s %s- %s %d\n", hex.EncodeToString([]byte(q.pattern)), q.flags, hex.EncodeToString([]byte(q.subject)), q.start)
	}
	cmd := exec.CommandContext(t.Context(), "perl", "testdata/judge.pl")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("perl: %v", err)
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(qs) {
		t.Fatalf("perl gave %d answers to %d questions", len(answers), len(qs))
	}
	return answers
}

// ours answers a question in the same form.
func ours(q question) string {
	re, err := Compile(q.pattern, q.flags)
	if err != nil {
		return "error"
	}
	loc, err := re.Find(q.subject, q.start)
	if err != nil {
		return "error"
	}
	if loc == nil {
		return "no"
	}
	return strings.Trim(fmt.Sprint(loc), "[]")
}

// same compares answers. perl leaves out trailing groups, and keeps the begin of
// groups that took no part.
func same(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	for len(x) < len(y) && y[len(x)] == "-1" {
		x = append(x, "-1")
	}
	for len(y) < len(x) && x[len(y)] == "-1" {
		y = append(y, "-1")
	}
	return slices.Equal(x, y)
}

// TestPerlTable compares with perl on every pattern and subject of a table.
func TestPerlTable(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/perl.txt")
	if err != nil {
		t.Fatal(err)
	}
	var qs []question
	var lines []int
	for i, line := range strings.Split(string(src), "\n") {
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) < 3 {
			t.Fatalf("testdata/perl.txt:%d: want PATTERN FLAGS SUBJECT… with tabs", i+1)
		}
		for _, s := range parts[2:] {
			subject, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
			if err != nil {
				t.Fatalf("testdata/perl.txt:%d: %q: %v", i+1, s, err)
			}
			qs = append(qs, question{parts[0], strings.TrimPrefix(parts[1], "-"), subject, 0})
			lines = append(lines, i+1)
		}
	}
	if len(qs) < 800 {
		t.Errorf("only %d questions", len(qs))
	}
	for i, want := range perl(t, qs) {
		if got := ours(qs[i]); !same(got, want) {
			t.Errorf("testdata/perl.txt:%d: %s: got %s, perl %s", lines[i], qs[i], got, want)
		}
	}
}
