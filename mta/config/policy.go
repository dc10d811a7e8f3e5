package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Policies is smtpd-policy.yaml: how much mail may leave at a time (spec mta 8).
type Policies struct {
	Version string `yaml:"version" counts:"live"`
	Rate    struct {
		Algorithm string `yaml:"algorithm"` // one of Algorithms
	} `yaml:"rate" counts:"live"`
	Policies []Policy `yaml:"policies" counts:"live"`
}

// Algorithms are the ways to count a rate; the first one is the default.
var Algorithms = []string{"fixedwindow", "tokenbucket"}

// Policy is a set of counters, one for each combination of values of its fields,
// or one for all mail without fields.
type Policy struct {
	ID         string            `yaml:"id"` // for display, may be empty
	Fields     []PolicyField     `yaml:"fields"`
	Conditions []PolicyCondition `yaml:"conditions"` // the first one that decides counts
	Default    *PolicyAction     `yaml:"default"`    // nil: no limit
}

// PolicyField is one field of the counters. In YAML it is the name alone, or the
// name with its rollups: { remotemx: { google: ["*.google.com"] } }.
type PolicyField struct {
	Name    string   // one of Fields
	Rollups []Rollup // in the order of the file
}

// Rollup lets all values that match one of its patterns share the entry #Name.
type Rollup struct {
	Name     string
	Patterns []string
}

// PolicyCondition chooses an action by the fields of its policy.
type PolicyCondition struct {
	If   Match         `yaml:"if"`
	Then *PolicyAction `yaml:"then"`
	Else *PolicyAction `yaml:"else"` // ends the search when If does not match
}

// PolicyAction is what holds for an entry; what is nil or empty limits nothing.
type PolicyAction struct {
	Concurrency     *int           `yaml:"concurrency"` // connections; 0: nothing is sent
	Rate            *Rate          `yaml:"rate"`
	ConnectInterval *time.Duration `yaml:"connectinterval"` // least time between two new connections
	Tag             string         `yaml:"tag"`             // 32 bytes at most
	Stop            *bool          `yaml:"stop"`            // nil: false
	Properties      map[string]any `yaml:"properties"`      // string, float64 or bool, for postdelivery
	Cluster         *bool          `yaml:"cluster"`         // nil: true
	Algorithm       string         `yaml:"algorithm"`       // one of Algorithms, empty: that of the file
}

// Rate is a number of messages in a time; in YAML COUNT/SECONDS, or COUNT alone for
// one second.
type Rate struct {
	Count    float64 // 1 or more
	Interval time.Duration
}

// maxRate bounds both numbers of a rate.
const maxRate = 1e9

func (r *Rate) decode(d *decoder, n ast.Node, path string) {
	text, ok := d.text(n, path)
	if !ok {
		return
	}
	x, hint, err := parseRate(text)
	if err != nil {
		d.fault(n, path, "%s", err).Hint = hint
		return
	}
	*r = x
}

// ParseRate reads COUNT/SECONDS, or COUNT alone for one second.
func ParseRate(text string) (Rate, error) {
	r, _, err := parseRate(text)
	return r, err
}

func parseRate(text string) (r Rate, hint string, err error) {
	count, seconds, given := strings.Cut(text, "/")
	if !given {
		seconds = "1"
	}
	c, err1 := strconv.ParseFloat(strings.TrimSpace(count), 64)
	s, err2 := strconv.ParseFloat(strings.TrimSpace(seconds), 64)
	switch {
	case err1 != nil || err2 != nil || math.IsNaN(c) || math.IsNaN(s):
		return r, "", fmt.Errorf("got '%s', want COUNT/SECONDS such as 120/60, or COUNT per second", text)
	case c <= 0:
		return r, "concurrency: 0 lets nothing through", fmt.Errorf("got '%s', want a count of 1 or more", text)
	case c < 1:
		return r, fmt.Sprintf("fewer than one in a time is one in a longer time: 1/%g", s/c), fmt.Errorf("got '%s', want a count of 1 or more", text)
	case c > maxRate || s > maxRate || s < 0.001:
		return r, "", fmt.Errorf("got '%s', want a count up to 1000000000 and 0.001 to 1000000000 seconds", text)
	}
	return Rate{c, time.Duration(s * float64(time.Second))}, "", nil
}

func (f *PolicyField) decode(d *decoder, n ast.Node, path string) {
	list, ok := pairs(n)
	if !ok {
		f.Name, _ = d.text(n, path)
		return
	}
	if len(list) != 1 {
		d.fault(n, path, "got a mapping of %d keys, want one field with its rollups", len(list))
		return
	}
	f.Name = list[0].Key.GetToken().Value
	path = join(path, f.Name)
	rollups, ok := pairs(list[0].Value)
	if !ok {
		d.fault(list[0].Value, path, "got %s, want a mapping of names to patterns", describe(list[0].Value))
		return
	}
	seen := map[string]bool{}
	for _, p := range rollups {
		if name := d.key(p, path, nil, seen); name != "" {
			f.Rollups = append(f.Rollups, Rollup{name, d.patterns(p.Value, join(path, name))})
		}
	}
}
