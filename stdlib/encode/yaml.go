package encode

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
	"go.yaml.in/yaml/v3"
)

// maxYAMLNodes bounds what aliases can expand to.
const maxYAMLNodes = 1_000_000

var (
	errYAMLSize = errors.New("aliases expand to too much")
	errYAML     = errors.New("malformed YAML")
)

// YAMLOptions say how a document is read; each may be nil.
type YAMLOptions struct {
	// Tag gets the value of each node with a local tag and replaces it; ok false
	// leaves it.
	Tag func(name string, v value.Value) (r value.Value, ok bool, err error)

	// Reserve is asked, before the text is read, for the memory its tree may take.
	Reserve func(n int) error
}

// FromYAML reads the first document of a text by the core schema of YAML 1.2.
func FromYAML(s string, o YAMLOptions) (v value.Value, err error) {
	defer func() {
		// The parser is not ours, and its input is anyone's.
		if e := recover(); e != nil {
			v, err = value.None, errYAML
		}
	}()
	nodes, depth := yamlExtent(s)
	if depth > maxNesting {
		return value.None, errJSONDepth
	}
	if o.Reserve != nil {
		if err := o.Reserve(nodes * yamlNodeSize); err != nil {
			return value.None, err
		}
	}
	var doc yaml.Node
	switch err := yaml.NewDecoder(strings.NewReader(s)).Decode(&doc); {
	case errors.Is(err, io.EOF):
		return value.None, nil
	case err != nil:
		return value.None, fmt.Errorf("malformed YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	r := yamlReader{tag: o.Tag}
	return r.node(&doc, 0)
}

// yamlNodeSize is about what a node of the parser takes.
const yamlNodeSize = 200

// yamlExtent returns the most nodes that a text can hold, and how deep brackets
// nest: the parser recurses.
func yamlExtent(s string) (nodes, depth int) {
	open := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', '{':
			nodes++
			open++
			depth = max(depth, open)
		case ']', '}':
			open = max(open-1, 0)
		case '\n', ',', ':', '-', '?':
			nodes++
		}
	}
	return nodes, depth
}

type yamlReader struct {
	nodes int
	tag   func(name string, v value.Value) (value.Value, bool, error)
}

func (r *yamlReader) node(n *yaml.Node, depth int) (value.Value, error) {
	if r.nodes++; r.nodes > maxYAMLNodes {
		return value.None, errYAMLSize
	}
	if depth > maxNesting {
		return value.None, errJSONDepth
	}
	v, err := r.content(n, depth)
	if err != nil || n.Style&yaml.TaggedStyle == 0 {
		return v, err
	}
	return r.tagged(n, v)
}

func (r *yamlReader) content(n *yaml.Node, depth int) (value.Value, error) {
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return r.node(n.Content[0], depth)
		}
	case yaml.AliasNode:
		return r.node(n.Alias, depth+1)
	case yaml.ScalarNode:
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return value.Str(n.Value), nil
		}
		return yamlScalar(n.Value), nil
	case yaml.SequenceNode:
		out := value.NewArray(len(n.Content))
		for _, x := range n.Content {
			v, err := r.node(x, depth+1)
			if err != nil {
				return value.None, err
			}
			out.Append(v)
		}
		return value.FromArray(out), nil
	case yaml.MappingNode:
		return r.mapping(n.Content, depth)
	}
	return value.None, errYAML
}

// isMerge reports whether the key is a plain <<.
func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Value == "<<" && (k.Style == 0 || k.Tag == "!!merge")
}

// mapping reads pairs of keys and values. Keys that << merges stand first and
// give way to those of the mapping itself.
func (r *yamlReader) mapping(pairs []*yaml.Node, depth int) (value.Value, error) {
	own, merged := value.NewArray(len(pairs)/2), value.NewArray(0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if isMerge(pairs[i]) {
			if err := r.merge(merged, pairs[i+1], depth); err != nil {
				return value.None, err
			}
			continue
		}
		k, err := r.key(pairs[i], depth)
		if err != nil {
			return value.None, err
		}
		if _, again := own.Get(k); again {
			return value.None, fmt.Errorf("key '%.40s' is given twice", k.String())
		}
		v, err := r.node(pairs[i+1], depth+1)
		if err != nil {
			return value.None, err
		}
		own.Set(k, v)
	}
	if merged.Len() == 0 {
		return value.FromArray(own), nil
	}
	for k, v := range own.All() {
		merged.Set(k, v)
	}
	return value.FromArray(merged), nil
}

// key reads a key, which must be a scalar: an integer stays a number, everything
// else is its text.
func (r *yamlReader) key(n *yaml.Node, depth int) (value.Value, error) {
	k, err := r.node(n, depth+1)
	switch {
	case err != nil:
		return value.None, err
	case k.IsNumber() && k.Num() == math.Trunc(k.Num()) && !math.IsInf(k.Num(), 0):
		return k, nil
	case k.IsString():
		return k, nil
	case n.Kind == yaml.ScalarNode:
		return value.Str(n.Value), nil
	case n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.ScalarNode:
		return value.Str(n.Alias.Value), nil
	}
	return value.None, errors.New("a key must be a scalar")
}

// merge adds the keys of a << value, which is a mapping or a list of them.
func (r *yamlReader) merge(out *value.Array, n *yaml.Node, depth int) error {
	if n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.SequenceNode {
		n = n.Alias
	}
	sources := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		sources = n.Content
	}
	for _, x := range sources {
		kind := x.Kind
		if kind == yaml.AliasNode {
			kind = x.Alias.Kind
		}
		if kind != yaml.MappingNode {
			return errors.New("'<<' needs a mapping")
		}
		v, err := r.node(x, depth+1)
		if err != nil {
			return err
		}
		if !v.IsArray() {
			return errors.New("'<<' needs a mapping")
		}
		for k, x := range v.Array().All() {
			if _, ok := out.Get(k); !ok {
				out.Set(k, x)
			}
		}
	}
	return nil
}

// tagged applies the tag of a node to its value.
func (r *yamlReader) tagged(n *yaml.Node, v value.Value) (value.Value, error) {
	switch n.Tag {
	case "!!str":
		if n.Kind == yaml.ScalarNode {
			return value.Str(n.Value), nil
		}
	case "!!int", "!!float":
		if v.IsString() {
			v = yamlScalar(v.Str())
		}
		if !v.IsNumber() {
			return value.None, fmt.Errorf("'%.40s' is no number", n.Value)
		}
	case "!!bool":
		if v.IsString() {
			v = yamlScalar(v.Str())
		}
		if v.Kind() != value.KBool {
			return value.None, fmt.Errorf("'%.40s' is no boolean", n.Value)
		}
	case "!!null":
		return value.None, nil
	}
	if r.tag != nil && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		if x, ok, err := r.tag(n.Tag, v); ok || err != nil {
			return x, err
		}
	}
	return v, nil
}
