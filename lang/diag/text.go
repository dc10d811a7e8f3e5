package diag

import (
	"fmt"
	"io"
	"strings"
)

// Text writes the list in the form of the command-line contract: position,
// source line, caret, hint.
func Text(w io.Writer, l List) {
	for _, d := range l {
		writeOne(w, d)
	}
}

func writeOne(w io.Writer, d *Diagnostic) {
	fmt.Fprintln(w, d.Error())
	if d.Source != "" && d.Pos.Column > 0 {
		src, pad := clip(d.Source, d.Pos.Column)
		fmt.Fprintf(w, "    %s\n    %s^%s\n", src, pad, strings.Repeat("~", min(d.Width, 60)-1))
	}
	for _, c := range d.Chain {
		fmt.Fprintf(w, "    %s at %s\n", c.Verb, c.Pos)
	}
	if d.Hint != "" {
		fmt.Fprintf(w, "    hint: %s\n", d.Hint)
	}
}

// clip returns a printable window of the line around column and the padding
// that puts the caret under it. Tabs stay tabs so that both lines align.
func clip(src string, column int) (line, pad string) {
	const width = 160
	start := 0
	if column > width-40 {
		start = column - width/2
	}
	end := min(len(src), start+width)
	start = min(start, end)
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' {
				return '?'
			}
			return r
		}, s)
	}
	line = clean(src[start:end])
	before := src[start:max(start, min(end, column-1))]
	pad = strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return line, pad
}
