package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The aims: HSL against the fastest Go-hosted engine of each program, and against
// the native ones in the geometric mean.
const (
	aimHosted = 3.0
	aimNative = 1.0
)

// aimed are the native engines that an aim names.
var aimed = []string{"lua5.4", "php"}

// summary is what the table shows.
type summary struct {
	peers []string
	rows  []summaryRow
	means []float64
	// best is the geometric mean of the rows' best.
	best float64
	aims []string
}

// summaryRow has NaN where a language has no program.
type summaryRow struct {
	name   string
	ms     float64
	ratios []float64
	// best is the ratio of the fastest Go-hosted engine.
	best float64
}

func summarise(s *session) summary {
	var r summary
	for _, e := range s.engines[1:] {
		r.peers = append(r.peers, e.name)
	}
	columns := make([][]float64, len(r.peers)+1)
	for _, row := range s.rows {
		hsl := row.cells[0].median()
		x := summaryRow{name: row.name, ms: float64(hsl) / 1e6, best: math.NaN()}
		for i, c := range row.cells[1:] {
			ratio := math.NaN()
			if len(c.times) > 0 {
				ratio = float64(c.median()) / float64(hsl)
			}
			if s.engines[i+1].kind == hosted && len(c.times) > 0 && (math.IsNaN(x.best) || ratio < x.best) {
				x.best = ratio
			}
			x.ratios = append(x.ratios, ratio)
			columns[i] = append(columns[i], ratio)
		}
		columns[len(r.peers)] = append(columns[len(r.peers)], x.best)
		r.rows = append(r.rows, x)
	}
	for i := range r.peers {
		r.means = append(r.means, geomean(columns[i]))
	}
	r.best = geomean(columns[len(r.peers)])
	r.aims = append(hostedAim(r), nativeAims(r)...)
	return r
}

// geomean of the numbers that are there, NaN without any.
func geomean(list []float64) float64 {
	sum, n := 0.0, 0
	for _, x := range list {
		if !math.IsNaN(x) {
			sum += math.Log(x)
			n++
		}
	}
	return math.Exp(sum / float64(n))
}

func hostedAim(r summary) []string {
	var below []string
	n := 0
	for _, x := range r.rows {
		if math.IsNaN(x.best) {
			continue
		}
		n++
		if x.best < aimHosted {
			below = append(below, fmt.Sprintf("%s %.3f", x.name, x.best))
		}
	}
	if n == 0 {
		return nil
	}
	text := fmt.Sprintf("at least %gx the fastest Go-hosted engine on every program: ", aimHosted)
	if len(below) == 0 {
		return []string{"met:    " + text + fmt.Sprintf("%d of %d", n, n)}
	}
	return []string{"missed: " + text + fmt.Sprintf("%d of %d; below: %s", n-len(below), n, strings.Join(below, ", "))}
}

func nativeAims(r summary) []string {
	var out []string
	for _, name := range aimed {
		i := slices.Index(r.peers, name)
		if i < 0 || math.IsNaN(r.means[i]) {
			continue
		}
		verdict := "met:    "
		if r.means[i] < aimNative {
			verdict = "missed: "
		}
		out = append(out, fmt.Sprintf("%sgeometric mean no slower than %s: %.2f", verdict, name, r.means[i]))
	}
	return out
}
