package golden

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Chunk is one program of a chunk file.
type Chunk struct {
	Name     string            // FILE:LINE and the first comment
	Hook     string            // hook that the program runs in, "" for none
	Compat   bool              // the program may use legacy names
	Main     string            // source, with empty lines before it so that line numbers are those of the file
	Files    map[string]string // further files by name; scripts have their line numbers, too
	Errors   []Error           // compile errors expected
	Output   []string          // lines that echo prints
	Printed  bool              // Output was given
	Uncaught *regexp.Regexp    // text of the value nobody catches, nil for none
}

// Error is an expected error: MESSAGE (hint: HINT) must match.
type Error struct {
	File  string
	Line  int
	Match *regexp.Regexp
}

var (
	errorMark    = regexp.MustCompile(`// ### (".*")\s*$`)
	uncaughtMark = regexp.MustCompile(`^// === uncaught (".*")\s*$`)
)

// Chunks reads a chunk file.
func Chunks(path string) ([]Chunk, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []Chunk
	var lines []string
	from := 1
	flush := func(next int) error {
		if strings.TrimSpace(strings.Join(lines, "")) != "" {
			c, err := chunk(path, from, lines)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		lines, from = nil, next
		return nil
	}
	for i, l := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		if l == "// ---" {
			if err := flush(i + 2); err != nil {
				return nil, err
			}
			continue
		}
		lines = append(lines, l)
	}
	return out, flush(0)
}

func chunk(path string, from int, lines []string) (Chunk, error) {
	c := Chunk{Name: fmt.Sprintf("%s:%d", path, from), Files: map[string]string{}}
	src := map[string]*strings.Builder{}
	file := "main"
	open := func(name string, line int) {
		file = name
		src[file] = &strings.Builder{}
		if name == "main" || strings.HasSuffix(name, ".hsl") {
			src[file].WriteString(strings.Repeat("\n", line-1))
		}
	}
	open(file, from)
	for i, l := range lines {
		n := from + i
		if title, ok := strings.CutPrefix(strings.TrimPrefix(l, "\ufeff"), "// "); i == 0 && ok {
			c.Name += " " + title
		}
		if name, ok := strings.CutPrefix(l, "// file: "); ok {
			open(name, n+1)
			continue
		}
		if hook, ok := strings.CutPrefix(l, "// hook: "); ok {
			c.Hook = hook
		}
		c.Compat = c.Compat || l == "// compat"
		if m := uncaughtMark.FindStringSubmatch(l); m != nil {
			re, err := pattern(m[1], path, n)
			if err != nil {
				return c, err
			}
			c.Uncaught = re
			continue
		}
		if l == "// === output" {
			c.Printed = true
			continue
		}
		if c.Printed || c.Uncaught != nil {
			text, ok := strings.CutPrefix(l, "//")
			if !ok && strings.TrimSpace(l) != "" {
				return c, fmt.Errorf("%s:%d: got '%s', want a comment with a line of output", path, n, l)
			}
			if ok {
				c.Output = append(c.Output, strings.TrimPrefix(text, " "))
			}
			continue
		}
		if m := errorMark.FindStringSubmatch(l); m != nil {
			for _, q := range quoted(m[1]) {
				re, err := pattern(q, path, n)
				if err != nil {
					return c, err
				}
				c.Errors = append(c.Errors, Error{file, n, re})
			}
		}
		src[file].WriteString(l + "\n")
	}
	for name, b := range src {
		if name == "main" {
			c.Main = b.String()
		} else {
			c.Files[name] = b.String()
		}
	}
	if !c.Printed && c.Uncaught == nil && len(c.Errors) == 0 {
		return c, fmt.Errorf("%s:%d: the chunk expects nothing", path, from)
	}
	return c, nil
}

// quoted cuts a row of quoted strings; one that is no Go string is kept as it is.
func quoted(s string) []string {
	var list []string
	for rest := s; rest != ""; rest = strings.TrimLeft(rest, " ") {
		q, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return []string{s}
		}
		list, rest = append(list, q), rest[len(q):]
	}
	return list
}

func pattern(text, path string, line int) (*regexp.Regexp, error) {
	s, err := strconv.Unquote(text)
	if err != nil {
		s = text[1 : len(text)-1]
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, line, err)
	}
	return re, nil
}
