package mail

import (
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Part is the state of MIMEPart, MailMessage and EODMailMessage objects.
type Part struct {
	mail *Mail
	part *message.Part
}

// Mail is a message with its changes, shared by the objects of its parts.
type Mail struct {
	Editor  *message.Editor
	classes *classes
}

// classes are the native classes of one universe.
type classes struct {
	part, message, eod, mime *value.Class
	file                     *value.Class // of stdlib
	send                     Sender
}

// Register declares the domain; send is what send() of messages does.
func Register(b *registry.Builder, send Sender) {
	c := &classes{send: send, file: b.NativeClass("File")}
	addresses(b)
	senderPolicy(b)
	parts(b, c)
	messages(b, c)
	builders(b, c)
	legacy(b)
	b.Loader(registry.DataLoader{Name: "eml", Ext: []string{".eml"}, Load: func(src []byte, _ map[string]any) (any, error) {
		return func(*vm.Thread) (value.Value, error) { return c.open(message.Bytes(src), c.message), nil }, nil
	}})
}

// open returns the object of a message.
func (c *classes) open(src message.Source, class *value.Class) value.Value {
	m := message.Parse(src)
	return value.Native(class, &Part{&Mail{Editor: m.Edit(), classes: c}, m.Part})
}

// object returns the object of a part.
func (m *Mail) object(p *message.Part) value.Value {
	if p == m.Editor.Message().Part {
		return value.Native(m.classes.message, &Part{m, p})
	}
	return value.Native(m.classes.part, &Part{m, p})
}

// Class returns the class of a universe for messages in the eod hook, and Open
// makes its object.
func Class(u *registry.Universe) *value.Class { return u.Classes["EODMailMessage"] }

// Open returns an EODMailMessage over a message, and its editor.
func Open(u *registry.Universe, src message.Source) (value.Value, *message.Editor) {
	c := &classes{part: u.Classes["MIMEPart"], message: u.Classes["MailMessage"], eod: u.Classes["EODMailMessage"], mime: u.Classes["MIME"], file: u.Classes["File"]}
	v := c.open(src, c.eod)
	return v, v.Object().Native.(*Part).mail.Editor
}

// Message returns a MailMessage over a message; classes are those of a universe.
func Message(all map[string]*value.Class, src message.Source) value.Value {
	c := &classes{part: all["MIMEPart"], message: all["MailMessage"], eod: all["EODMailMessage"], mime: all["MIME"], file: all["File"]}
	return c.open(src, c.message)
}

// Editor returns the editor behind a message object; ok is false for others.
func Editor(v value.Value) (*message.Editor, bool) {
	if v.Kind() != value.KObject {
		return nil, false
	}
	p, ok := v.Object().Native.(*Part)
	if !ok {
		return nil, false
	}
	return p.mail.Editor, true
}

// on adapts a method of a part.
func on(f func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return f(t, a[0].Object().Native.(*Part), a[1:])
	}
}
