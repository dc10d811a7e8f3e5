package mail

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Sender delivers a mail at once to a server as scripts name it (spec stdlib 0.10).
type Sender func(t *vm.Thread, m *smtpclient.Mail, server value.Value) (value.Value, error)

func sendSig() *sig.Func {
	return sig.New("send(sender: string|array, recipients: array, server: string|array) -> array",
		"Delivers the message now in one transaction, without the queue. The server is a transport's id or an array: host, port, helo, sourceip, "+
			"sourceipid, saslusername, saslpassword, tls and its settings as of Try(), xclient, protocol, timeout, connect_timeout, chunking.").
		Gives(`["result"? => ["state" => string, "code" => number, "enhanced"? => [n, n, n], "reason" => list], ` +
			`"error"? => ["temporary" => boolean, "message" => string, "type" => string, "dns"? => string], ` +
			`"connection"? => ["localip" => string, "remoteip" => string, "remotemx" => string, "helo"? => string], ` +
			`"tls" => ["started" => boolean, "protocol"? => string, "cipher"? => string, "keysize"? => number, "peercert"? => array, "tlsrpt"? => string]]`).Method()
}

// sendOrQueueSig is the form of MIME->send for programs compiled with compat: of old it
// queued, and had the arguments of queue() (spec stdlib 31.1).
func sendOrQueueSig() sig.Func {
	return sig.New("send(sender: string|array, recipients: string|array, server: string|array, options?: array) -> array|none",
		"Delivers the message now, or queues it for one recipient when server is the id of a transport and recipients is no list.", queueOptions...)
}

// queues tells the arguments of the old form.
func queues(a []value.Value) bool {
	list := a[1].IsArray() && a[1].Array().IsList()
	return a[2].IsString() && !list
}

// deliver carries out send() of a message; a are its arguments.
func (c *classes) deliver(t *vm.Thread, src message.Source, a []value.Value) (value.Value, error) {
	switch { // programs compiled with compat may come with the arguments of queue()
	case !a[1].IsArray():
		return value.None, fmt.Errorf("send(): argument 2 (recipients) must be array, got %s", a[1].TypeName())
	case len(a) > 3:
		return value.None, errors.New("send(): options go with the id of a transport and one recipient")
	}
	m := &smtpclient.Mail{Content: src}
	sender, params, err := Parse("send(): sender", a[0])
	if err != nil {
		return value.None, err
	}
	m.Sender, m.SenderParams = sender, Params(params)
	for v := range a[1].Array().Values() {
		r, params, err := Parse("send(): recipient", v)
		switch {
		case err != nil:
			return value.None, err
		case r.IsNull():
			return value.None, errors.New("send(): a recipient is empty")
		}
		m.Recipients = append(m.Recipients, smtpclient.Recipient{Address: r, Params: Params(params)})
	}
	if len(m.Recipients) == 0 {
		return value.None, errors.New("send(): there is no recipient")
	}
	return c.send(t, m, a[2])
}
