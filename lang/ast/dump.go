package ast

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hawser-mta/hawser/lang/token"
)

// Dump returns the tree in text form, a node a line, without positions and
// parentheses: trees that mean the same have the same text.
func Dump(n Node) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(n), "", 0)
	return b.String()
}

var posType = reflect.TypeFor[token.Pos]()

func dump(b *strings.Builder, v reflect.Value, label string, depth int) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		if p, ok := v.Interface().(*Paren); ok {
			v = reflect.ValueOf(p.X)
			continue
		}
		v = v.Elem()
	}
	indent := strings.Repeat("  ", depth)
	switch v.Kind() {
	case reflect.Struct:
		fmt.Fprintf(b, "%s%s%s\n", indent, label, v.Type().Name())
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Anonymous || f.Type == posType || hidden[v.Type().Name()+"."+f.Name] {
				continue
			}
			dump(b, v.Field(i), f.Name+": ", depth+1)
		}
	case reflect.Slice:
		for i := range v.Len() {
			dump(b, v.Index(i), label, depth)
		}
	default:
		if !v.IsZero() {
			fmt.Fprintf(b, "%s%s%#v\n", indent, label, v.Interface())
		}
	}
}

// hidden are fields that repeat others, or that say how something was written.
var hidden = map[string]bool{
	"Foreach.First": true, "Foreach.Second": true, "Number.Text": true, "Array.Long": true,
	"File.Name": true, "Slice.Stepped": true, "If.Mark": true, "Try.Mark": true,
}
