package config

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Suspends is smtpd-suspend.yaml: which mail stays in the queue (spec mta 9).
type Suspends struct {
	Version  string    `yaml:"version" counts:"live"`
	Suspends []Suspend `yaml:"suspends" counts:"live"`
}

// Suspend holds back the mail that it matches, all mail when If is empty. In YAML
// the fields stand beside tag and properties. A localip takes one source away only.
type Suspend struct {
	If         Match
	Tag        string         // 32 bytes at most
	Properties map[string]any // string, float64 or bool
}

var suspendKeys = append(slices.Clip(Fields), "tag", "properties")

func (s *Suspend) decode(d *decoder, n ast.Node, path string) {
	list, ok := pairs(n)
	if !ok {
		d.fault(n, path, "got %s, want a mapping", describe(n))
		return
	}
	seen := map[string]bool{}
	for _, p := range list {
		switch key := d.key(p, path, suspendKeys, seen); key {
		case "":
		case "tag":
			d.any(p.Value, &s.Tag, join(path, key))
		case "properties":
			d.any(p.Value, &s.Properties, join(path, key))
		default:
			s.If = append(s.If, FieldMatch{key, d.patterns(p.Value, join(path, key))})
		}
	}
}
