package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/lang/token"
)

// decoder fills structs from the tree of one file and remembers where each value
// stood.
type decoder struct {
	file  string
	lines []string
	env   func(string) (string, bool)
	diags diag.List
	at    map[string]token.Position // by path
	given []string                  // paths of values that are not null, in their order
	depth int
}

// special types read their own nodes.
type special interface {
	decode(d *decoder, n ast.Node, path string)
}

// maxFileDepth bounds nesting.
const maxFileDepth = 50

// decode reads a file into the struct that out points to.
func (d *decoder) decode(src []byte, out any) {
	d.lines = strings.Split(string(src), "\n")
	f, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return
	}
	if len(f.Docs) > 1 {
		d.fault(f.Docs[1].Body, "", "the file has more than one document")
	}
	d.value(f.Docs[0].Body, reflect.ValueOf(out).Elem(), "")
}

// syntax words an error of the parser, which begins with [LINE:COLUMN].
func (d *decoder) syntax(err error) {
	text := strings.SplitN(err.Error(), "\n", 2)[0]
	pos := token.Position{File: d.file}
	if place, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "] "); ok {
		if n, _ := fmt.Sscanf(place, "%d:%d", &pos.Line, &pos.Column); n == 2 {
			text = rest
		}
	}
	d.diags = append(d.diags, d.diagnostic(pos, "not valid YAML: "+text))
}

func (d *decoder) position(n ast.Node) token.Position {
	if t := n.GetToken(); t != nil && t.Position != nil {
		// The token of a mapping is its colon; its first key stands before.
		if m, ok := n.(*ast.MappingValueNode); ok {
			t = m.Key.GetToken()
		}
		return token.Position{File: d.file, Line: t.Position.Line, Column: t.Position.Column}
	}
	return token.Position{File: d.file}
}

func (d *decoder) diagnostic(pos token.Position, text string) *diag.Diagnostic {
	x := &diag.Diagnostic{Pos: pos, Code: "config", Message: text, Width: 1}
	if pos.Line > 0 && pos.Line <= len(d.lines) {
		x.Source = strings.TrimRight(d.lines[pos.Line-1], "\r")
	}
	return x
}

// fault reports a value; path is the place inside the file, "" for none.
func (d *decoder) fault(n ast.Node, path, format string, args ...any) *diag.Diagnostic {
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = path + ": " + text
	}
	x := d.diagnostic(d.position(n), text)
	d.diags = append(d.diags, x)
	return x
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// value reads a node into v.
func (d *decoder) value(n ast.Node, v reflect.Value, path string) {
	if d.depth++; d.depth > maxFileDepth {
		d.fault(n, path, "nested too deep")
		d.depth--
		return
	}
	defer func() { d.depth-- }()
	d.at[path] = d.position(n)
	switch x := n.(type) {
	case *ast.AnchorNode:
		n = x.Value
	case *ast.NullNode:
		if v.Kind() == reflect.Interface {
			d.fault(n, path, "got nothing, want %s", property)
		}
		return
	}
	d.given = append(d.given, path)
	if s, ok := v.Addr().Interface().(special); ok {
		s.decode(d, n, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	case reflect.Map:
		d.dictionary(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// pairs returns the entries of a mapping; ok is false when n is none.
func pairs(n ast.Node) (list []*ast.MappingValueNode, ok bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	list, ok := pairs(n)
	if !ok {
		d.fault(n, path, "got %s, want a mapping", describe(n))
		return
	}
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if key := f.Tag.Get("yaml"); key != "" {
			fields[key] = f
		}
	}
	names, seen := slices.Collect(maps.Keys(fields)), map[string]bool{}
	for _, p := range list {
		key := d.key(p, path, names, seen)
		if key == "" {
			continue
		}
		f := fields[key]
		if f.Tag.Get("since") == "later" {
			d.fault(p, "", "%s is not supported by this version", join(path, key))
			continue
		}
		d.value(p.Value, v.FieldByIndex(f.Index), join(path, key))
	}
}

// key returns the key of an entry, "" with a fault when it is none of names (nil:
// any) or stood before.
func (d *decoder) key(p *ast.MappingValueNode, path string, names []string, seen map[string]bool) string {
	key := p.Key.GetToken().Value
	switch {
	case names != nil && !slices.Contains(names, key):
		x := d.fault(p, "", "unknown key '%s'", join(path, key))
		if s := sig.Suggest(key, slices.Values(names)); s != "" {
			x.Hint = "did you mean '" + s + "'?"
		}
		return ""
	case key == "":
		d.fault(p, path, "got an empty key, want a name")
	case seen[key]:
		d.fault(p, "", "key '%s' is given twice", join(path, key))
		return ""
	}
	seen[key] = true
	return key
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(n, path, "got %s, want a list", describe(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values))
	for i, x := range s.Values {
		d.value(x, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

func (d *decoder) dictionary(n ast.Node, v reflect.Value, path string) {
	list, ok := pairs(n)
	if !ok {
		d.fault(n, path, "got %s, want a mapping", describe(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range list {
		key := p.Key.GetToken().Value
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(p.Value, x, join(path, key))
		v.SetMapIndex(reflect.ValueOf(key), x)
	}
}

// text returns the text of a scalar with the environment put in.
func (d *decoder) text(n ast.Node, path string) (string, bool) {
	var s string
	switch x := n.(type) {
	case *ast.StringNode:
		s = x.Value
	case *ast.LiteralNode:
		s = x.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		s = n.GetToken().Value
	default:
		d.fault(n, path, "got %s, want a value", describe(n))
		return "", false
	}
	out, err := expand(s, d.env)
	if err != nil {
		d.fault(n, path, "%s", err)
		return "", false
	}
	return out, true
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	s, ok := d.text(n, path)
	if !ok {
		return
	}
	var err error
	switch p := v.Addr().Interface().(type) {
	case *Duration:
		*p, err = ParseDuration(s)
	case *time.Duration:
		var x Duration
		x, err = ParseDuration(s)
		*p = time.Duration(x)
	case *Size:
		*p, err = ParseSize(s)
	case *string:
		*p = s
	case *bool:
		switch s {
		case "true":
			*p = true
		case "false":
			*p = false
		default:
			err = fmt.Errorf("got '%s', want true or false", s)
		}
	case *int:
		f, e := strconv.ParseFloat(s, 64)
		if *p = int(f); e != nil || f != math.Trunc(f) || f < 0 || f > 1<<53 {
			err = fmt.Errorf("got '%s', want a whole number of 0 or more", s)
		}
	case *float64:
		var e error
		if *p, e = strconv.ParseFloat(s, 64); e != nil || math.IsNaN(*p) || math.IsInf(*p, 0) {
			err = fmt.Errorf("got '%s', want a number", s)
		}
	case *any:
		*p, err = typed(n, s)
	default:
		panic("config: no decoder for " + v.Type().String())
	}
	if err != nil {
		d.fault(n, path, "%s", err)
	}
}

// property words the values that properties hold.
const property = "a string, a number, true or false"

// typed returns a value in the type that its text has in YAML: string, float64 or
// bool.
func typed(n ast.Node, text string) (any, error) {
	switch x := n.(type) {
	case *ast.BoolNode:
		return x.Value, nil
	case *ast.FloatNode:
		return x.Value, nil
	case *ast.IntegerNode:
		switch i := x.Value.(type) {
		case int64:
			return float64(i), nil
		case uint64:
			return float64(i), nil
		}
	case *ast.StringNode, *ast.LiteralNode:
		return text, nil
	}
	return nil, fmt.Errorf("got '%s', want %s", text, property)
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	}
	return "'" + n.GetToken().Value + "'"
}

// oneOf words the values that a key can have.
func oneOf(values []string) string {
	quoted := slices.Clone(values)
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
