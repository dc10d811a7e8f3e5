package mail

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/sys"
)

var (
	optIndex    = sig.Opt("index: number", "only this occurrence, 0 being the topmost")
	optField    = sig.Opt("field: boolean = false", "the raw field with its name, folding and line end")
	optDecode   = sig.Opt("decode: boolean = true", "decode encoded words")
	optEncode   = sig.Opt("encode: boolean = true", "encode what is not ASCII and fold; false: the value byte for byte")
	optEncoding = sig.Opt(`encoding: string = "quoted-printable"`, "of encoded words: quoted-printable or base64")
	optType     = sig.Opt(`type: string = "multipart/mixed"`, "type of the multipart around both")
)

// parts declares MIMEPart.
func parts(b *registry.Builder, c *classes) {
	c.part = b.Class(sig.Class{
		Name: "MIMEPart", Text: "A part of a message. Reads see the original, changes show when the message is written.",
		Methods: []*sig.Func{
			sig.New("getID() -> string", "\"0\" for the message, \"0.1\", \"0.2.1\" for parts.").Method(),
			sig.New("getSize() -> number", "Bytes of the part in the original, header included.").Method(),
			sig.New("getFileName() -> string|none", "The decoded file name.").Method(),
			sig.New("getType() -> string|none", "The type in lower case, such as text/plain.").Method(),
			sig.New("getTypeParameter(name: string) -> string|none", "A parameter of the type, decoded.").Method(),
			sig.New("getHeader(name: string, options?: array) -> string|none", "The value of a field.", optIndex, optField, optDecode).Method(),
			sig.New("getHeaders(name: string, options?: array) -> array", "The values of all fields of a name, from the top.", optField, optDecode).Method(),
			sig.New("getHeaderNames() -> array", "The names of all fields in lower case, from the top.").Method(),
			sig.New("setHeader(name: string, value: string, options?: array) -> number", "Replaces all fields of a name in place, or adds one at the top; returns how many changed.", optIndex, optEncode, optEncoding).Method(),
			sig.New("addHeader(name: string, value: string, options?: array) -> none", "Adds a field above all others.", optEncode, optEncoding).Method(),
			sig.New("delHeader(name: string, options?: array) -> number", "Deletes the fields of a name; returns how many.", optIndex).Method(),
			sig.New("renameHeader(name: string, newname: string) -> number", "Renames the fields of a name; returns how many.").Method(),
			sig.New("setDateLater(timestamp?: number) -> number", "Sets the Date field to the moment when the message is written or delivered, or to a time; returns 1.").Method(),
			sig.New("remove() -> none", "Drops this part.").Method(),
			sig.New("getBody(options?: array) -> string|none", "The content.", sig.Opt("decode: boolean = true", "undo the transfer encoding")).Method(),
			sig.New("setBody(data: string, options?: array) -> MIMEPart|none", "Replaces the content.", sig.Opt("encoding: string", "7bit, 8bit, binary, quoted-printable or base64")).Method(),
			sig.New("getPreamble() -> string|none", "The text before the first boundary.").Method(),
			sig.New("getEpilogue() -> string|none", "The text behind the last boundary.").Method(),
			sig.New("setPreamble(data: string) -> MIMEPart|none", "Replaces the text before the first boundary.").Method(),
			sig.New("setEpilogue(data: string) -> MIMEPart|none", "Replaces the text behind the last boundary.").Method(),
			sig.New("prependPart(part: MIME|MIMEPart, options?: array) -> MIMEPart|none", "Puts a new part before this one.", optType).Method(),
			sig.New("appendPart(part: MIME|MIMEPart, options?: array) -> MIMEPart|none", "Puts a new part behind this one.", optType).Method(),
			sig.New("replacePart(part: MIME|MIMEPart) -> none", "Puts a new part in the place of this one.").Method(),
			sig.New("findByType(type: string|Regex) -> array", "The parts below this one whose type matches.").Method(),
			sig.New("findByFileName(filename: string|Regex) -> array", "The parts below this one whose file name matches.").Method(),
			sig.New("getByID(id: string) -> MIMEPart|none", "This part or one below it.").Method(),
			sig.New("getParts() -> array", "The direct children.").Method(),
			sig.New("getErrors() -> array", "What is malformed: bad_header, unclosed_boundary.").Method(),
		},
	}, merge(readers(), headerMethods(), bodyMethods()))
}

func merge(maps ...map[string]vm.Impl) map[string]vm.Impl {
	out := map[string]vm.Impl{}
	for _, m := range maps {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func orNone(s string, ok bool) value.Value {
	if !ok {
		return value.None
	}
	return value.Str(s)
}

// readers are the methods that look at the structure.
func readers() map[string]vm.Impl {
	return map[string]vm.Impl{
		"getID": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) { return value.Str(p.part.ID()), nil }),
		"getSize": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			p.mail.Editor.Message().Parts(p.part)
			return value.Num(float64(p.part.End - p.part.Start)), nil
		}),
		"getFileName": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			n := p.mail.Editor.Message().FileName(p.part)
			return orNone(n, n != ""), nil
		}),
		"getType": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			ct, ok := p.mail.Editor.Message().ContentType(p.part)
			return orNone(ct.Type, ok), nil
		}),
		"getTypeParameter": on(func(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			ct, _ := p.mail.Editor.Message().ContentType(p.part)
			s, ok := ct.Params[strings.ToLower(a[0].Str())]
			return orNone(s, ok), nil
		}),
		"getByID": on(func(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			if found := p.mail.Editor.Message().ByID(p.part, a[0].Str()); found != nil {
				return p.mail.object(found), nil
			}
			return value.None, nil
		}),
		"getParts": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			out := value.NewArray(0)
			for _, c := range p.mail.Editor.Message().Parts(p.part) {
				out.Append(p.mail.object(c))
			}
			return value.FromArray(out), nil
		}),
		"findByType": find("findByType", func(m *message.Message, p *message.Part) (string, bool) {
			ct, ok := m.ContentType(p)
			return ct.Type, ok
		}),
		"findByFileName": find("findByFileName", func(m *message.Message, p *message.Part) (string, bool) {
			n := m.FileName(p)
			return n, n != ""
		}),
		"getErrors": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			m := p.mail.Editor.Message()
			seen := map[string]bool{}
			out := value.NewArray(0)
			note := func(bad bool, text string) {
				if bad && !seen[text] {
					seen[text] = true
					out.Append(value.Str(text))
				}
			}
			m.Parts(p.part) // reads the tree, which finds open boundaries
			m.Walk(p.part, func(x *message.Part) bool {
				note(x.BadHeader, "bad_header")
				note(x.Unclosed, "unclosed_boundary")
				return true
			})
			return value.FromArray(out), nil
		}),
	}
}

// find matches a text of every part below this one; a string is a pattern
// without regard to case.
func find(name string, text func(m *message.Message, p *message.Part) (string, bool)) vm.Impl {
	return on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
		pattern := a[0]
		if pattern.IsString() {
			pattern = value.Str("/" + pattern.Str() + "/i")
		}
		re, err := t.Regexp(pattern)
		if err != nil {
			return value.None, fmt.Errorf("%s(): %w", name, err)
		}
		out := value.NewArray(0)
		m := p.mail.Editor.Message()
		m.Walk(p.part, func(x *message.Part) bool {
			if s, ok := text(m, x); ok && x != p.part {
				var hit bool
				if hit, err = re.Match(t.Context().Done(), s); hit {
					out.Append(p.mail.object(x))
				}
			}
			return err == nil
		})
		return value.FromArray(out), err
	})
}

// bodyMethods read and change content and structure.
func bodyMethods() map[string]vm.Impl {
	around := func(f func(m *message.Message, p *message.Part) (from, to int64, ok bool)) vm.Impl {
		return on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			m := p.mail.Editor.Message()
			from, to, ok := f(m, p.part)
			if !ok {
				return value.None, nil
			}
			b, err := message.ReadRange(m.Source(), from, to)
			if err != nil {
				return value.None, nil
			}
			return value.Bytes(b), nil
		})
	}
	set := func(f func(e *message.Editor, p *message.Part, data []byte) error) vm.Impl {
		return func(t *vm.Thread, a []value.Value) (value.Value, error) {
			multi := false
			v, err := chain(func(_ *vm.Thread, p *Part, a []value.Value) error {
				multi = f(p.mail.Editor, p.part, []byte(a[0].Str())) == nil
				return nil
			})(t, a)
			if !multi {
				return value.None, err
			}
			return v, err
		}
	}
	return map[string]vm.Impl{
		"getBody": on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("getBody", a, 0)
			m := p.mail.Editor.Message()
			decode := o.Bool("decode", true)
			if err := o.Err(); err != nil {
				return value.None, err
			}
			m.Parts(p.part)
			n := p.part.End - p.part.BodyStart
			if n > value.MaxString {
				return value.None, value.ErrTooLong
			}
			if err := t.Reserve(2 * int(n)); err != nil {
				return value.None, err
			}
			b, err := m.Content(p.part, decode)
			if err != nil {
				return value.None, nil
			}
			return value.Bytes(b), nil
		}),
		"setBody": chain(func(t *vm.Thread, p *Part, a []value.Value) error {
			o := registry.OptionsAt("setBody", a, 1)
			var enc message.Encoding
			if name := o.Str("encoding", ""); name != "" {
				var ok bool
				if enc, ok = message.KnownEncoding(name); !ok {
					o.Bad("encoding", "7bit, 8bit, binary, quoted-printable or base64")
				}
			}
			if err := o.Err(); err != nil {
				return err
			}
			if err := t.Reserve(4 * len(a[0].Str())); err != nil {
				return err
			}
			p.mail.Editor.SetBody(p.part, []byte(a[0].Str()), enc)
			return nil
		}),
		"getPreamble": around((*message.Message).Preamble),
		"getEpilogue": around((*message.Message).Epilogue),
		"setPreamble": set((*message.Editor).SetPreamble),
		"setEpilogue": set((*message.Editor).SetEpilogue),
		"prependPart": insert("prependPart", true),
		"appendPart":  insert("appendPart", false),
		"replacePart": on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			raw, err := partBytes(t, "replacePart", a[0])
			if err == nil {
				p.mail.Editor.Replace(p.part, raw)
			}
			return value.None, err
		}),
		"remove": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			return value.None, named("remove", p.mail.Editor.Remove(p.part))
		}),
	}
}

func insert(name string, before bool) vm.Impl {
	return chain(func(t *vm.Thread, p *Part, a []value.Value) error {
		o := registry.OptionsAt(name, a, 1)
		typ := o.Str("type", "multipart/mixed")
		ct := message.ParseContentType(typ)
		b, given := ct.Params["boundary"]
		if !strings.HasPrefix(ct.Type, "multipart/") || strings.ContainsFunc(typ, notPrintable) || given && !message.ValidBoundary(b) {
			o.Bad("type", "a multipart type")
		}
		if err := o.Err(); err != nil {
			return err
		}
		raw, err := partBytes(t, name, a[0])
		if err != nil {
			return err
		}
		p.mail.Editor.Insert(p.part, raw, before, typ, boundary(t))
		return nil
	})
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// boundary returns a text for a new multipart.
func boundary(t *vm.Thread) string {
	id, err := sys.New(4, t.Host().Entropy)
	if err != nil {
		return fmt.Sprintf("b%016x", t.Host().Random())
	}
	return id
}

var errPart = errors.New("argument 1 (part) must be MIME, MIMEPart or MailMessage")

// partBytes returns a whole part: a MIME object rendered, a message with its
// changes, or a part of a message as it stands in the original.
func partBytes(t *vm.Thread, name string, v value.Value) ([]byte, error) {
	if v.Kind() == value.KObject {
		switch x := v.Object().Native.(type) {
		case *Builder:
			return x.render(t, false)
		case *Part:
			m := x.mail.Editor.Message()
			if x.part != m.Part {
				m.Parts(x.part)
				if n := x.part.End - x.part.Start; n > value.MaxString {
					return nil, value.ErrTooLong
				}
				return message.ReadRange(m.Source(), x.part.Start, x.part.End)
			}
			src, err := x.mail.Editor.Result()
			if err != nil {
				return nil, err
			}
			return readAll(t, src)
		}
	}
	return nil, fmt.Errorf("%s(): %w, got %s", name, errPart, v.TypeName())
}
