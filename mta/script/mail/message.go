package mail

import (
	"errors"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Queuer is what the state of a run (vm.Thread.Data) has where copies of a
// message can be queued.
type Queuer interface {
	// QueueCopy queues one copy for one recipient with the changes made so far
	// and returns the ids of the new unit. options has the keys of spec stdlib
	// 13.4. eod tells that the message is that of the eod hook.
	QueueCopy(t *vm.Thread, src message.Source, patch message.Patch, sender, recipient value.Value, transport string, options *registry.Options, eod bool) (transaction string, queue int, err error)
}

// ErrSpool makes queue() return none instead of throwing.
var ErrSpool = errors.New("the message could not be stored")

var queueOptions = []sig.Option{
	sig.Opt("metadata: array", "text => text, kept with the message"),
	sig.Opt("hold: boolean = false", "keep it until it is released"),
	sig.Opt("delay: number = 0", "seconds before the first attempt"),
	sig.Opt(`jobid: string = ""`, "for policies"),
	sig.Opt(`tenantid: string = ""`, "for policies"),
	sig.Opt("priority: number = 0", "1: before others"),
	sig.Opt("quotas: array", "names that it counts for"),
	sig.Opt("dsn: array", "envid, ret, notify, orcpt (RFC 3461)"),
}

func queueSig() *sig.Func {
	return sig.New("queue(sender: string|array, recipient: string|array, transportid: string, options?: array) -> array|none",
		"Queues one copy for one recipient with the changes made so far; returns transaction and queue.", queueOptions...).Method()
}

// messages declares MailMessage and EODMailMessage.
func messages(b *registry.Builder, c *classes) {
	c.message = b.Class(sig.Class{
		Name: "MailMessage", Parent: "MIMEPart", Text: "A message that can be read, changed, signed, written and queued.",
		Methods: []*sig.Func{
			sig.New("String(data: string) -> MailMessage|none", "Reads a message from text. Every text is a message.").StaticMethod(),
			sig.New("reset() -> number", "Drops all changes; returns how many there were.").Method(),
			sig.New("snapshot() -> number", "An id of the changes made so far, for restore().").Method(),
			sig.New("restore(id: number) -> boolean", "Goes back to a snapshot; false for an unknown id.").Method(),
			sig.New("modifyContent(start: number, count: number, data: string) -> MailMessage", "Replaces bytes of the original.").Method(),
			sig.New("toString() -> string", "The message with all changes.").Method(),
			signSig("MailMessage|string|array|none"),
			sig.New("verifyDKIM(headerfield: string, options?: array) -> array",
				"Checks one raw DKIM-Signature or ARC-Message-Signature field of the original: result, error, tags.",
				sig.Opt("timeout: number = 5", "seconds per DNS query"),
				sig.Opt("dns_function: function", "called with the name of the key record, returns [\"result\" => text] or [\"error\" => …]")).Method(),
			queueSig(),
			sendSig(),
			toFileSig(),
			sig.New("File(file: File) -> MailMessage|none", "Reads a message from a file, which must stay open; none for a closed one.").StaticMethod(),
		},
	}, map[string]vm.Impl{
		"String": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if err := t.Reserve(len(a[0].Str())); err != nil {
				return value.None, err
			}
			v := c.open(message.Parse(message.Bytes([]byte(a[0].Str()))), c.message)
			return v, t.Charge(v.Object().Native.(*Part).Size())
		},
		"reset": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			return value.Int(p.mail.Editor.Reset()), nil
		}),
		"snapshot": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			return value.Int(p.mail.Editor.Snapshot()), nil
		}),
		"restore": on(func(_ *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			id, err := registry.Count("restore", a, 0, 0)
			return value.Bool(err == nil && p.mail.Editor.Restore(id)), err
		}),
		"modifyContent": chain(func(_ *vm.Thread, p *Part, a []value.Value) error {
			start, err := registry.Count("modifyContent", a, 0, 0)
			if err != nil {
				return err
			}
			count, err := registry.Count("modifyContent", a, 1, 0)
			if err != nil {
				return err
			}
			return named("modifyContent", p.mail.Editor.Modify(int64(start), int64(count), []byte(a[2].Str())))
		}),
		"toString": on(func(t *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			src, err := p.mail.Editor.Result()
			if err != nil {
				return value.None, err
			}
			b, err := readAll(t, src)
			return value.Bytes(b), err
		}),
		"signDKIM":   signMessage,
		"verifyDKIM": on(verify),
		"queue":      queueMessage(false),
		"send": on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
			src, err := p.mail.Editor.Result()
			if err != nil {
				return value.None, err
			}
			return c.deliver(t, src, a)
		}),
		"toFile": on(func(_ *vm.Thread, p *Part, _ []value.Value) (value.Value, error) {
			src, err := p.mail.Editor.Result()
			if err != nil {
				return value.None, err
			}
			return c.asFile(src), nil
		}),
		"File": c.fromFile,
	})
	c.eod = b.Class(sig.Class{
		Name: "EODMailMessage", Parent: "MailMessage", Text: "The message of the eod hook. Its copies are sent only when the hook accepts.",
		Methods: []*sig.Func{queueSig()},
	}, map[string]vm.Impl{"queue": queueMessage(true)})
}

func queueMessage(eod bool) vm.Impl {
	return on(func(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
		patch, err := p.mail.Editor.Patch()
		if err != nil {
			return value.None, err
		}
		return queueCopy(t, p.mail.Editor.Message().Source(), patch, a, eod)
	})
}

func queueCopy(t *vm.Thread, src message.Source, patch message.Patch, a []value.Value, eod bool) (value.Value, error) {
	q, ok := t.Data.(Queuer)
	if !ok {
		return value.None, vm.NotAvailable("queue")
	}
	tx, n, err := q.QueueCopy(t, src, patch, a[0], a[1], a[2].Str(), registry.OptionsAt("queue", a, 3), eod)
	if errors.Is(err, ErrSpool) {
		return value.None, nil
	}
	if err != nil {
		return value.None, err
	}
	return value.FromArray(value.Map("transaction", value.Str(tx), "queue", value.Int(n))), nil
}
