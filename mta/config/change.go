package config

import (
	"fmt"
	"reflect"
)

// Change is a key whose value differs between two configurations.
type Change struct {
	File, Path string // as in Fault
	Counts     string // from when: "live", "new sessions" or "restart"
}

// Changes compares two configurations and returns what differs, in the order of
// the structs. A key counts from when its own `counts` tag says, or that of the
// nearest key above. Lists are compared entry by entry while their lengths agree,
// conditions as a whole.
func Changes(old, now *Config) []Change {
	c := &comparison{}
	for _, name := range Files {
		a, _ := old.part(name)
		b, _ := now.part(name)
		c.structs(name, "", "", reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
	}
	return c.found
}

type comparison struct{ found []Change }

func (c *comparison) structs(file, path, counts string, a, b reflect.Value) {
	for _, f := range reflect.VisibleFields(a.Type()) {
		if len(f.Index) > 1 || !f.IsExported() {
			continue // reached through the embedded struct
		}
		at, from := path, counts
		if key := f.Tag.Get("yaml"); key != "" && key[0] != ',' && key != "-" {
			at = join(path, key)
		}
		switch own := f.Tag.Get("counts"); own {
		case "-":
			continue // follows from others
		case "":
		default:
			from = own
		}
		c.values(file, at, from, a.FieldByIndex(f.Index), b.FieldByIndex(f.Index))
	}
}

func (c *comparison) values(file, path, counts string, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	switch {
	case hasKeys(a.Type()):
		c.structs(file, path, counts, a, b)
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		c.values(file, path, counts, a.Elem(), b.Elem())
	case a.Kind() == reflect.Slice && a.Len() == b.Len() && a.Type().Elem().Kind() == reflect.Struct && a.Type() != reflect.TypeFor[Match]():
		for i := range a.Len() {
			c.values(file, fmt.Sprintf("%s[%d]", path, i), counts, a.Index(i), b.Index(i))
		}
	default:
		c.found = append(c.found, Change{file, path, counts})
	}
}

// hasKeys reports whether a type is a struct of keys, and not one value in a form of
// its own.
func hasKeys(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") != "" {
			return true
		}
	}
	return false
}
