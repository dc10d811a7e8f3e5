package config

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// PluginStart is a plugin that the server loads when it starts (spec plugin 1).
type PluginStart struct {
	ID       string `yaml:"id"`
	Path     string `yaml:"path"`     // of the library; empty: plugins/ID.so
	Config   Tree   `yaml:"config"`   // of any shape
	Autoload *bool  `yaml:"autoload"` // false: not loaded, although autoload/smtpd has it
}

// Plugin is what a plugin is configured with while the server runs: a library reads it
// itself, a module below extras:// as plugin-config://smtpd-app.yaml (spec language 5.9).
type Plugin struct {
	ID     string `yaml:"id"`
	Config Tree   `yaml:"config"`
}

// Tree is a value of any shape as JSON, its keys in the order of the file; nil when
// there is none.
type Tree []byte

func (t *Tree) decode(d *decoder, n ast.Node, path string) {
	var b bytes.Buffer
	d.json(&b, n, path)
	*t = b.Bytes()
}

// json writes a node, with the environment put into its texts.
func (d *decoder) json(b *bytes.Buffer, n ast.Node, path string) {
	if d.depth++; d.depth > maxFileDepth {
		d.fault(n, path, "nested too deep")
	} else if list, ok := pairs(n); ok {
		seen := map[string]bool{}
		b.WriteByte('{')
		for i, p := range list {
			if i > 0 {
				b.WriteByte(',')
			}
			key := d.key(p, path, nil, seen)
			quote(b, key)
			b.WriteByte(':')
			d.json(b, p.Value, join(path, key))
		}
		b.WriteByte('}')
	} else if list, ok := n.(*ast.SequenceNode); ok {
		b.WriteByte('[')
		for i, x := range list.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			d.json(b, x, path+"["+strconv.Itoa(i)+"]")
		}
		b.WriteByte(']')
	} else {
		d.jsonScalar(b, n, path)
	}
	d.depth--
}

func (d *decoder) jsonScalar(b *bytes.Buffer, n ast.Node, path string) {
	switch x := n.(type) {
	case *ast.AnchorNode:
		d.json(b, x.Value, path)
		return
	case *ast.NullNode:
		b.WriteString("null")
		return
	}
	text, ok := d.text(n, path)
	if !ok {
		b.WriteString("null")
		return
	}
	switch n.(type) {
	case *ast.BoolNode:
		if v, err := strconv.ParseBool(text); err == nil {
			b.WriteString(strconv.FormatBool(v))
			return
		}
	case *ast.IntegerNode, *ast.FloatNode:
		if json.Valid([]byte(text)) { // as it is written
			b.WriteString(text)
			return
		}
		if v, err := typed(n, text); err == nil {
			if f, ok := v.(float64); ok && !math.IsInf(f, 0) && !math.IsNaN(f) {
				b.Write(strconv.AppendFloat(nil, f, 'g', -1, 64))
				return
			}
		}
	}
	quote(b, text)
}

// quote writes a JSON string.
func quote(b *bytes.Buffer, s string) {
	text, _ := json.Marshal(s) // of a string it cannot fail
	b.Write(text)
}
