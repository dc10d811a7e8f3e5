//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"bytes"
	"encoding/json"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/config"
)

// tree is a part of the configuration that C sees (spec plugin 8).
type tree struct {
	m     *memory
	self  unsafe.Pointer // what C calls it; nil: nothing yet
	json  []byte
	keys  []*tree // of a mapping, in the order of the file
	items []*tree // of a mapping or a list
	list  bool
	text  *C.char // of a scalar that is not null, in memory of m
	size  int
}

// tree opens a part of the configuration, nil when there is none.
func (m *memory) tree(t config.Tree) *tree {
	d := json.NewDecoder(bytes.NewReader(t))
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil // nothing: what there is was made by package config
	}
	x := &tree{m: m, json: t}
	switch v := token.(type) {
	case json.Delim:
		x.list = v == '['
		for d.More() {
			var key json.Token
			var item json.RawMessage
			if !x.list {
				key, err = d.Token()
			}
			if err != nil || d.Decode(&item) != nil {
				return nil // as above
			}
			if name, ok := key.(string); ok {
				x.keys = append(x.keys, m.name(name))
			}
			x.items = append(x.items, m.tree(config.Tree(item)))
		}
	case string:
		x.scalar(v)
	case json.Number:
		x.scalar(v.String())
	case bool:
		x.scalar(string(t))
	}
	return x
}

// name makes the key of an entry.
func (m *memory) name(s string) *tree {
	x := &tree{m: m}
	x.json, _ = json.Marshal(s) // of a text it cannot fail
	x.scalar(s)
	return x
}

func (t *tree) scalar(s string) { t.text, t.size = t.m.text(s), len(s) }

// c returns the pointer that C knows a tree by.
func (t *tree) c() *C.HalonConfig {
	if t == nil {
		return nil
	}
	if t.self == nil {
		t.self = t.m.ref(t)
	}
	return (*C.HalonConfig)(t.self)
}

func treeOf(p *C.HalonConfig) *tree {
	t, _ := deref[*tree](unsafe.Pointer(p))
	return t
}

//export HalonMTA_config_object_get
func HalonMTA_config_object_get(p *C.HalonConfig, key C.ctext) *C.HalonConfig {
	t, name := treeOf(p), take(unsafe.Pointer(key), 0)
	if t == nil {
		return nil
	}
	for i, k := range t.keys {
		if C.GoStringN(k.text, C.int(k.size)) == name {
			return t.items[i].c()
		}
	}
	return nil
}

//export HalonMTA_config_object_key_get
func HalonMTA_config_object_key_get(p *C.HalonConfig, pos C.size_t) *C.HalonConfig {
	t := treeOf(p)
	if t == nil || pos >= C.size_t(len(t.keys)) {
		return nil
	}
	return t.keys[pos].c()
}

//export HalonMTA_config_array_get
func HalonMTA_config_array_get(p *C.HalonConfig, pos C.size_t) *C.HalonConfig {
	t := treeOf(p)
	if t == nil || !t.list || pos >= C.size_t(len(t.items)) {
		return nil
	}
	return t.items[pos].c()
}

//export HalonMTA_config_string_get
func HalonMTA_config_string_get(p *C.HalonConfig, outlen *C.size_t) C.ctext {
	t := treeOf(p)
	if t == nil || t.text == nil {
		return nil
	}
	length(outlen, t.size)
	return C.ctext(unsafe.Pointer(t.text))
}

//export HalonMTA_config_to_json
func HalonMTA_config_to_json(p *C.HalonConfig, out **C.char, outlen *C.size_t) C.bool {
	text := "null"
	if t := treeOf(p); t != nil {
		text = string(t.json)
	}
	give(text, out, outlen)
	return true
}
