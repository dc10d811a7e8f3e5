package delivery

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/value"
)

// prepared is what predelivery left for the attempt. Most units need none of it.
type prepared struct {
	try     *hook.TryOptions
	context any
	dsn     *hook.DSNOptions
	pool    *[]policy.Source // what queue plugins left of the sources; nil: all
	said    *value.Value     // by queue plugins; nil: nothing
	vetoes  int              // in a row, at pickup
}

// Prepare implements queue.Deliverer: the script of predelivery, and where the unit
// goes.
func (d *Deliverer) Prepare(ctx context.Context, u *spool.Unit, note any) (*queue.Ready, queue.Outcome) {
	j := d.job(u)
	before, _ := note.(veto)
	v, left := d.Hooks.RunQueue(ctx, &hook.QueueInput{Phase: hook.PreDelivery, Unit: u, Content: j.open, Retry: u.Retry, Return: before.said})
	if ctx.Err() != nil {
		return nil, j.interrupted()
	}
	j.prepared = prepared{try: v.Try, context: left, dsn: v.DSN, vetoes: before.times}
	j.metadata(v)
	switch v.Action {
	case hook.Queue:
		return nil, j.queueEarly(ctx, v)
	case hook.Bounce, hook.Delete:
		return nil, j.without(ctx, v.Action, v.Text, false)
	}
	r, fail := j.override().ready(ctx)
	if ctx.Err() != nil {
		return nil, j.interrupted()
	}
	switch {
	case fail == errKept:
		return nil, j.kept(ctx)
	case fail != nil:
		return nil, j.conclude(ctx, &hook.Attempt{Error: fail, Duration: time.Since(j.begin)})
	}
	r.Store = v.Meta != nil
	if j.prepared != (prepared{}) {
		r.Plan = &j.prepared
	}
	return r, queue.Outcome{}
}

// ready finds the sub-queue of a unit: its first destination, and the sources that can
// reach it.
func (j *job) ready(ctx context.Context) (*queue.Ready, *hook.AttemptError) {
	p, fail := j.plan()
	if fail != nil {
		return nil, fail
	}
	if j.Lookups.Take(ctx) != nil {
		return nil, configError("the server stops") // which is seen before it
	}
	targets, none := p.Targets(ctx)
	j.Lookups.Give()
	if none != nil {
		return nil, &hook.AttemptError{Type: "dns", DNS: none.Kind, Temporary: none.Temporary, Message: none.Message}
	}
	if targets = j.insert(p, targets); targets == nil {
		return nil, errKept
	}
	to := targets[0]
	r := &queue.Ready{Facts: j.facts(to), Random: p.random, Priority: j.used.Priority, Sources: p.choices(to.IP)}
	if p.random { // units with the same pool share a sub-queue, however it was shuffled
		slices.SortFunc(r.Sources, func(a, b policy.Source) int { return cmp.Or(cmp.Compare(a.ID, b.ID), a.IP.Compare(b.IP)) })
	}
	p.overlay(&r.Facts, &r.Sources[0])
	if fail := p.apply(j); fail != nil {
		return nil, fail
	}
	j.sent = &r.Facts
	if p.pooling.enabled && p.try.Plugin == nil {
		r.Reuse = p.reuse(&r.Facts)
	}
	if s := j.schedule(); s.During > 0 {
		r.Expires = j.u.Received.Add(s.During)
	}
	return r, nil
}

// choices returns the sources that an attempt to reach an address can use, all for a
// plugin that none fits. Without any the system chooses.
func (p *plan) choices(to netip.Addr) []policy.Source {
	var out, all []policy.Source
	for _, s := range p.sources {
		x := policy.Source{ID: s.id, IP: s.ip}
		all = append(all, x)
		if s.reaches(to) {
			out = append(out, x)
		}
	}
	switch {
	case len(out) > 0:
		return out
	case p.try.Plugin != nil && len(all) > 0:
		return all
	}
	return []policy.Source{{}}
}

// facts are what policies see of a unit on its way to a target.
func (j *job) facts(t target) policy.Facts {
	f := policy.Facts{
		TenantID: j.used.TenantID, JobID: j.used.JobID, TransportID: j.used.TransportID,
		RecipientDomain: strings.ToLower(address.ASCIIDomain(j.used.Recipient.Domain)),
	}
	j.lead(&f, t)
	return f
}

// lead sets the destination of facts.
func (j *job) lead(f *policy.Facts, t target) {
	f.RemoteMX, f.RemoteIP = strings.ToLower(t.Name()), t.IP.Unmap()
	f.Grouping = j.s.Groupings.Of(f)
}

// override applies what the script changed for this attempt only: the unit stays as it
// is, what the attempt uses is a copy.
func (j *job) override() *job {
	j.used = j.u
	o := j.try
	if o == nil {
		return j
	}
	x := *j.u
	j.used = &x
	if o.Sender != nil {
		x.Sender, x.SenderParams = *o.Sender, o.SenderParams
	}
	if o.Recipient != nil {
		x.Recipient, x.RcptParam = *o.Recipient, o.RecipientParams
	}
	set(&x.JobID, o.JobID)
	set(&x.TenantID, o.TenantID)
	set(&x.Priority, o.Priority)
	set(&x.DSN.EnvID, o.DSN.EnvID)
	set(&x.DSN.Ret, o.DSN.Ret)
	set(&x.DSN.Orcpt, o.DSN.Orcpt)
	set(&x.DSN.Notify, o.DSN.Notify)
	j.success = o.DSNSuccess
	return j
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// reaches reports whether a source has the family of an address.
func (s *source) reaches(ip netip.Addr) bool { return s.ip.Unmap().Is4() == ip.Unmap().Is4() }
