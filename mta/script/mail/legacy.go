package mail

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// legacy declares the mail functions of older products (spec stdlib 31.1); the old form
// of MIME->send stands with the new one.
func legacy(b *registry.Builder) {
	b.Func(sig.New("GetAddressList(value: string) -> array|none", "The old form of header_addresslist_extract.").
		Legacy("header_addresslist_extract"), b.Impl("header_addresslist_extract"))
	b.Func(sig.New("mail(sender: string|array, recipient: string|array, subject: string, body: string, transportid: string, options?: array) -> string|none",
		"Queues a plain message; gives its transaction.",
		sig.Opt("sender_name: string", "name in From"), sig.Opt("recipient_name: string", "name in To"), sig.Opt("headers: array", "name => value"),
		sig.Opt("metadata: array", "kept with the message"), sig.Opt("jobid: string", "for policies"), sig.Opt("quotas: array", "names of quotas")).
		Legacy("MIME()->queue"), mailFunction)
}

func mailFunction(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("mail", a, 5)
	x := &Builder{}
	for i, field := range []string{"From", "To"} {
		addr, _, err := Parse("mail(): "+field, a[i])
		if err != nil {
			return value.None, err
		}
		entry := value.Map("address", value.Str(addr.String()))
		if name := o.Str([]string{"sender_name", "recipient_name"}[i], ""); name != "" {
			entry.SetStr("name", value.Str(name))
		}
		text, err := compile(t, []value.Value{value.FromArray(value.List(value.FromArray(entry)))})
		if err != nil {
			return value.None, err
		}
		if addr.IsNull() {
			continue
		}
		if err := x.b.AddField(field, text.Str(), message.FieldOptions{Raw: true}); err != nil {
			return value.None, err
		}
	}
	if err := x.b.AddField("Subject", a[2].Str(), message.FieldOptions{}); err != nil {
		return value.None, err
	}
	if h := o.Array("headers"); h != nil {
		for k, v := range h.All() {
			if err := x.b.AddField(k.String(), v.String(), message.FieldOptions{}); err != nil {
				return value.None, err
			}
		}
	}
	x.b.SetBody([]byte(a[3].Str()))
	if err := o.Err(); err != nil {
		return value.None, err
	}
	raw, err := x.render(t, true)
	if err != nil {
		return value.None, err
	}
	v, err := queueCopy(t, message.Bytes(raw), nil, append([]value.Value{a[0], a[1], a[4]}, a[5:]...), false)
	if err != nil || v.IsNone() {
		return value.None, err
	}
	return v.Array().GetStr("transaction"), nil
}
