package web

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/net/http/httpguts"
)

// quoted is how names of parts and files stand in their header (HTML standard, "multipart
// form data").
var quoted = strings.NewReplacer("\n", "%0A", "\r", "%0D", `"`, "%22")

// multipart is a form of parts (RFC 7578).
func (b *body) multipart(t *vm.Thread, a *value.Array) error {
	var random [16]byte
	if _, err := io.ReadFull(t.Host().Entropy, random[:]); err != nil {
		return fmt.Errorf("http(): no random bytes")
	}
	boundary := "hawser-" + hex.EncodeToString(random[:])
	b.contentType = "multipart/form-data; boundary=" + boundary
	for k, v := range a.All() {
		if err := b.part(boundary, k.String(), v); err != nil {
			return err
		}
	}
	b.text("--" + boundary + "--\r\n")
	return nil
}

func (b *body) part(boundary, name string, v value.Value) error {
	o := registry.OptionsOf("http", v)
	typ, filename := o.Str("type", ""), o.Str("filename", "")
	_, named := o.Get("filename")
	if !httpguts.ValidHeaderFieldValue(typ) {
		o.Bad("type", "a content type")
	}
	if err := o.Err(); err != nil {
		return err
	}
	data, _ := o.Get("data")
	text, isText := scalar(data)
	var file File
	if data.IsObject() {
		file, _ = data.Object().Native.(File)
	}
	if !isText && file == nil {
		return fmt.Errorf("http(): data of a part must be string or File, got %s", data.TypeName())
	}
	if typ == "" && (named || file != nil) {
		typ = fileType
	}
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quoted.Replace(name) + `"`
	if named {
		head += `; filename="` + quoted.Replace(filename) + `"`
	}
	if typ != "" {
		head += "\r\nContent-Type: " + typ
	}
	b.text(head + "\r\n\r\n")
	if file != nil {
		b.file(file)
	} else {
		b.text(text)
	}
	b.text("\r\n")
	return nil
}
