package control

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Sample is one number of the counter tree (spec mta 14), an entry of the answer of q.
type Sample struct {
	Name    string            `json:"name"` // dotted, with the ids
	Value   float64           `json:"value"`
	Counter bool              `json:"counter"`          // it only grows
	Metric  string            `json:"metric"`           // dotted, without the ids
	Labels  map[string]string `json:"labels,omitempty"` // id, and hook of scripts
}

// Gauge returns a sample that goes up and down.
func Gauge[N int | int64 | float64](name string, v N) Sample {
	return Sample{Name: name, Value: float64(v), Metric: name}
}

// Counter returns a sample that only grows.
func Counter[N int | int64 | float64](name string, v N) Sample {
	return Sample{Name: name, Value: float64(v), Metric: name, Counter: true}
}

// Of puts an id into the name of a sample, behind a part of it: "servers.connections" of
// "in" behind "servers" is "servers.in.connections".
func (s Sample) Of(id, behind string) Sample { return s.With("id", id, behind) }

// With is Of with the name of the label. Of several, the part further behind comes first.
func (s Sample) With(label, id, behind string) Sample {
	s.Name = behind + "." + id + strings.TrimPrefix(s.Name, behind)
	if s.Labels = maps.Clone(s.Labels); s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[label] = id
	return s
}

// OpenMetrics writes samples in the text form of OpenMetrics 1.0. Names are those of the
// tree with halon_ and underscores. A counter whose name does not end in _total is
// declared unknown: the format does not allow it otherwise.
func OpenMetrics(w io.Writer, list []Sample) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Sample) int { return strings.Compare(a.Metric, b.Metric) })
	last := ""
	for _, s := range list {
		name := "halon_" + strings.ReplaceAll(s.Metric, ".", "_")
		if family, total := strings.CutSuffix(name, "_total"); name != last {
			kind := "gauge"
			switch {
			case s.Counter && total:
				kind = "counter"
			case s.Counter:
				family, kind = name, "unknown"
			default:
				family = name
			}
			if _, err := fmt.Fprintf(w, "# TYPE %s %s\n", family, kind); err != nil {
				return err
			}
			last = name
		}
		labels := ""
		for _, k := range slices.Sorted(maps.Keys(s.Labels)) {
			labels += "," + k + `="` + labelEscaper.Replace(s.Labels[k]) + `"`
		}
		if labels != "" {
			labels = "{" + labels[1:] + "}"
		}
		if _, err := fmt.Fprintf(w, "%s%s %s\n", name, labels, strconv.FormatFloat(s.Value, 'f', -1, 64)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "# EOF\n")
	return err
}

var labelEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
