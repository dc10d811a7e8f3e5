package hook

import (
	"crypto/x509"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/value"
)

func str(s string) value.Value { return value.Str(s) }

func seconds(t time.Time) value.Value { return value.Num(float64(t.UnixMicro()) / 1e6) }

// fields builds an array; empty values of optional keys are left out.
type fields struct{ a *value.Array }

func newFields() fields { return fields{value.NewArray(8)} }

func (f fields) set(k string, v value.Value) { f.a.SetStr(k, v) }

func (f fields) opt(k, v string) {
	if v != "" {
		f.a.SetStr(k, str(v))
	}
}

func (f fields) value() value.Value { return value.FromArray(f.a) }

// connectionVar is $connection (spec hooks 2.1).
func connectionVar(in *Input) value.Value {
	c, f := in.Conn, newFields()
	f.set("id", str(c.ID))
	f.set("priority", value.Int(c.Priority))
	if in.Phase == Connect {
		return f.value()
	}
	f.set("remoteip", str(c.RemoteIP.String()))
	f.set("remoteport", value.Int(c.RemotePort))
	f.opt("remoteptr", c.RemotePTR)
	f.set("localip", str(c.LocalIP.String()))
	f.set("localport", value.Int(c.LocalPort))
	f.set("serverid", str(c.ServerID))
	if c.Helo != nil && in.Phase != Helo {
		f.set("helo", value.FromArray(value.Map("verb", str(c.Helo.Verb), "host", str(c.Helo.Host))))
	}
	if c.TLS != nil {
		f.set("tls", tlsVar(c.TLS))
	}
	if c.Auth != nil && in.Phase != Auth {
		a := newFields()
		a.set("mechanism", str(c.Auth.Mechanism))
		a.opt("username", c.Auth.Username)
		f.set("auth", a.value())
	}
	return f.value()
}

func tlsVar(t *TLS) value.Value {
	f := newFields()
	f.set("protocol", str(t.Protocol))
	f.set("cipher", str(t.Cipher))
	f.set("keysize", value.Int(t.KeySize))
	f.opt("sni", t.SNI)
	if len(t.Peer) > 0 {
		f.set("peercert", peerCert(t.Peer, t.PeerErr))
	}
	return f.value()
}

func peerCert(chain []*x509.Certificate, code int) value.Value {
	rest := value.NewArray(0)
	for _, c := range chain[1:] {
		rest.Append(certificate(c))
	}
	return value.FromArray(value.Map("x509", certificate(chain[0]), "chain", value.FromArray(rest), "error", value.Int(code)))
}

// certificate returns the X509Resource of a peer's certificate.
func certificate(c *x509.Certificate) value.Value { return pki.NewCertificate(c).Resource() }

// Keys of $transaction: of the hooks that see the envelope before eod, and of eod.
var (
	envelopeKeys = value.NewKeys("id", "sender", "senderaddress", "senderparams", "recipients")
	eodKeys      = value.NewKeys("id", "ts", "sender", "senderaddress", "senderparams", "recipients")
)

// transactionVar is $transaction (spec hooks 2.3).
func transactionVar(in *Input) value.Value {
	tx, id := in.Tx, str(in.Tx.ID)
	if tx.Sender != nil && (in.Phase == Proxy || in.Phase == RcptTo || in.Phase == EOD) {
		sender, address := str(tx.Sender.Lower()), mail.Array(*tx.Sender)
		params, recipients := paramsVar(tx.SenderParams), recipientsVar(tx.Recipients)
		if in.Phase == EOD {
			return value.FromArray(eodKeys.Array(id, seconds(tx.Received), sender, address, params, recipients))
		}
		return value.FromArray(envelopeKeys.Array(id, sender, address, params, recipients))
	}
	f := newFields()
	if in.Phase != Disconnect {
		f.set("id", id)
	}
	if in.Phase == EOD {
		f.set("ts", seconds(tx.Received))
	}
	return f.value()
}

var recipientKeys = value.NewKeys("recipient", "address", "params", "transportid")

func recipientsVar(recipients []Recipient) value.Value {
	list := value.NewArray(len(recipients))
	for _, r := range recipients {
		list.Push(value.FromArray(recipientKeys.Array(str(r.Address.Lower()), mail.Array(r.Address), paramsVar(r.Params), str(r.TransportID))))
	}
	return value.FromArray(list)
}

func paramsVar(params smtp.Params) value.Value {
	out := value.NewArray(len(params))
	for _, p := range params {
		out.SetStr(p.Key, str(p.Value))
	}
	return value.FromArray(out)
}

// argumentsVar is $arguments of the inbound hooks.
func argumentsVar(in *Input) value.Value {
	f := newFields()
	switch in.Phase {
	case Connect:
		connectArguments(f, in)
	case Proxy:
		f.set("command", str(in.Command))
	case Helo:
		f.set("verb", str(in.Verb))
		f.set("host", str(in.Host))
		if in.Verb != "HELO" {
			f.set("extensions", value.FromArray(value.Strings(in.Extensions...)))
		}
	case Auth:
		f.set("mechanism", str(in.Mechanism))
		if in.Mechanism == "LOGIN" || in.Mechanism == "PLAIN" {
			f.set("username", str(in.Username))
			f.set("password", str(in.Password))
			break
		}
		f.set("state", value.Int(in.State))
		if in.Response != nil {
			f.set("response", str(*in.Response))
		}
	case MailFrom:
		addressArguments(f, "sender", in.Address, in.Params)
	case RcptTo:
		addressArguments(f, "recipient", in.Address, in.Params)
		f.opt("transportid", in.TransportID)
	case Disconnect:
		closeArguments(f, &in.Close)
	}
	return f.value()
}

func addressArguments(f fields, key string, a address.Address, params smtp.Params) {
	f.set(key, str(a.Lower()))
	f.set("address", mail.Array(a))
	f.set("params", paramsVar(params))
}

func connectArguments(f fields, in *Input) {
	c := in.Conn
	f.set("remoteip", str(c.RemoteIP.String()))
	f.set("remoteport", value.Int(c.RemotePort))
	f.opt("remoteptr", c.RemotePTR)
	if r := in.PTRResult; r != nil {
		f.set("remoteptrresult", value.FromArray(value.Map("reverse", lookupVar(&r.Reverse), "forward", lookupVar(&r.Forward))))
	}
	f.set("localip", str(c.LocalIP.String()))
	f.set("localport", value.Int(c.LocalPort))
	f.set("serverid", str(c.ServerID))
	if in.ProxyIP.IsValid() {
		f.set("proxyip", str(in.ProxyIP.String()))
	}
}

// lookupVar is a DNS answer in the shape of an extended dns_query() (spec stdlib
// 5).
func lookupVar(l *Lookup) value.Value {
	f := newFields()
	f.opt("error", l.Error)
	list := value.NewArray(len(l.Records))
	for _, r := range l.Records {
		list.Append(value.FromArray(value.Map("result", str(r.Value), "ttl", value.Num(r.TTL.Seconds()))))
	}
	if l.Error == "" {
		f.set("result", value.FromArray(list))
	}
	f.set("dnssec", value.Num(map[bool]float64{true: 1}[l.DNSSEC]))
	return f.value()
}

func replyVar(r smtp.Reply, state string) value.Value {
	f := newFields()
	f.set("code", value.Int(r.Code))
	if r.HasEnhanced() {
		f.set("enhanced", enhancedVar(r.Enhanced))
	}
	f.set("reason", value.FromArray(value.Strings(r.Lines...)))
	f.opt("state", state) // a delivery plugin has none
	return f.value()
}

func enhancedVar(e [3]int) value.Value {
	return value.FromArray(value.List(value.Int(e[0]), value.Int(e[1]), value.Int(e[2])))
}

func closeArguments(f fields, c *Close) {
	f.set("close", str(map[bool]string{true: "local", false: "remote"}[c.Local]))
	if c.Reply != nil {
		f.set("reply", replyVar(*c.Reply, c.State))
	}
	if c.Error != "" {
		e := newFields()
		e.set("reason", str(c.Error))
		e.opt("type", c.Type)
		if c.Code != 0 {
			e.set("code", value.Int(c.Code))
		}
		f.set("error", e.value())
	}
}
