package encode

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/hawser-mta/hawser/runtime/value"
)

// maxYAMLNodes bounds what aliases can expand to.
const maxYAMLNodes = 1_000_000

var errYAMLSize = errors.New("aliases expand to too much")

// FromYAML reads the first document of a text by the core schema of YAML 1.2.
// tag, when not nil, gets the value of each node with a local tag and replaces
// it; ok false leaves it.
func FromYAML(s string, tag func(name string, v value.Value) (value.Value, bool, error)) (v value.Value, err error) {
	defer func() {
		// The parser is not ours, and its input is anyone's.
		if e := recover(); e != nil {
			v, err = value.None, errors.New("malformed YAML")
		}
	}()
	if deep(s) {
		return value.None, errJSONDepth
	}
	f, err := parser.ParseBytes([]byte(s), 0)
	if err != nil {
		return value.None, fmt.Errorf("malformed YAML: %s", strings.SplitN(err.Error(), "\n", 2)[0])
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return value.None, nil
	}
	d := yamlReader{anchors: map[string]ast.Node{}, tag: tag}
	return d.node(f.Docs[0].Body, 0)
}

// deep reports whether brackets or dashes could nest deeper than the parser,
// which recurses, should go. Nesting by indentation costs the writer a square
// of bytes and needs no check.
func deep(s string) bool {
	depth, dashes := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '\n':
			dashes = 0
		case '-', '?', ':':
			dashes++
		}
		if depth > 1000 || dashes > 10_000 {
			return true
		}
	}
	return false
}

type yamlReader struct {
	anchors map[string]ast.Node
	nodes   int
	tag     func(name string, v value.Value) (value.Value, bool, error)
}

func (r *yamlReader) node(n ast.Node, depth int) (value.Value, error) {
	if r.nodes++; r.nodes > maxYAMLNodes {
		return value.None, errYAMLSize
	}
	if depth > maxNesting {
		return value.None, errJSONDepth
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return value.None, nil
	case *ast.BoolNode:
		return value.Bool(n.Value), nil
	case *ast.IntegerNode:
		return yamlScalar(n.GetToken().Value), nil
	case *ast.FloatNode:
		return yamlScalar(n.GetToken().Value), nil
	case *ast.InfinityNode:
		return value.Num(n.Value), nil
	case *ast.NanNode:
		return value.Num(math.NaN()), nil
	case *ast.StringNode:
		return value.Str(n.Value), nil
	case *ast.LiteralNode:
		return value.Str(n.Value.Value), nil
	case *ast.AnchorNode:
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.node(n.Value, depth+1)
	case *ast.AliasNode:
		target, ok := r.anchors[n.Value.GetToken().Value]
		if !ok {
			return value.None, fmt.Errorf("unknown alias '%s'", n.Value.GetToken().Value)
		}
		return r.node(target, depth+1)
	case *ast.TagNode:
		return r.tagged(n, depth)
	case *ast.SequenceNode:
		out := value.NewArray(len(n.Values))
		for _, x := range n.Values {
			v, err := r.node(x, depth+1)
			if err != nil {
				return value.None, err
			}
			out.Append(v)
		}
		return value.FromArray(out), nil
	case *ast.MappingNode:
		return r.mapping(n.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, depth)
	}
	return value.None, errors.New("malformed YAML")
}

func (r *yamlReader) mapping(pairs []*ast.MappingValueNode, depth int) (value.Value, error) {
	out := value.NewArray(len(pairs))
	for _, p := range pairs {
		if p.Key.IsMergeKey() {
			if err := r.merge(out, p.Value, depth); err != nil {
				return value.None, err
			}
		}
	}
	for _, p := range pairs {
		if p.Key.IsMergeKey() {
			continue
		}
		var keyNode ast.Node = p.Key
		if m, ok := p.Key.(*ast.MappingKeyNode); ok {
			keyNode = m.Value
		}
		k, err := r.node(keyNode, depth+1)
		if err != nil {
			return value.None, err
		}
		v, err := r.node(p.Value, depth+1)
		if err != nil {
			return value.None, err
		}
		if k.Kind() != value.KNumber || k.Num() != math.Trunc(k.Num()) {
			k = value.Str(k.String())
		}
		out.Set(k, v)
	}
	return value.FromArray(out), nil
}

// merge adds the keys of a << value, which is a mapping or a list of them.
func (r *yamlReader) merge(out *value.Array, n ast.Node, depth int) error {
	v, err := r.node(n, depth+1)
	if err != nil {
		return err
	}
	if !v.IsArray() {
		return errors.New("'<<' needs a mapping")
	}
	add := func(m *value.Array) {
		for k, x := range m.All() {
			if _, ok := out.Get(k); !ok {
				out.Set(k, x)
			}
		}
	}
	if _, ok := n.(*ast.SequenceNode); !ok {
		add(v.Array())
		return nil
	}
	for m := range v.Array().Values() {
		if m.IsArray() {
			add(m.Array())
		}
	}
	return nil
}

func (r *yamlReader) tagged(n *ast.TagNode, depth int) (value.Value, error) {
	name := n.Start.Value
	v, err := r.node(n.Value, depth+1)
	if err != nil {
		return v, err
	}
	switch name {
	case "!!str":
		if s, ok := n.Value.(ast.ScalarNode); ok && v.Kind() != value.KString {
			return value.Str(s.GetToken().Value), nil
		}
		return value.Str(v.String()), nil
	case "!!int", "!!float":
		return value.Num(v.Number()), nil
	case "!!null":
		return value.None, nil
	}
	if r.tag != nil && strings.HasPrefix(name, "!") && !strings.HasPrefix(name, "!!") {
		if x, ok, err := r.tag(name, v); ok || err != nil {
			return x, err
		}
	}
	return v, nil
}

// yamlScalar reads a plain number: decimal, 0x, 0o and floats.
func yamlScalar(text string) value.Value {
	t := strings.TrimPrefix(text, "+")
	for prefix, base := range map[string]int{"0x": 16, "0o": 8} {
		if digits, ok := strings.CutPrefix(t, prefix); ok {
			if n, err := strconv.ParseUint(digits, base, 64); err == nil {
				return value.Num(float64(n))
			}
			return value.Str(text)
		}
	}
	if f, err := strconv.ParseFloat(t, 64); err == nil && !strings.ContainsAny(t, "_xXpPiInN") {
		return value.Num(f)
	}
	return value.Str(text)
}
