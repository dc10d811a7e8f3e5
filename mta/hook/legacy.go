package hook

import (
	"errors"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// legacy declares what scripts of older products call in hooks (spec stdlib 31.2).
// Most of it sets an option before the function that ends the script is called.
func legacy(b *registry.Builder) {
	setter(b, "SetSenderIP(ip: string) -> string|none", `Accept(["remoteip" => …])`, pend("remoteip"), Connect)
	setter(b, "SetHELO(name: string) -> string|none", `Accept(["host" => …])`, pendHelo, Helo)
	setter(b, "SetSender(address: string|array) -> any", `Accept(["sender" => …])`, pend("sender"), MailFrom)
	setter(b, "SetRecipient(address: string|array) -> any", `Accept(["recipient" => …])`, pend("recipient"), RcptTo)

	setter(b, "SetDestination(host: string|array, port?: number) -> any", `Try(["host" => …, "port" => …])`, pend("host", "port"), PreDelivery)
	setter(b, "SetProtocol(protocol: string) -> any", `Try(["protocol" => …])`, pend("protocol"), PreDelivery)
	setter(b, "SetTLS(options: string|array) -> any", `Try(["tls" => …])`, pendTLS, PreDelivery)
	setter(b, "SetSASL(username: string, password: string) -> any", `Try(["saslusername" => …, "saslpassword" => …])`,
		pend("saslusername", "saslpassword"), PreDelivery)
	setter(b, "SetXCLIENT(attributes: array) -> any", `Try(["xclient" => …])`, pend("xclient"), PreDelivery)
	setter(b, "SetHELO(name: string) -> any", `Try(["helo" => …])`, pendHelo, PreDelivery)
	setter(b, "SetSourceIP(sourceip: string|array, random?: boolean) -> any", `Try(["sourceip" => …])`, pendSource, PreDelivery)
	setter(b, "SetSender(address: string|array) -> any", `Try(["sender" => …])`, pend("sender"), PreDelivery)
	setter(b, "SetRecipient(address: string|array) -> any", `Try(["recipient" => …])`, pend("recipient"), PreDelivery)
	setter(b, "SetSenderParams(params: array) -> any", `Try(["sender" => …])`, pendParams("sender"), PreDelivery)
	setter(b, "SetRecipientParams(params: array) -> any", `Try(["recipient" => …])`, pendParams("recipient"), PreDelivery)
	setter(b, "SetDSN(options: array) -> any", `Bounce(["dsn" => …])`, pend("dsn"), PreDelivery, PostDelivery)

	oldAction(b, "Reschedule(delay: number, options?: array) -> never", `Queue(["delay" => …])`,
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := value.NewArray(4)
			if v := opt(a, 1); v.IsArray() {
				o = v.Array().Clone()
			}
			o.SetStr("delay", a[0])
			return requeue(t, []value.Value{value.FromArray(o)})
		}, PreDelivery)
	oldAction(b, "Retry(options?: array) -> never", "Queue", requeue, PostDelivery)
	oldAction(b, "GenerateDSN() -> never", "Bounce", bounce, PostDelivery)
	legacyMail(b)
	legacyVariables(b)

	b.Gone(`use Accept(["extensions" => …])`, "GetExtensions")
	b.Gone("use the queue policies", "CurrentConnections")
	b.Gone(`import it from "extras://dmarc"`, "ScanDMARC")
	b.Gone("import the module of the scanner", "ScanRPD", "ScanSA", "ScanKAV", "ScanCLAM", "ScanDLP")
	b.Gone("call verifyDKIM for each signature", "DKIMSDID", "DKIMADSP")
	b.Gone("use queue() of the message, and Accept", "Deliver", "Quarantine", "Done")
	b.Gone("use the options of queue(), and reset()", "SetMailTransport", "SetDelayedDeliver", "SetSenderHELO", "GetRoute", "GetDSN",
		"GetDSNHeader", "DiscardMailDataChanges")
	b.Gone("read the log", "History")
}

// setter declares a function that sets options.
func setter(b *registry.Builder, signature, modern string, set func(x *run, a []value.Value) error, contexts ...Phase) {
	f := sig.New(signature, "The old form of "+modern+": counts when the script decides.").Legacy(modern)
	declare(b, f, func(t *vm.Thread, a []value.Value) (value.Value, error) {
		x, err := state(t, f.Name)
		if err != nil {
			return value.None, err
		}
		if x.pending == nil {
			x.pending = value.NewArray(4)
		}
		return a[0], set(x, a)
	}, contexts...)
}

func oldAction(b *registry.Builder, signature, modern string, impl vm.Impl, contexts ...Phase) {
	declare(b, sig.New(signature, "The old form of "+modern+".").Legacy(modern), impl, contexts...)
}

// pend keeps arguments as options of these names.
func pend(keys ...string) func(x *run, a []value.Value) error {
	return func(x *run, a []value.Value) error {
		for i, v := range a {
			if !v.IsNone() {
				x.pending.SetStr(keys[i], v)
			}
		}
		return nil
	}
}

// pendHelo keeps a name under that of the hook's own option: functions of one name
// share their implementation.
func pendHelo(x *run, a []value.Value) error {
	if x.phase == Helo {
		return pend("host")(x, a)
	}
	return pend("helo")(x, a)
}

// pendTLS takes a mode, or the options themselves.
func pendTLS(x *run, a []value.Value) error {
	if !a[0].IsArray() {
		x.pending.SetStr("tls", a[0])
		return nil
	}
	for k, v := range a[0].Array().All() {
		x.pending.Set(k, v)
	}
	return nil
}

// pendSource takes an id or a list of them.
func pendSource(x *run, a []value.Value) error {
	list := a[0]
	if !list.IsArray() {
		list = value.FromArray(value.List(list))
	}
	x.pending.SetStr("sourceip", list)
	if v := opt(a, 1); !v.IsNone() {
		x.pending.SetStr("sourceip_random", v)
	}
	return nil
}

// pendParams replaces the ESMTP parameters of an address that stays.
func pendParams(key string) func(x *run, a []value.Value) error {
	return func(x *run, a []value.Value) error {
		address := x.queue.Unit.Sender
		if key == "recipient" {
			address = x.queue.Unit.Recipient
		}
		if v := x.pending.GetStr(key); !v.IsNil() {
			given, _, err := mail.Parse(key, v)
			if err != nil {
				return errors.New("the address that was set cannot be read")
			}
			address = given
		}
		out := mail.Array(address).Array().Clone()
		out.SetStr("params", a[0])
		x.pending.SetStr(key, value.FromArray(out))
		return nil
	}
}

// options are those of the call that ends the script, over those that legacy setters
// left.
func (x *run) options(name string, v value.Value) *registry.Options {
	if x.pending == nil {
		return registry.OptionsOf(name, v)
	}
	all := x.pending.Clone()
	if v.IsArray() {
		for k, e := range v.Array().All() {
			all.Set(k, e)
		}
	}
	return registry.OptionsOf(name, value.FromArray(all))
}

// unended is what a script does that sets options and decides nothing: what happens
// without a decision, with the options.
func (x *run) unended(t *vm.Thread) error {
	if x.pending == nil {
		return nil
	}
	var err error
	switch x.phase {
	case Connect, Helo, MailFrom, RcptTo:
		_, err = accept(t, nil)
	case PreDelivery:
		_, err = try(t, nil)
	}
	return err
}
