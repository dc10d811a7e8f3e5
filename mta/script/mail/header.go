package mail

import (
	"strings"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// headerMethods read and change header fields.
func headerMethods() map[string]vm.Impl {
	return map[string]vm.Impl{
		"getHeader":      on(getHeader),
		"getHeaders":     on(getHeaders),
		"getHeaderNames": on(getHeaderNames),
		"addHeader":      on(addHeader),
		"setHeader":      on(setHeader),
		"delHeader": on(func(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			index, err := fieldIndex("delHeader", a, 1)
			if err != nil {
				return value.None, err
			}
			return value.Int(p.mail.Editor.DeleteField(p.part, a[0].Str(), index)), nil
		}),
		"renameHeader": on(func(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			n, err := p.mail.Editor.RenameField(p.part, a[0].Str(), a[1].Str())
			return value.Int(n), err
		}),
	}
}

// fieldIndex reads the option index, -1 when it is not given.
func fieldIndex(name string, a []value.Value, i int) (int, error) {
	o := registry.OptionsAt(name, a, i)
	if _, ok := o.Get("index"); !ok {
		return -1, nil
	}
	n := o.Int("index", 0)
	if n < 0 {
		o.Bad("index", "at least 0")
	}
	return n, o.Err()
}

// text returns a field as the options ask for it.
func (p *Part) text(f message.Field, field, decode bool) value.Value {
	m := p.mail.Editor.Message()
	if field {
		return value.Bytes(m.Raw(f))
	}
	ct, _ := m.ContentType(p.part)
	return value.Str(m.Text(f, ct.Params["charset"], decode))
}

func getHeader(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("getHeader", a, 1)
	index, field, decode := o.Int("index", 0), o.Bool("field", false), o.Bool("decode", true)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	f, ok := p.part.Field(strings.ToLower(a[0].Str()), index)
	if !ok {
		return value.None, nil
	}
	return p.text(f, field, decode), nil
}

func getHeaders(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("getHeaders", a, 1)
	field, decode := o.Bool("field", false), o.Bool("decode", true)
	name := strings.ToLower(a[0].Str())
	out := value.NewArray(0)
	for _, f := range p.part.Fields {
		if f.Name == name {
			out.Append(p.text(f, field, decode))
		}
	}
	return value.FromArray(out), o.Err()
}

func getHeaderNames(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
	out := value.NewArray(len(p.part.Fields))
	for _, f := range p.part.Fields {
		if f.Name != "" {
			out.Append(value.Str(f.Name))
		}
	}
	return value.FromArray(out), nil
}

// fieldOptions reads encode and encoding.
func fieldOptions(o *registry.Options) message.FieldOptions {
	f := message.FieldOptions{Raw: !o.Bool("encode", true)}
	switch o.Str("encoding", "quoted-printable") {
	case "quoted-printable":
	case "base64":
		f.Base64 = true
	default:
		o.Bad("encoding", "quoted-printable or base64")
	}
	return f
}

func addHeader(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("addHeader", a, 2)
	f := fieldOptions(o)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	raw, err := message.FormatField(a[0].Str(), a[1].Str(), f)
	if err == nil {
		p.mail.Editor.AddField(p.part, a[0].Str(), raw)
	}
	return value.None, err
}

func setHeader(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("setHeader", a, 2)
	f := fieldOptions(o)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	index, err := fieldIndex("setHeader", a, 2)
	if err != nil {
		return value.None, err
	}
	raw, err := message.FormatField(a[0].Str(), a[1].Str(), f)
	if err != nil {
		return value.None, err
	}
	return value.Int(p.mail.Editor.SetField(p.part, a[0].Str(), index, raw)), nil
}
