package mail

import (
	"math"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Builder is the state of a MIME object.
type Builder struct {
	b     message.Builder
	signs []signature
}

// signature is a signDKIM call that is carried out when the message is written.
type signature struct {
	o dkim.Options
	s []dkim.Signer
}

// render writes the part, with its signatures on top.
func (x *Builder) render(t *vm.Thread, top bool) ([]byte, error) {
	raw, err := x.b.Render(top, func() string { return boundary(t) })
	if err != nil {
		return nil, err
	}
	plain := raw
	for _, s := range x.signs {
		fields, err := dkim.Sign(message.Bytes(plain), s.o, s.s...)
		if err != nil {
			return nil, err
		}
		for i := len(fields) - 1; i >= 0; i-- {
			raw = append([]byte(s.o.FieldName()+": "+fields[i]+"\r\n"), raw...)
		}
	}
	if len(raw) > value.MaxString {
		return nil, value.ErrTooLong
	}
	return raw, nil
}

// builders declares MIME.
// existing is the legacy MIME(id): the message of the hook, or a part of it.
func existing(t *vm.Thread, id string) (value.Value, error) {
	hook, ok := t.Data.(interface{ Mail() value.Value })
	if !ok || hook.Mail().IsNil() {
		return value.None, vm.NotAvailable("MIME")
	}
	m := hook.Mail()
	if id == "0" {
		return m, nil
	}
	get := m.Object().Class.Lookup("getByID").Impl.(*vm.NativeMethod)
	return get.Impl(t, []value.Value{m, value.Str(id)})
}

func builders(b *registry.Builder, c *classes) {
	defer func() {
		old := sig.New("MIME(id?: string) -> any", "Makes a new message, or gives the message of the hook or a part of it.").
			Legacy(`$arguments["mail"]->getByID(id)`)
		old.Contexts = []string{"eod"}
		b.Func(old, nil)
	}()
	ctor := sig.New("MIME() -> MIME", "Makes a new message or part.").
		Show(`echo length(MIME()->addHeader("Subject", "Hi")->setBody("text")->toString()) > 50;`, "true")
	build := func(f func(t *vm.Thread, x *Builder, a []value.Value) error) vm.Impl {
		return func(t *vm.Thread, a []value.Value) (value.Value, error) {
			return a[0], f(t, a[0].Object().Native.(*Builder), a[1:])
		}
	}
	text := func(f func(b *message.Builder, s string)) vm.Impl {
		return build(func(_ *vm.Thread, x *Builder, a []value.Value) error {
			f(&x.b, a[0].Str())
			return nil
		})
	}
	c.mime = b.Class(sig.Class{
		Name: "MIME", Constructor: &ctor, Text: "Builds a message or part. Setters return the object.",
		Methods: []*sig.Func{
			sig.New("addHeader(name: string, value: string, options?: array) -> MIME", "Adds a field below those added before.", optEncode, optEncoding).Method(),
			sig.New("appendPart(part: MIME|MIMEPart) -> MIME", "Adds a child.").Method(),
			sig.New("setBody(body: string) -> MIME", "The content, or the preamble when there are children.").Method(),
			sig.New("setType(type: string) -> MIME", "The content type, which may carry parameters.").Method(),
			sig.New("setBoundary(boundary: string) -> MIME", "The boundary of a multipart.").Method(),
			sig.New("setDate(timestamp?: number) -> MIME", "The Date field; now without a time.").Method(),
			sig.New("setFileName(filename: string) -> MIME", "The file name of an attachment.").Method(),
			sig.New("setDisposition(type: string) -> MIME", "The disposition, such as inline.").Method(),
			signSig("MIME|none"),
			sig.New("toString() -> string", "The text of the message.").Method(),
			queueSig(),
			sendSig(),
			toFileSig(),
		},
	}, map[string]vm.Impl{
		"MIME": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if len(a) > 0 {
				return existing(t, a[0].Str())
			}
			return value.Native(c.mime, &Builder{}), nil
		},
		"addHeader": build(func(_ *vm.Thread, x *Builder, a []value.Value) error {
			o := registry.OptionsAt("addHeader", a, 2)
			f := fieldOptions(o)
			if err := o.Err(); err != nil {
				return err
			}
			return x.b.AddField(a[0].Str(), a[1].Str(), f)
		}),
		"appendPart": build(func(t *vm.Thread, x *Builder, a []value.Value) error {
			part := a[0]
			if _, err := partBytes(t, "appendPart", part); err != nil {
				return err
			}
			if c, ok := part.Object().Native.(*Builder); ok {
				x.b.AddPart(func(func() string) ([]byte, error) { return c.render(t, false) })
				return nil
			}
			raw, err := partBytes(t, "appendPart", part)
			x.b.AddPart(func(func() string) ([]byte, error) { return raw, err })
			return nil
		}),
		"setBody":        text(func(b *message.Builder, s string) { b.SetBody([]byte(s)) }),
		"setType":        text((*message.Builder).SetType),
		"setFileName":    text((*message.Builder).SetFileName),
		"setDisposition": text((*message.Builder).SetDisposition),
		"setBoundary": build(func(_ *vm.Thread, x *Builder, a []value.Value) error {
			return x.b.SetBoundary(a[0].Str())
		}),
		"setDate": build(func(t *vm.Thread, x *Builder, a []value.Value) error {
			at := t.Host().Now()
			if len(a) > 0 && !a[0].IsNone() {
				n := math.Floor(a[0].Num())
				at = time.Unix(int64(math.Max(-1e12, math.Min(n, 1e12))), 0)
			}
			x.b.SetDate(at)
			return nil
		}),
		"toString": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			raw, err := a[0].Object().Native.(*Builder).render(t, true)
			return value.Bytes(raw), err
		},
		"signDKIM": signBuilder,
		"queue": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			raw, err := a[0].Object().Native.(*Builder).render(t, true)
			if err != nil {
				return value.None, err
			}
			return queueCopy(t, message.Bytes(raw), nil, a[1:], false)
		},
		"send": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			raw, err := a[0].Object().Native.(*Builder).render(t, true)
			if err != nil {
				return value.None, err
			}
			return c.deliver(t, message.Bytes(raw), a[1:])
		},
		"toFile": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			raw, err := a[0].Object().Native.(*Builder).render(t, true)
			if err != nil {
				return value.None, err
			}
			return c.asFile(message.Bytes(raw)), nil
		},
	})
}
