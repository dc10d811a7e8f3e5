package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/dsn"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// notify sends a notification about a unit, when one is due (spec mta 11). A
// failure to make it is logged: the outcome of the unit stands.
func (j *job) notify(ctx context.Context, facts *hook.DSNFacts, a *hook.Attempt, until time.Time) {
	n := j.notification(facts)
	if n == nil {
		return
	}
	if err := j.sendDSN(ctx, n, facts, a, until); err != nil {
		j.Logger.Error("notification", "transaction", j.u.Transaction, "queueid", j.u.Queue, "err", err)
	}
}

// notification is how a notification is made.
type notification struct {
	*hook.DSNOptions
	t         *config.Transport // of the unit
	to        address.Address
	transport string
}

// notification returns how to make a notification; nil: none is to be sent.
func (j *job) notification(facts *hook.DSNFacts) *notification {
	n := &notification{DSNOptions: j.dsn, t: j.transport(), to: j.used.Sender}
	if n.DSNOptions == nil {
		n.DSNOptions = &hook.DSNOptions{}
	}
	if n.t == nil {
		n.t = &config.Transport{}
	}
	if n.Recipient != nil {
		n.to = *n.Recipient
	}
	n.transport = pick(n.TransportID, n.t.DSN.Transport)
	if facts.Action == "" || j.used.Sender.IsNull() || n.to.IsNull() || n.transport == "" || !j.wanted(dsn.Action(facts.Action)) {
		return nil
	}
	return n
}

// announce gives the notification that is going to be made its id, so that scripts can
// tell it.
func (j *job) announce(facts *hook.DSNFacts) {
	if j.notification(facts) != nil {
		facts.ID = j.NewID()
	}
}

// wanted reports whether NOTIFY allows the notification.
func (j *job) wanted(a dsn.Action) bool {
	n := j.used.DSN.Notify
	switch {
	case len(n) == 0:
		return a == dsn.Failed || a == dsn.Delayed
	case slices.Contains(n, "NEVER"):
		return false
	case a == dsn.Failed:
		return slices.Contains(n, "FAILURE")
	case a == dsn.Delayed:
		return slices.Contains(n, "DELAY") || j.dsn != nil && j.dsn.Send != nil && *j.dsn.Send
	}
	return slices.Contains(n, "SUCCESS")
}

func (j *job) sendDSN(ctx context.Context, n *notification, facts *hook.DSNFacts, a *hook.Attempt, until time.Time) error {
	original, err := j.Content.Content(j.u)
	if err != nil {
		return err
	}
	now := time.Now()
	id := j.NewID()
	o, t := n.DSNOptions, n.t
	r := dsn.Report{
		Action: dsn.Action(facts.Action), Status: facts.Status, DiagType: facts.Type, DiagCode: facts.Code, Recipient: j.used.Recipient,
		Orcpt: j.used.DSN.Orcpt, EnvID: j.used.DSN.EnvID, Hostname: j.s.Hostname, FromName: pick(o.FromName, t.DSN.FromName), To: n.to,
		MessageID: id + "@" + j.s.Hostname, Boundary: id, Now: now, Arrival: j.u.Received, RetryUntil: until, Received: j.u.Helo,
		Original: j.u.Patch.At(now).Apply(original), Full: !j.used.RequireTLS && strings.EqualFold(pick(o.Ret, j.used.DSN.Ret, t.DSN.Ret, "HDRS"), "FULL"),
		Headers: o.Headers, Subject: o.Subject, Text: o.Text,
	}
	r.From = address.Address{Local: "postmaster", Domain: j.s.Hostname}
	if x, err := address.Parse(t.DSN.From); err == nil && !x.IsNull() {
		r.From = x
	}
	if o.From != nil {
		r.From = *o.From
	}
	if a != nil {
		r.LastTry = now
		if a.Conn != nil {
			r.RemoteMTA = a.Conn.RemoteMX
		}
		if a.Result != nil {
			r.Command = a.Result.State
		}
	}
	raw, err := dsn.Build(r)
	if err != nil {
		return err
	}
	if o.DKIM != nil {
		fields, err := o.DKIM.Fields(message.Bytes(raw))
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		raw = append(fields, raw...)
	}
	u := &spool.Unit{
		Transaction: pick(facts.ID, id), Queue: 1, Recipient: n.to, TransportID: n.transport, JobID: o.JobID, TenantID: o.TenantID,
		Metadata: o.Metadata, Received: now, Size: int64(len(raw)), SMTPUTF8: n.to.NeedsUTF8() || r.From.NeedsUTF8(),
		RequireTLS: j.used.RequireTLS,
	}
	if o.Delay > 0 {
		u.Due = now.Add(o.Delay)
	}
	// The unit it is about is on its way out: a stop of the server must not lose
	// its notification.
	return j.Submit.Submit(context.WithoutCancel(ctx), message.Bytes(raw), u)
}
