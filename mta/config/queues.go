package config

import (
	"github.com/goccy/go-yaml/ast"
)

// Queues bounds and sorts the queue (spec mta 3.4).
type Queues struct {
	Grouping    Grouping `yaml:"grouping"`
	Pooling     Pool     `yaml:"pooling"`
	Quotas      []Quota  `yaml:"quotas"`
	Connections struct {
		Max int `yaml:"max"`
	} `yaml:"connections"`
	Hold struct {
		MaxAge Duration `yaml:"maxage"`
	} `yaml:"hold"`
	MaxAge Duration `yaml:"maxage"`
}

// Grouping gives mail its field grouping: "&ID" of the first rule that matches, else
// what Default says: "" for none, or the value of remotemx or recipientdomain.
type Grouping struct {
	Default   string         `yaml:"default"`
	Groupings []GroupingRule `yaml:"groupings"`
}

// GroupingRule holds when one pattern of one of its lists matches; the patterns are
// those of spec mta 8.2.
type GroupingRule struct {
	ID              string  `yaml:"id"`
	RemoteMX        Strings `yaml:"remotemx"`
	RemoteIP        Strings `yaml:"remoteip"`
	RecipientDomain Strings `yaml:"recipientdomain"`
}

// Pool bounds the idle outbound connections. Policy is what a waiting connection may
// be used again for, one of PoolPolicies.
type Pool struct {
	Size   int    `yaml:"size"`
	Policy string `yaml:"policy"`
}

// PoolPolicies are the values of queues.pooling.policy; the first one is the default.
var PoolPolicies = []string{"remoteip", "remotemx", "grouping"}

// Quota bounds the units that name it; 0 is no bound.
type Quota struct {
	ID       string `yaml:"id"`
	MaxCount int    `yaml:"maxcount"`
	MaxBytes Size   `yaml:"maxbytes"`
}

// Lists are the values that @ID stands for in patterns, by field.
type Lists map[string][]ValueList

// ValueList is a named list of patterns.
type ValueList struct {
	ID    string   `yaml:"id"`
	Items []string `yaml:"items"`
}

func (l *Lists) decode(d *decoder, n ast.Node, path string) {
	fields, ok := pairs(n)
	if !ok {
		d.fault(n, path, "got %s, want a mapping of fields to lists", describe(n))
		return
	}
	*l = Lists{}
	seen := map[string]bool{}
	for _, p := range fields {
		if key := d.key(p, path, Fields, seen); key != "" {
			var lists []ValueList
			d.any(p.Value, &lists, join(path, key))
			(*l)[key] = lists
		}
	}
}

// Find returns the items of lists.FIELD of an id; ok is false when there is none.
func (l Lists) Find(field, id string) (items []string, ok bool) {
	for _, x := range l[field] {
		if x.ID == id {
			return x.Items, true
		}
	}
	return nil, false
}
