package hooktest

import (
	"maps"
	"slices"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/value"
)

// result is what run_hook returns (spec cli, hsl test).
func (s *session) result(v hook.Verdict, context value.Value) (value.Value, error) {
	out := value.NewArray(10)
	out.SetStr("action", value.Str(string(v.Action)))
	out.SetStr("options", s.decided(string(v.Action)))
	if v.Reply.Code != 0 {
		out.SetStr("reply", replyArray(v))
	}
	queued, err := s.queuedArray(v)
	if err != nil {
		return value.None, err
	}
	out.SetStr("queued", queued)
	if s.phase == hook.EOD {
		m, err := s.modified()
		if err != nil {
			return value.None, err
		}
		out.SetStr("mail", m)
	}
	if v.Meta != nil {
		out.SetStr("metadata", texts(v.Meta))
	}
	out.SetStr("context", context)
	out.SetStr("logs", value.FromArray(value.Strings(s.logs...)))
	if s.failed != "" {
		out.SetStr("error", value.Str(s.failed))
	}
	return value.FromArray(out), nil
}

// decided returns the options of the function that ended the script; a reason
// before them is one of them.
func (s *session) decided(action string) value.Value {
	out := value.NewArray(4)
	if d := s.test.Decision; d != nil && d.Name == action {
		for i, a := range d.Args {
			switch {
			case a.IsArray() && (i == len(d.Args)-1 && !a.Array().IsList() || a.Array().Len() == 0):
				for k, v := range a.Array().All() {
					out.Set(k, v)
				}
			case !a.IsNil():
				out.SetStr("reason", a)
			}
		}
	}
	return value.FromArray(out)
}

func replyArray(v hook.Verdict) value.Value {
	a := value.Map("code", value.Int(v.Reply.Code))
	if v.Reply.HasEnhanced() {
		e := v.Reply.Enhanced
		a.SetStr("enhanced", value.FromArray(value.List(value.Int(e[0]), value.Int(e[1]), value.Int(e[2]))))
	}
	a.SetStr("reason", value.FromArray(value.Strings(v.Reply.Lines...)))
	a.SetStr("disconnect", value.Bool(v.Disconnect))
	return value.FromArray(a)
}

// queuedArray lists the copies that the server would store.
func (s *session) queuedArray(v hook.Verdict) (value.Value, error) {
	out := value.NewArray(len(v.Queued) + len(s.queued))
	for i, q := range append(s.queued, v.Queued...) {
		src := s.mail
		if i < len(s.copies) {
			src = s.copies[i]
		}
		out.Append(value.FromArray(value.Map(
			"sender", value.Str(q.Sender.String()), "recipient", value.Str(q.Recipient.String()), "transportid", value.Str(q.TransportID),
			"mail", mail.Message(s.t.Library().Classes, q.Patch.Apply(src)), "options", copyOptions(&q))))
	}
	return value.FromArray(out), nil
}

// copyOptions are the options of queue() that differ from their defaults.
func copyOptions(q *hook.Queued) value.Value {
	a := value.NewArray(8)
	if len(q.Metadata) > 0 {
		a.SetStr("metadata", texts(q.Metadata))
	}
	if q.Hold {
		a.SetStr("hold", value.Bool(true))
	}
	if q.Delay > 0 {
		a.SetStr("delay", value.Num(q.Delay.Seconds()))
	}
	if q.JobID != "" {
		a.SetStr("jobid", value.Str(q.JobID))
	}
	if q.TenantID != "" {
		a.SetStr("tenantid", value.Str(q.TenantID))
	}
	if q.Priority != 0 {
		a.SetStr("priority", value.Int(q.Priority))
	}
	if len(q.Quotas) > 0 {
		a.SetStr("quotas", value.FromArray(value.Strings(q.Quotas...)))
	}
	if d := q.DSN; d.EnvID != "" || d.Ret != "" || d.Orcpt != "" || len(d.Notify) > 0 {
		a.SetStr("dsn", value.FromArray(value.Map("envid", value.Str(d.EnvID), "ret", value.Str(d.Ret),
			"notify", value.FromArray(value.Strings(d.Notify...)), "orcpt", value.Str(d.Orcpt))))
	}
	return value.FromArray(a)
}

// modified is the message of eod with the changes of the script.
func (s *session) modified() (value.Value, error) {
	var src message.Source = s.mail
	if e, ok := mail.Editor(s.object); ok {
		changed, err := e.Result()
		if err != nil {
			return value.None, err
		}
		src = changed
	}
	return mail.Message(s.t.Library().Classes, src), nil
}

// texts is an array of texts in the order of their keys.
func texts(m map[string]string) value.Value {
	a := value.NewArray(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		a.SetStr(k, value.Str(m[k]))
	}
	return value.FromArray(a)
}
