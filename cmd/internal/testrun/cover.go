package testrun

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/runtime/inspect"
)

// coverage collects what the files of a round and the workspaces they lie in have
// run.
func (r *Runner) coverage(files []*file) *inspect.Coverage {
	c := &inspect.Coverage{}
	for _, f := range files {
		c.Add(f.img, measured)
	}
	for _, w := range r.spaces {
		set := w.Set()
		if set == nil {
			continue
		}
		// A workspace names its files from its root, a test from where the user is.
		dir := r.Prefix(w.Root)
		for _, id := range set.IDs() {
			c.Add(set.Image(id), func(name string) string {
				if measured(name) == "" {
					return ""
				}
				return path.Join(dir, name)
			})
		}
	}
	return c
}

// measured leaves out test files and bundled modules.
func measured(name string) string {
	if strings.HasSuffix(name, Suffix) || strings.HasPrefix(name, "std://") || strings.HasPrefix(name, "extras://") {
		return ""
	}
	return name
}

// Coverage prints a table of files; with missed also the lines that never ran.
func Coverage(w io.Writer, c *inspect.Coverage, missed bool) {
	rows := [][3]string{}
	row := func(name string, covered, total int) {
		percent := 100.0
		if total > 0 {
			percent = 100 * float64(covered) / float64(total)
		}
		rows = append(rows, [3]string{name, fmt.Sprintf("%d/%d", covered, total), fmt.Sprintf("%.1f%%", percent)})
	}
	files := c.Files()
	sum, all := 0, 0
	for _, f := range files {
		covered, total := f.Count()
		row(f.Name, covered, total)
		sum += covered
		all += total
	}
	row("total", sum, all)
	var wide [3]int
	for _, x := range rows {
		for i := range x {
			wide[i] = max(wide[i], len(x[i]))
		}
	}
	for i, x := range rows {
		fmt.Fprintf(w, "%-*s  %*s  %*s", wide[0], x[0], wide[1], x[1], wide[2], x[2])
		if missed && i < len(files) {
			if m := files[i].Missed(); m != "" {
				fmt.Fprintf(w, "  missed %s", m)
			}
		}
		fmt.Fprintln(w)
	}
}

// Lcov writes coverage in the form that lcov and genhtml read.
func Lcov(w io.Writer, c *inspect.Coverage) error {
	b := bufio.NewWriter(w)
	for _, f := range c.Files() {
		fmt.Fprintf(b, "TN:\nSF:%s\n", f.Name)
		called := 0
		for _, x := range f.Funcs {
			fmt.Fprintf(b, "FN:%d,%s\n", x.Line, x.Name)
		}
		for _, x := range f.Funcs {
			fmt.Fprintf(b, "FNDA:%d,%s\n", x.Calls, x.Name)
			if x.Calls > 0 {
				called++
			}
		}
		fmt.Fprintf(b, "FNF:%d\nFNH:%d\n", len(f.Funcs), called)
		for _, line := range slices.Sorted(maps.Keys(f.Lines)) {
			fmt.Fprintf(b, "DA:%d,%d\n", line, f.Lines[line])
		}
		covered, total := f.Count()
		fmt.Fprintf(b, "LF:%d\nLH:%d\nend_of_record\n", total, covered)
	}
	return b.Flush()
}
