package config

import (
	"maps"
	"reflect"
	"sync"

	"github.com/hawser-mta/hawser/lang/diag"
)

// Reload reads one live file anew, AppFile to DeliveryFile, and takes the rest from c,
// which stays as it is. The whole is checked, so that a file cannot take away what
// another one refers to. With an error in the list the result must not be used.
func (c *Config) Reload(name string, env func(string) (string, bool)) (*Config, diag.List) {
	now := *c
	now.at, now.lines = maps.Clone(c.at), maps.Clone(c.lines)
	delete(now.at, name)
	delete(now.lines, name)
	now.authorities = sync.OnceValue(now.readAuthorities)
	part, _ := now.part(name)
	empty, _ := Defaults(c.Dir).part(name)
	reflect.ValueOf(part).Elem().Set(reflect.ValueOf(empty).Elem())
	if name == AppFile {
		now.own = nil
	}
	diags := now.file(name, env)
	now.App.Lists = now.own.with(now.added)
	if !diags.Errors() {
		diags = append(diags, now.Validate()...)
	}
	diags.Sort()
	return &now, diags
}
