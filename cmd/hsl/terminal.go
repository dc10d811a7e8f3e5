package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"
)

// maxHistory is how many lines the history file keeps.
const maxHistory = 1000

// history keeps the lines of earlier sessions; it implements term.History.
type history struct {
	lines []string
	path  string
}

func openHistory() *history {
	h := &history{}
	dir, err := os.UserConfigDir()
	if err != nil {
		return h
	}
	h.path = filepath.Join(dir, "hsl", "history")
	if b, err := os.ReadFile(h.path); err == nil {
		h.lines = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	return h
}

// Add implements term.History.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	if h.lines = append(h.lines, line); len(h.lines) > maxHistory {
		h.lines = h.lines[len(h.lines)-maxHistory:]
	}
	if h.path == "" || os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	_ = os.WriteFile(h.path, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600)
}

// Len implements term.History.
func (h *history) Len() int { return len(h.lines) }

// At implements term.History: 0 is the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// terminal runs the shell with line editing, history and completion.
func (sh *shell) terminal() error {
	fd := int(os.Stdin.Fd())
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{os.Stdin, os.Stdout}, prompt)
	t.History = openHistory()
	t.AutoCompleteCallback = sh.complete
	fmt.Println("Hawser script shell. :help lists commands, Ctrl-D leaves.")
	sh.loop(func(p string) (string, error) {
		old, err := term.MakeRaw(fd)
		if err != nil {
			return "", err
		}
		defer term.Restore(fd, old)
		if w, h, err := term.GetSize(fd); err == nil {
			_ = t.SetSize(w, h)
		}
		t.SetPrompt(p)
		return t.ReadLine()
	})
	fmt.Println()
	return nil
}

// complete finishes the name before the cursor when TAB is pressed.
func (sh *shell) complete(line string, pos int, key rune) (string, int, bool) {
	if key != '\t' {
		return "", 0, false
	}
	start := pos
	for start > 0 && (line[start-1] == '$' || line[start-1] == '_' || line[start-1] >= '0' && line[start-1] <= '9' ||
		line[start-1]|0x20 >= 'a' && line[start-1]|0x20 <= 'z') {
		start--
	}
	word := line[start:pos]
	common := longest(sh.names(line[:start]), word)
	if common == "" || common == word {
		return line, pos, true
	}
	return line[:start] + common + line[pos:], start + len(common), true
}

// names lists what can stand behind a text: methods behind an arrow, else
// functions, classes and variables.
func (sh *shell) names(before string) []string {
	cat := sh.e.universe.Catalog
	if strings.HasSuffix(before, "->") || strings.HasSuffix(before, "::") {
		var out []string
		for _, c := range cat.Classes {
			for _, m := range c.Methods {
				out = append(out, m.Name)
			}
		}
		return out
	}
	out := allNames(cat)
	if sh.base != nil {
		for n := range sh.base.Exports {
			out = append(out, n)
		}
	}
	return out
}

// longest returns the longest common beginning of the names that start with a
// word, "" when none does.
func longest(names []string, word string) string {
	var match []string
	for _, n := range names {
		if strings.HasPrefix(n, word) && !slices.Contains(match, n) {
			match = append(match, n)
		}
	}
	if len(match) == 0 || word == "" {
		return ""
	}
	common := match[0]
	for _, n := range match[1:] {
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}
