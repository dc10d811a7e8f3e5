package hook

import (
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// legacyVars are variables of older products by the hooks that have them. Their
// values are those of $connection, $transaction, $message and $arguments; one that
// has none in a hook is none.
var legacyVars = map[string][]Phase{
	"senderip senderport serverip serverport serverid": {Connect, Proxy, Helo, Auth, MailFrom, RcptTo, EOD, Disconnect},
	"senderhelo":                            {Auth, MailFrom, RcptTo, EOD, Disconnect},
	"saslusername saslauthed tlsstarted":    {Helo, MailFrom, RcptTo, EOD, Disconnect},
	"messageid":                             {MailFrom, RcptTo, EOD, PreDelivery, PostDelivery},
	"sender senderdomain senderparams":      {MailFrom, RcptTo, EOD, PreDelivery, PostDelivery},
	"recipient recipientdomain transportid": {RcptTo, PreDelivery, PostDelivery},
	"recipients":                            {RcptTo, EOD},
	"receivedtime":                          {EOD, PreDelivery, PostDelivery},
	"actionid queueid retry":                {PreDelivery, PostDelivery},
	"retries action errormsg errorcode errorndr sourceip destination destinationport": {PostDelivery},
}

func legacyVariables(b *registry.Builder) {
	for names, phases := range legacyVars {
		contexts := make([]string, len(phases))
		for i, p := range phases {
			contexts[i] = string(p)
		}
		for _, name := range strings.Fields(names) {
			b.Var(sig.Var{Name: name, Contexts: contexts, Writable: true, Compat: true, Text: "A legacy variable."})
		}
	}
}

// legacyInbound gives the values of an inbound hook.
func legacyInbound(in *Input, set func(string, value.Value)) {
	c := in.Conn
	set("senderip", str(c.RemoteIP.String()))
	set("senderport", value.Int(c.RemotePort))
	set("serverip", str(c.LocalIP.String()))
	set("serverport", value.Int(c.LocalPort))
	set("serverid", str(c.ServerID))
	helo, user := value.None, value.None
	if c.Helo != nil {
		helo = str(c.Helo.Host)
	}
	if c.Auth != nil {
		user = str(c.Auth.Username)
	}
	set("senderhelo", helo)
	set("saslusername", user)
	set("saslauthed", value.Bool(c.Auth != nil))
	set("tlsstarted", value.Bool(c.TLS != nil))
	tx := in.Tx
	set("messageid", str(tx.ID))
	sender, params := tx.Sender, tx.SenderParams
	if in.Phase == MailFrom {
		sender, params = &in.Address, in.Params
	}
	if sender != nil {
		legacyAddress(set, "sender", *sender)
		set("senderparams", paramsVar(params))
	}
	if in.Phase == RcptTo {
		legacyAddress(set, "recipient", in.Address)
		set("transportid", str(in.TransportID))
	}
	list := value.NewArray(len(tx.Recipients))
	for _, r := range tx.Recipients {
		list.Append(str(r.Address.Lower()))
	}
	set("recipients", value.FromArray(list))
	if in.Phase == EOD {
		set("receivedtime", seconds(tx.Received))
	}
}

func legacyAddress(set func(string, value.Value), name string, a address.Address) {
	set(name, str(a.Lower()))
	set(name+"domain", str(strings.ToLower(a.Domain)))
}

// legacyQueue gives the values of a queue hook.
func legacyQueue(in *QueueInput, set func(string, value.Value)) {
	u := in.Unit
	set("messageid", str(u.Transaction))
	set("actionid", value.Int(u.Queue))
	set("queueid", value.Int(u.Queue))
	set("retry", value.Int(in.Retry))
	set("retries", value.Int(in.Retry))
	legacyAddress(set, "sender", u.Sender)
	set("senderparams", paramsVar(u.SenderParams))
	legacyAddress(set, "recipient", u.Recipient)
	set("transportid", str(u.TransportID))
	set("receivedtime", seconds(u.Received))
	set("action", str(in.Action))
	for _, n := range []string{"errormsg", "errorcode", "errorndr", "sourceip", "destination", "destinationport"} {
		set(n, value.None)
	}
	a := in.Attempt
	if a == nil {
		return
	}
	switch {
	case a.Result != nil && a.Result.Reply.Code >= 400:
		r := a.Result.Reply
		set("errormsg", str(strings.Join(r.Lines, "\n")))
		set("errorcode", value.Int(r.Code))
		if r.HasEnhanced() {
			set("errorndr", enhancedVar(r.Enhanced))
		}
	case a.Error != nil:
		set("errormsg", str(a.Error.Message))
	}
	if c := a.Conn; c != nil {
		set("sourceip", str(c.LocalIP))
		set("destination", str(c.RemoteIP))
	}
}
