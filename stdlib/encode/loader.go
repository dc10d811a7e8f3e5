package encode

import (
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// loaders declares the data imports of text formats (spec language 5.9).
func loaders(b *registry.Builder) {
	b.Loader(registry.DataLoader{Name: "json", Ext: []string{".json"},
		Load: func(src []byte, _ map[string]any) (any, error) {
			v, err := FromJSON(string(src), true)
			return v.Freeze(), err
		}})
	b.Loader(registry.DataLoader{Name: "yaml", Ext: []string{".yaml", ".yml"},
		Load: func(src []byte, _ map[string]any) (any, error) {
			v, err := FromYAML(string(src), YAMLOptions{})
			return v.Freeze(), err
		}})
	b.Loader(registry.DataLoader{Name: "txt", Ext: []string{".txt"}, Options: map[string]sig.Type{"array": sig.Boolean},
		Load: func(src []byte, o map[string]any) (any, error) {
			if lines, _ := o["array"].(bool); !lines {
				return value.Str(string(src)), nil
			}
			return value.FromArray(value.Strings(Lines(string(src))...)).Freeze(), nil
		}})
	b.Loader(registry.DataLoader{Name: "csv", Ext: []string{".csv"},
		Options: map[string]sig.Type{"delimiter": sig.String, "header": sig.Boolean, "schema": sig.Array},
		Load: func(src []byte, o map[string]any) (any, error) {
			c, err := csvOptions(registry.OptionsOf("csv", fromConstant(o)))
			if err != nil {
				return nil, err
			}
			out, err := FromCSV(string(src), c)
			if err != nil {
				return nil, err
			}
			return value.FromArray(out).Freeze(), nil
		}})
}

// Lines cuts text at LF or CRLF; a line end at the end adds no empty line.
func Lines(s string) []string {
	if s == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\r")
	}
	return lines
}

// fromConstant turns the constants of an import statement into a value.
func fromConstant(x any) value.Value {
	switch x := x.(type) {
	case bool:
		return value.Bool(x)
	case float64:
		return value.Num(x)
	case string:
		return value.Str(x)
	case []any:
		out := value.NewArray(len(x))
		for _, e := range x {
			out.Append(fromConstant(e))
		}
		return value.FromArray(out)
	case map[string]any:
		out := value.NewArray(len(x))
		for k, e := range x {
			out.SetStr(k, fromConstant(e))
		}
		return value.FromArray(out)
	}
	return value.None
}
