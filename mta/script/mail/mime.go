package mail

import (
	"errors"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Builder is the state of a MIME object.
type Builder struct {
	b        message.Builder
	signs    []signature
	children []value.Value
	held     int // bytes of messages that were added as parts
	open     bool
}

// Size implements value.Sized.
func (x *Builder) Size() int { return x.b.Size() + x.held + 64*len(x.signs) }

// Held implements value.Holder.
func (x *Builder) Held(yield func(value.Value)) {
	for _, c := range x.children {
		yield(c)
	}
}

// signature is a signDKIM call that is carried out when the message is written.
type signature struct {
	o dkim.Options
	s []dkim.Signer
}

// render returns the part, with its signatures on top.
func (x *Builder) render(t *vm.Thread, top bool) ([]byte, error) {
	o := &message.Output{
		Random: func() string { return boundary(t) }, Limit: t.Room(), Check: func() error { return t.Stopped(nil) },
	}
	err := x.write(o, top)
	if errors.Is(err, message.ErrLong) {
		err = value.ErrTooLong
	}
	return o.Bytes(), err
}

// write adds the part to o.
func (x *Builder) write(o *message.Output, top bool) error {
	if x.open {
		return message.ErrNested // it is inside itself
	}
	x.open = true
	defer func() { x.open = false }()
	finish := x.sign
	if len(x.signs) == 0 {
		finish = nil
	}
	return o.Finish(func(o *message.Output) error { return x.b.WriteTo(o, top) }, finish)
}

// sign puts the signatures before a part.
func (x *Builder) sign(plain []byte) ([]byte, error) {
	var fields []string
	for _, s := range x.signs {
		list, err := dkim.Sign(message.Bytes(plain), s.o, s.s...)
		if err != nil {
			return nil, err
		}
		for i := len(list) - 1; i >= 0; i-- {
			fields = append(fields, s.o.FieldName()+": "+list[i]+"\r\n")
		}
	}
	slices.Reverse(fields)
	return append([]byte(strings.Join(fields, "")), plain...), nil
}

func queueBuilder(t *vm.Thread, a []value.Value) (value.Value, error) {
	raw, err := a[0].Object().Native.(*Builder).render(t, true)
	if err != nil {
		return value.None, err
	}
	return queueCopy(t, message.Bytes(raw), nil, a[1:], false)
}

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

// builders declares MIME.
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
			x := a[0].Object().Native.(*Builder)
			before := x.Size()
			err := f(t, x, a[1:])
			if grown := x.Size() - before; err == nil && grown > 0 {
				err = t.Charge(grown)
			}
			return a[0], err
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
			sendSig().Widened(sendOrQueueSig()).Method(),
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
			return named("addHeader", x.b.AddField(a[0].Str(), a[1].Str(), f))
		}),
		"appendPart": build(func(t *vm.Thread, x *Builder, a []value.Value) error {
			if a[0].Kind() == value.KObject {
				if c, ok := a[0].Object().Native.(*Builder); ok {
					x.children = append(x.children, a[0])
					x.b.AddPart(func(o *message.Output) error { return c.write(o, false) })
					return nil
				}
			}
			raw, err := partBytes(t, "appendPart", a[0])
			x.held += len(raw)
			x.b.AddPart(func(o *message.Output) error { return o.Write(raw) })
			return err
		}),
		"setBody":        text(func(b *message.Builder, s string) { b.SetBody([]byte(s)) }),
		"setType":        text((*message.Builder).SetType),
		"setFileName":    text((*message.Builder).SetFileName),
		"setDisposition": text((*message.Builder).SetDisposition),
		"setBoundary": build(func(_ *vm.Thread, x *Builder, a []value.Value) error {
			return named("setBoundary", x.b.SetBoundary(a[0].Str()))
		}),
		"setDate": build(func(t *vm.Thread, x *Builder, a []value.Value) error {
			at := t.Host().Now()
			if len(a) > 0 && !a[0].IsNone() {
				at = unixTime(a[0].Num())
			}
			x.b.SetDate(at)
			return nil
		}),
		"toString": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			raw, err := a[0].Object().Native.(*Builder).render(t, true)
			return value.Bytes(raw), named("toString", err)
		},
		"signDKIM": signBuilder,
		"queue":    queueBuilder,
		"send": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if t.Compat() && queues(a[1:]) {
				return queueBuilder(t, a)
			}
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
