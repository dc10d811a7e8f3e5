package mail

import (
	"fmt"

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
	root    value.Value // the object of the message
}

// Size implements value.Sized: the message and its changes count once, with the
// object of the message.
func (p *Part) Size() int {
	if p.part != p.mail.Editor.Message().Part {
		return 64
	}
	return p.mail.size()
}

// Held implements value.Holder: a part holds its message.
func (p *Part) Held(yield func(value.Value)) { yield(p.mail.root) }

func (m *Mail) size() int {
	return m.Editor.Size() + m.Editor.Message().Memory()
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
		return func(*vm.Thread) (value.Value, error) {
			return c.open(message.Parse(message.Bytes(src)), c.message), nil
		}, nil
	}})
}

// open returns the object of a message.
func (c *classes) open(m *message.Message, class *value.Class) value.Value {
	mail := &Mail{Editor: m.Edit(), classes: c}
	mail.root = value.Native(class, &Part{mail, m.Part})
	return mail.root
}

// object returns the object of a part.
func (m *Mail) object(p *message.Part) value.Value {
	if p == m.Editor.Message().Part {
		return m.root
	}
	return value.Native(m.classes.part, &Part{m, p})
}

// Class returns the class of a universe for messages in the eod hook, and Open
// makes its object.
func Class(u *registry.Universe) *value.Class { return u.Classes["EODMailMessage"] }

// Open returns an EODMailMessage over a message, and its editor.
func Open(u *registry.Universe, m *message.Message) (value.Value, *message.Editor) {
	c := &classes{part: u.Classes["MIMEPart"], message: u.Classes["MailMessage"], eod: u.Classes["EODMailMessage"], mime: u.Classes["MIME"], file: u.Classes["File"]}
	v := c.open(m, c.eod)
	return v, v.Object().Native.(*Part).mail.Editor
}

// Message returns a MailMessage over a message; classes are those of a universe.
func Message(all map[string]*value.Class, src message.Source) value.Value {
	c := &classes{part: all["MIMEPart"], message: all["MailMessage"], eod: all["EODMailMessage"], mime: all["MIME"], file: all["File"]}
	return c.open(message.Parse(src), c.message)
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

// on adapts a method of a part; what its changes hold is charged to the script.
func on(f func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		p := a[0].Object().Native.(*Part)
		before := p.mail.size()
		v, err := f(t, p, a[1:])
		if grown := p.mail.size() - before; err == nil && grown > 0 {
			err = t.Charge(grown)
		}
		return v, err
	}
}

// chain adapts a method that returns its object.
func chain(f func(t *vm.Thread, p *Part, a []value.Value) error) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return on(func(t *vm.Thread, p *Part, rest []value.Value) (value.Value, error) { return a[0], f(t, p, rest) })(t, a)
	}
}

// named puts the name of a function before what went wrong in it.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s(): %w", name, err)
}

// readAll returns the bytes of a source as far as they fit into a string.
func readAll(t *vm.Thread, src message.Source) ([]byte, error) {
	if src.Size() > value.MaxString {
		return nil, value.ErrTooLong
	}
	if err := t.Reserve(int(src.Size())); err != nil {
		return nil, err
	}
	return message.ReadRange(src, 0, src.Size())
}
