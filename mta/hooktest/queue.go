package hooktest

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// runQueue runs predelivery or postdelivery.
func (s *session) runQueue() (value.Value, error) {
	u, err := s.unit()
	if err != nil {
		return value.None, err
	}
	o := s.options("arguments")
	in := &hook.QueueInput{Phase: s.phase, Unit: u, Content: s.content, Retry: o.Int("retry", 1), Expired: o.Bool("expired", false), Action: o.Str("action", "")}
	if s.phase == hook.PostDelivery {
		s.attempt(in, o)
	}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	r := s.runner()
	v, left := r.RunQueue(s.t.Context(), in)
	context, ok := left.(value.Value)
	if !ok || context.IsUndefined() {
		context = value.None
	}
	return s.result(v, context)
}

// content is the original of the queued message.
func (s *session) content() (message.Source, error) { return s.mail, nil }

// attempt fills the decision that the server would have made. A reply in the
// arguments decides about the action unless the test names one.
func (s *session) attempt(in *hook.QueueInput, o *registry.Options) {
	a := o.Array("attempt")
	if a == nil {
		return
	}
	in.Attempt = &hook.Attempt{}
	if _, named := o.Get("action"); named {
		return
	}
	code := 0
	if r := a.GetStr("result"); r.IsArray() {
		code = int(r.Array().GetStr("code").Number())
	}
	temporary := code/100 == 4
	if e := a.GetStr("error"); e.IsArray() {
		temporary = e.Array().GetStr("temporary").Truth()
	} else if code/100 == 2 {
		return
	}
	switch {
	case temporary && !in.Expired:
		in.Action = "QUEUE"
	case in.Unit.Sender.IsNull():
		in.Action = "DELETE"
	default:
		in.Action = "BOUNCE"
	}
}

// unit is the queued message.
func (s *session) unit() (*spool.Unit, error) {
	o := s.options("message")
	u := &spool.Unit{
		Transaction: uuid.NewString(), Queue: 1, Size: s.mail.Size(), Received: s.t.Host().Now(),
		TransportID: o.Str("transportid", s.transport()), ServerID: o.Str("serverid", ""), JobID: o.Str("jobid", ""), TenantID: o.Str("tenantid", ""),
		Priority: o.Int("priority", 0), Metadata: map[string]string{},
	}
	if ts := o.Num("ts", 0); ts != 0 {
		u.Received = time.UnixMicro(int64(ts * 1e6))
	}
	if id := o.Array("id"); id != nil {
		x := registry.OptionsOf("run_hook(): id", value.FromArray(id))
		u.Transaction, u.Queue = x.Str("transaction", u.Transaction), x.Int("queue", 1)
	}
	var err error
	if u.Sender, err = envelope(o, "sender", "senderaddress", sender); err != nil {
		return nil, err
	}
	if u.Recipient, err = envelope(o, "recipient", "recipientaddress", recipient); err != nil {
		return nil, err
	}
	if d := o.Array("dsn"); d != nil {
		x := registry.OptionsOf("run_hook(): dsn", value.FromArray(d))
		u.DSN = spool.DSN{EnvID: x.Str("envid", ""), Ret: strings.ToUpper(x.Str("ret", "")), Notify: x.Strings("notify"), Orcpt: x.Str("orcpt", "")}
		if err := x.Err(); err != nil {
			return nil, err
		}
	}
	for _, m := range []*value.Array{o.Array("metadata"), s.o.Array("metadata")} {
		if m == nil {
			continue
		}
		for k, v := range m.All() {
			u.Metadata[k.String()] = v.String()
		}
	}
	// The server's own forms of the addresses, made from what was given.
	if g := s.given["message"]; g != nil {
		g = g.Clone()
		for _, k := range []string{"sender", "senderaddress", "recipient", "recipientaddress", "id", "dsn", "metadata"} {
			g.Delete(value.Str(k))
		}
		s.given["message"] = g
	}
	return u, o.Err()
}

// transport is the only transport of the configuration, or that of its first
// server.
func (s *session) transport() string {
	for _, x := range s.w.config.App.Servers {
		if x.Transport != "" {
			return x.Transport
		}
	}
	for id := range s.snap.Transports {
		if len(s.snap.Transports) == 1 {
			return id
		}
	}
	return ""
}
