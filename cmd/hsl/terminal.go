package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"
)

// historyFile is where inputs are kept between sessions, "" when there is no
// place for it.
func historyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "hsl")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return filepath.Join(dir, "history")
}

// terminal runs the shell with line editing, history, completion and colours.
func (sh *shell) terminal() error {
	rl := readline.NewShell()
	_ = rl.Config.Set("menu-complete-display-prefix", true)
	rl.Config.Binds["emacs"][inputrc.Unescape(`\C-I`)] = inputrc.Bind{Action: "menu-complete"}
	rl.Prompt.Primary(func() string { return prompt })
	rl.Prompt.Secondary(func() string { return promptMore })
	rl.AcceptMultiline = func(line []rune) bool { return !parser.Open(string(line)) }
	rl.Completer = func(line []rune, cursor int) readline.Completions {
		before := string(line[:cursor])
		return candidates(before, sh.complete(before))
	}
	if cli.Colour(os.Stdout) {
		rl.SyntaxHighlighter = func(line []rune) string { return paint(string(line)) }
	}
	if f := historyFile(); f != "" {
		rl.History.AddFromFile("inputs", f)
	}
	fmt.Println("Hawser script shell. :help lists commands, TAB completes, Ctrl-D leaves.")
	sh.loop(func(string) (string, error) {
		line, err := rl.Readline()
		if errors.Is(err, readline.ErrInterrupt) {
			return "", nil // Ctrl-C drops the line
		}
		if errors.Is(err, io.EOF) {
			fmt.Println()
		}
		return line, err
	})
	return nil
}

// colours of tokens, as SGR parameters.
var colours = map[token.Kind]string{
	token.Keyword: "35", token.Variable: "33", token.Number: "36", token.String: "32", token.RawString: "32",
	token.Regex: "31", token.Comment: "90", token.Refused: "31;4", token.Bad: "31;4",
}

// paint colours a text; commands of the shell stay as they are.
func paint(src string) string {
	if strings.HasPrefix(strings.TrimSpace(src), ":") {
		return src
	}
	var b strings.Builder
	at := 0
	for _, t := range parser.Tokens(src) {
		b.WriteString(src[at:t.From])
		text := src[t.From:t.To]
		if t.Kind == token.Bad && text[0] == '"' {
			t.Kind = token.String // still being typed
		}
		if c := colours[t.Kind]; c != "" {
			text = "\x1b[" + c + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
		at = t.To
	}
	b.WriteString(src[at:])
	return b.String()
}
