package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// writeTable prints the times of HSL, how many times longer the others took, and
// what became of the aims.
func writeTable(w io.Writer, r summary, versions []string) error {
	head := append([]string{"program", "hsl ms"}, r.peers...)
	t := [][]string{append(head, "fastest Go-hosted / hsl")}
	for _, x := range r.rows {
		line := []string{x.name, fmt.Sprintf("%.1f", x.ms)}
		for _, ratio := range x.ratios {
			line = append(line, number(ratio))
		}
		t = append(t, append(line, number(x.best)))
	}
	mean := []string{"geometric mean", ""}
	for _, m := range r.means {
		mean = append(mean, number(m))
	}
	t = append(t, append(mean, number(r.best)))
	var b strings.Builder
	grid(&b, t)
	b.WriteString("\nOther columns: time of the engine / time of hsl; above 1 hsl is faster.\n")
	b.WriteString(strings.Join(versions, ", ") + "\n\n")
	for _, a := range r.aims {
		b.WriteString(a + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func number(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.2f", x)
}

// grid writes a Markdown table with aligned columns, first one to the left.
func grid(b *strings.Builder, t [][]string) {
	width := make([]int, len(t[0]))
	for _, line := range t {
		for i, text := range line {
			width[i] = max(width[i], len([]rune(text)))
		}
	}
	for n, line := range t {
		for i, text := range line {
			pad := strings.Repeat(" ", width[i]-len([]rune(text)))
			if i == 0 {
				fmt.Fprintf(b, "| %s%s ", text, pad)
			} else {
				fmt.Fprintf(b, "| %s%s ", pad, text)
			}
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, size := range width {
			end := ":"
			if i == 0 {
				end = "-"
			}
			b.WriteString("|" + strings.Repeat("-", size+1) + end)
		}
		b.WriteString("|\n")
	}
}
