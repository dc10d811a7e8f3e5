package config

import (
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/hawser-mta/hawser/lang/diag"
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

// WithLists returns the configuration with other lists of plugins. That of an id that the
// file has too adds its items to that of the file.
func (c *Config) WithLists(lists Lists) *Config {
	x := *c
	x.added = lists
	x.App.Lists = x.own.with(lists)
	return &x
}

func (l Lists) with(more Lists) Lists {
	if len(more) == 0 {
		return l
	}
	out := maps.Clone(l)
	if out == nil {
		out = Lists{}
	}
	for field, lists := range more {
		all := slices.Clone(out[field])
		for _, x := range lists {
			i := slices.IndexFunc(all, func(y ValueList) bool { return y.ID == x.ID })
			if i < 0 {
				all = append(all, x)
				continue
			}
			all[i].Items = append(slices.Clip(all[i].Items), x.Items...)
		}
		out[field] = all
	}
	return out
}

// CheckItem reports what is wrong with an item of a list that stands in no file, nil when
// nothing is.
func (c *Config) CheckItem(field, item string) *diag.Diagnostic {
	v := &validator{c: c}
	v.item("", field, item)
	for _, x := range v.diags {
		if x.Severity == diag.Error {
			return x
		}
	}
	return nil
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
