package mail

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/encode"
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
			return value.Int(n), named("renameHeader", err)
		}),
		"setDateLater": on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			if len(a) > 0 && !a[0].IsNone() {
				at := unixTime(a[0].Num())
				raw, err := message.FormatField("Date", message.FormatDate(at), message.FieldOptions{})
				if err == nil {
					p.mail.Editor.SetOnly(p.part, "Date", raw)
				}
				return value.Int(1), err
			}
			p.mail.Editor.SetDate(p.part, t.Host().Now)
			return value.Int(1), nil
		}),
	}
}

// unixTime is a Unix time, kept where years have four digits.
func unixTime(n float64) time.Time {
	const first, last = -62135596800, 253402214400 // the years 1 and 9999
	if math.IsNaN(n) {
		n = 0
	}
	return time.Unix(int64(math.Floor(max(first, min(n, last)))), 0)
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
	body := m.Body(f)
	charset := ""
	if !utf8.ValidString(body) {
		ct, _ := m.ContentType(p.part)
		charset = ct.Params["charset"]
	}
	body = message.ToText(body, charset)
	if decode {
		body = encode.DecodeWords(body)
	}
	return value.Str(body)
}

func getHeader(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("getHeader", a, 1)
	index, field, decode := o.Int("index", 0), o.Bool("field", false), o.Bool("decode", true)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	f, ok := p.part.Field(strings.ToLower(a[0].Str()), index)
	if !ok || f.Name == "" {
		return value.None, nil
	}
	return p.text(f, field, decode), nil
}

func getHeaders(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("getHeaders", a, 1)
	field, decode := o.Bool("field", false), o.Bool("decode", true)
	out := value.NewArray(0)
	for _, i := range p.part.Occurrences(strings.ToLower(a[0].Str())) {
		if f := p.part.Fields[i]; f.Name != "" {
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
	return value.None, named("addHeader", err)
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
		return value.None, named("setHeader", err)
	}
	return value.Int(p.mail.Editor.SetField(p.part, a[0].Str(), index, raw)), nil
}
