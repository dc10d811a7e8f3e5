package hook

import (
	"crypto/x509"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Mail is the message of the end of DATA; package mail asks for it when a script
// calls MIME("0").
func (x *run) Mail() value.Value { return x.mail }

// method is a method of the message.
type method func(t *vm.Thread, a ...value.Value) (value.Value, error)

// legacyMail declares functions that work on the message of the end of DATA.
func legacyMail(b *registry.Builder) {
	call := func(name string) method {
		return func(t *vm.Thread, a ...value.Value) (value.Value, error) {
			x, err := state(t, name)
			if err != nil || x.mail.IsNil() {
				return value.None, vm.NotAvailable(name)
			}
			m := x.mail.Object().Class.Lookup(name).Impl.(*vm.NativeMethod)
			return m.Impl(t, append([]value.Value{x.mail}, a...))
		}
	}
	old := func(signature, modern string, impl vm.Impl) {
		declare(b, sig.New(signature, "The old form of "+modern+".").Legacy(modern), impl, EOD)
	}
	get, all, names := call("getHeader"), call("getHeaders"), call("getHeaderNames")
	sign, verify := call("signDKIM"), call("verifyDKIM")
	legacyChanges(old, get, call("addHeader"), call("setHeader"), call("delHeader"))

	old("GetMailMessage() -> EODMailMessage|none", `$arguments["mail"]`, func(t *vm.Thread, _ []value.Value) (value.Value, error) {
		x, err := state(t, "GetMailMessage")
		if err != nil {
			return value.None, err
		}
		return x.mail, nil
	})
	old("GetHeader(name: string, decode?: boolean = true) -> string|none", "getHeader of the message",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			return get(t, a[0], option("decode", truth(a, 1, true)))
		})
	old("GetHeaders(name: string|boolean, decode?: boolean = true) -> array", "getHeaders of the message",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if a[0].IsString() {
				return all(t, a[0], option("decode", truth(a, 1, true)))
			}
			return headersByName(t, names, all, truth(a, 1, true))
		})
	old("DKIMSign(selector: string, domain: string, key: RSAPrivateKey|ECPrivateKey|ED25519PrivateKey|string, options?: array) -> boolean|string", "signDKIM of the message",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			v, err := sign(t, a...)
			if v.IsString() {
				return v, err
			}
			return value.Bool(!v.IsNil()), err
		})
	old("DKIMVerify(header: string, options?: array) -> array", "verifyDKIM of the message", func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return verify(t, a...)
	})
	declare(b, sig.New("GetTLS(options?: array) -> array", `The old form of $connection["tls"].`).Legacy(`$connection["tls"]`), getTLS,
		Helo, Auth, MailFrom, RcptTo, EOD, PostDelivery)
}

// legacyChanges declares the functions that change header fields.
func legacyChanges(old func(signature, modern string, impl vm.Impl), get, add, set, del method) {
	for _, f := range []struct {
		name, modern string
		impl         method
	}{{"AddHeader", "addHeader of the message", add}, {"SetHeader", "setHeader of the message", set}} {
		old(f.name+"(name: string, value: string, refold?: boolean = true) -> any", f.modern, func(t *vm.Thread, a []value.Value) (value.Value, error) {
			return f.impl(t, a[0], a[1], option("encode", truth(a, 2, true)))
		})
	}
	old("DelHeader(name: string) -> any", "delHeader of the message", func(t *vm.Thread, a []value.Value) (value.Value, error) {
		return del(t, a[0])
	})
	for name, join := range map[string]func(old, text string) string{
		"PrependHeader": func(old, text string) string { return text + old },
		"AppendHeader":  func(old, text string) string { return old + text },
	} {
		old(name+"(name: string, value: string, refold?: boolean = true) -> any", "setHeader of the message",
			func(t *vm.Thread, a []value.Value) (value.Value, error) {
				x, err := state(t, name)
				if err != nil {
					return value.None, err
				}
				// Reading gives the original: what was put together before is kept here.
				key := strings.ToLower(a[0].Str())
				text, again := x.texts[key]
				if !again {
					v, err := get(t, a[0])
					if err != nil {
						return value.None, err
					}
					if v.IsString() {
						text = v.Str()
					}
				}
				if text = join(text, a[1].Str()); len(text) > value.MaxString {
					return value.None, value.ErrTooLong
				}
				if x.texts == nil {
					x.texts = map[string]string{}
				}
				x.texts[key] = text
				return set(t, a[0], value.Str(text), option("encode", truth(a, 2, true)))
			})
	}
}

func truth(a []value.Value, i int, def bool) value.Value {
	if v := opt(a, i); !v.IsNone() {
		return value.Bool(v.Truth())
	}
	return value.Bool(def)
}

func option(key string, v value.Value) value.Value { return value.FromArray(value.Map(key, v)) }

// headersByName gives all fields of a message: lists of texts by name.
func headersByName(t *vm.Thread, names, get method, decode value.Value) (value.Value, error) {
	list, err := names(t)
	if err != nil {
		return value.None, err
	}
	out := value.NewArray(16)
	for name := range list.Array().Values() {
		if _, seen := out.Get(name); seen {
			continue
		}
		v, err := get(t, name, option("decode", decode))
		if err != nil {
			return value.None, err
		}
		out.Set(name, v)
	}
	return value.FromArray(out), nil
}

func getTLS(t *vm.Thread, _ []value.Value) (value.Value, error) {
	x, err := state(t, "GetTLS")
	if err != nil {
		return value.None, err
	}
	var protocol, cipher string
	var bits, fault int
	var peer []*x509.Certificate
	switch {
	case x.in != nil && x.in.Conn.TLS != nil:
		c := x.in.Conn.TLS
		protocol, cipher, bits, peer, fault = c.Protocol, c.Cipher, c.KeySize, c.Peer, c.PeerErr
	case x.queue != nil && x.queue.Attempt != nil && x.queue.Attempt.Conn != nil && x.queue.Attempt.Conn.TLSStarted:
		c := x.queue.Attempt.Conn
		protocol, cipher, bits, peer, fault = c.Protocol, c.Cipher, c.KeySize, c.Peer, c.PeerErr
	default:
		return value.FromArray(value.Map("started", value.False)), nil
	}
	f := newFields()
	f.set("started", value.True)
	f.set("protocol", str(protocol))
	f.set("cipher", str(cipher))
	f.set("keysize", value.Int(bits))
	if len(peer) > 0 {
		f.set("peer_cert", certificate(peer[0]))
		f.set("peer_cert_error", value.Int(fault))
	}
	return f.value(), nil
}
