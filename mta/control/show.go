package control

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/hawser-mta/hawser/mta/config"
)

// ordered is a mapping in the order of its file.
type ordered yaml.MapSlice

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, ok := x.Key.(string)
		if !ok {
			name = jsonText(x.Key)
		}
		v, err := json.Marshal(x.Value)
		if err != nil {
			return nil, err
		}
		b.WriteString(jsonText(name) + ":")
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) // a scalar
	return string(b)
}

// hidden is what a secret is shown as.
const hidden = "(hidden)"

// secrets are the keys whose values are not shown.
var secrets = []string{"password", "privatekey", "apikeys", "apikey", "secret"}

// showConfig answers with the running files: an object by file name of what they say.
// Variables of the environment are not put in, defaults are not added, secrets are
// hidden.
func showConfig(_ context.Context, s *Server) (any, error) {
	c := s.Host.Config()
	out := ordered{}
	for _, name := range config.Files {
		var tree any
		// It was read before, so it can be again.
		if err := yaml.UnmarshalWithOptions([]byte(c.Text(name)), &tree, yaml.UseOrderedMap()); err != nil || tree == nil {
			continue
		}
		out = append(out, yaml.MapItem{Key: name, Value: conceal(tree)})
	}
	return out, nil
}

// conceal replaces secrets in a tree.
func conceal(tree any) any {
	switch x := tree.(type) {
	case yaml.MapSlice:
		out := ordered{}
		for _, e := range x {
			name, _ := e.Key.(string)
			switch _, deep := e.Value.(yaml.MapSlice); {
			case !slices.Contains(secrets, name):
				e.Value = conceal(e.Value)
			case deep: // path or data of a key: the path is no secret
				e.Value = concealData(e.Value.(yaml.MapSlice))
			default:
				e.Value = hidden
			}
			out = append(out, e)
		}
		return out
	case []any:
		for i := range x {
			x[i] = conceal(x[i])
		}
	}
	return tree
}

func concealData(m yaml.MapSlice) any {
	out := ordered{}
	for _, e := range m {
		if e.Key != "path" {
			e.Value = hidden
		}
		out = append(out, e)
	}
	return out
}
