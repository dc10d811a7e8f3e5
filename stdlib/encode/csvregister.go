package encode

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func registerCSV(b *registry.Builder) {
	b.Func(sig.New("csv_encode(values: array, options?: array) -> string",
		"One CSV record without a line end.",
		sig.Opt(`delimiter: string = ","`, "one byte between fields")).
		Show(`echo csv_encode(["a", "b c", 5]);`, `a,"b c",5`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("csv_encode", a, 1)
			d := delimiter(o)
			if err := o.Err(); err != nil {
				return value.None, err
			}
			s, err := ToCSV(a[0].Array(), d, t.Growth().Add)
			return value.Str(s), err
		})
	b.Func(sig.New("csv_decode(string: string, options?: array) -> array|none",
		"The records of a CSV text; none when it is malformed or does not fit the schema.",
		sig.Opt(`delimiter: string = ","`, "one byte between fields"),
		sig.Opt("header: boolean = true", "the first record names the columns"),
		sig.Opt("schema: array", "column => [\"type\", \"nullable\", \"true\", \"false\"]")).
		Show(`echo csv_decode("on\nyes", ["schema" => ["on" => ["type" => "boolean", "true" => ["yes"]]]]);`, `[0=>["on"=>true]]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("csv_decode", a, 1)
			c, err := csvOptions(o)
			if err != nil {
				return value.None, err
			}
			var full error
			size := t.Growth()
			c.Grow = func(n int) error {
				full = size.Add(n)
				return full
			}
			out, err := FromCSV(a[0].Str(), c)
			if full != nil {
				return value.None, full
			}
			if err != nil {
				return value.None, nil
			}
			return value.FromArray(out), nil
		})
}

func delimiter(o *registry.Options) byte {
	d := o.Str("delimiter", ",")
	if len(d) != 1 || d == "\n" || d == "\r" || d == `"` {
		o.Bad("delimiter", "one byte and no quote or line end")
		return ','
	}
	return d[0]
}

func csvOptions(o *registry.Options) (CSVOptions, error) {
	c := CSVOptions{Delimiter: delimiter(o), Header: o.Bool("header", true)}
	schema := o.Array("schema")
	if err := o.Err(); err != nil || schema == nil {
		return c, err
	}
	c.Schema = map[string]Column{}
	for k, v := range schema.All() {
		if !v.IsArray() {
			return c, errors.New("csv_decode(): option schema must be an array of arrays")
		}
		f := registry.OptionsOf("csv_decode", v)
		col := Column{
			Type: f.Str("type", "string"), True: f.Strings("true"), False: f.Strings("false"),
		}
		if n, ok := f.Get("nullable"); ok && n.IsArray() {
			col.None = f.Strings("nullable")
		} else if ok && n.Truth() {
			col.None = []string{""}
		}
		if col.True == nil {
			col.True = []string{"true"}
		}
		if col.False == nil {
			col.False = []string{"false"}
		}
		switch col.Type {
		case "string", "boolean", "number":
		default:
			return c, fmt.Errorf("csv_decode(): option type must be string, boolean or number, got '%s'", col.Type)
		}
		if err := f.Err(); err != nil {
			return c, err
		}
		c.Schema[k.String()] = col
	}
	return c, nil
}
