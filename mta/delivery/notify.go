package delivery

import (
	"context"
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
	o := j.dsn
	if o == nil {
		o = &hook.DSNOptions{}
	}
	t := j.transport()
	if t == nil {
		t = &config.Transport{}
	}
	to := j.used.Sender
	if o.Recipient != nil {
		to = *o.Recipient
	}
	transport := pick(o.TransportID, t.DSN.Transport)
	if facts.Action == "" || j.used.Sender.IsNull() || to.IsNull() || transport == "" || !j.wanted(dsn.Action(facts.Action)) {
		return
	}
	if err := j.sendDSN(ctx, facts, a, until, o, t, to, transport); err != nil {
		j.Logger.Error("notification", "transaction", j.u.Transaction, "queueid", j.u.Queue, "err", err)
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

func (j *job) sendDSN(ctx context.Context, facts *hook.DSNFacts, a *hook.Attempt, until time.Time, o *hook.DSNOptions, t *config.Transport, to address.Address, transport string) error {
	original, err := j.Content.Content(j.u)
	if err != nil {
		return err
	}
	now := time.Now()
	id := j.NewID()
	r := dsn.Report{
		Action: dsn.Action(facts.Action), Status: facts.Status, DiagType: facts.Type, DiagCode: facts.Code, Recipient: j.used.Recipient,
		Orcpt: j.used.DSN.Orcpt, EnvID: j.used.DSN.EnvID, Hostname: j.s.Hostname, FromName: pick(o.FromName, t.DSN.FromName), To: to,
		MessageID: id + "@" + j.s.Hostname, Boundary: id, Now: now, Arrival: j.u.Received, RetryUntil: until, Received: j.u.Helo,
		Original: j.u.Patch.At(now).Apply(original), Full: strings.EqualFold(pick(o.Ret, j.used.DSN.Ret, t.DSN.Ret, "HDRS"), "FULL"),
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
	u := &spool.Unit{
		Transaction: j.NewID(), Queue: 1, Recipient: to, TransportID: transport, JobID: o.JobID, TenantID: o.TenantID,
		Metadata: o.Metadata, Received: now, Size: int64(len(raw)), SMTPUTF8: to.NeedsUTF8(),
	}
	if o.Delay > 0 {
		u.Due = now.Add(o.Delay)
	}
	// The unit it is about is on its way out: a stop of the server must not lose
	// its notification.
	return j.Submit.Submit(context.WithoutCancel(ctx), message.Bytes(raw), u)
}
