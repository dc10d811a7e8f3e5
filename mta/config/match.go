package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// Fields are the properties of queued mail that policies, suspensions and delivery
// settings can match (spec mta 8.2).
var Fields = []string{"tenantid", "jobid", "transportid", "localip", "grouping", "remoteip", "remotemx", "recipientdomain"}

// Match is a condition in the order of its file: every field must match. An empty
// one matches everything.
type Match []FieldMatch

// FieldMatch holds when one of its patterns matches the field: a value, *.domain,
// a network, /regex/, @list or #rollup, as far as the field allows them (spec mta
// 8.2). In YAML it is one pattern or a list of them.
type FieldMatch struct {
	Field    string
	Patterns []string
}

func (m *Match) decode(d *decoder, n ast.Node, path string) {
	list, ok := pairs(n)
	if !ok {
		d.fault(n, path, "got %s, want a mapping of fields", describe(n))
		return
	}
	seen := map[string]bool{}
	for _, p := range list {
		if key := d.key(p, path, Fields, seen); key != "" {
			*m = append(*m, FieldMatch{key, d.patterns(p.Value, join(path, key))})
		}
	}
}

// patterns reads one pattern or a list of them. Nothing is not a pattern: an empty
// value is written "".
func (d *decoder) patterns(n ast.Node, path string) []string {
	d.at[path] = d.position(n)
	list, isList := n.(*ast.SequenceNode)
	if !isList {
		return d.pattern(n, path, nil)
	}
	var out []string
	for i, x := range list.Values {
		out = d.pattern(x, fmt.Sprintf("%s[%d]", path, i), out)
	}
	if len(list.Values) == 0 {
		d.fault(n, path, "the list is empty, want at least one value")
	}
	return out
}

func (d *decoder) pattern(n ast.Node, path string, out []string) []string {
	d.at[path] = d.position(n)
	if _, null := n.(*ast.NullNode); null {
		d.fault(n, path, "got nothing, want a value").Hint = `an empty value is written ""`
		return out
	}
	if text, ok := d.text(n, path); ok {
		out = append(out, text)
	}
	return out
}
