package delivery

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/value"
)

// overdue is how old an attempt of a plugin gets until that is logged (spec plugin 5).
const overdue = time.Hour

// planPlugin ends the plan of an attempt that a plugin makes: addresses are for policies
// only, so that none is out of reach or the server's own.
func (j *job) planPlugin(p *plan) *hook.AttemptError {
	if _, ok := j.Plugins.Deliverer(p.try.Plugin.ID); !ok {
		return pluginError("no delivery plugin '%s' is loaded", p.try.Plugin.ID)
	}
	p.Reaches = func(netip.Addr) bool { return true }
	return j.sources(p)
}

func pluginError(format string, args ...any) *hook.AttemptError {
	return &hook.AttemptError{Type: "plugin", Temporary: true, Message: fmt.Sprintf(format, args...)}
}

// message is a unit as plugins see it.
func (j *job) message(f *policy.Facts, s policy.Source) plugin.Message {
	return plugin.Message{Unit: j.used, Facts: *f, Source: s, Retry: j.retry}
}

// errKept is why a unit does not enter the active queue: a queue plugin said so.
var errKept = pluginError("a queue plugin kept the message back")

// insert asks queue plugins about a unit and its source pool, of which they may take some
// out (spec plugin 6.1). It returns those of the targets that what is left can reach,
// none when the unit is kept back.
func (j *job) insert(p *plan, targets []target) []target {
	if !j.Plugins.Inserts() {
		return targets
	}
	var all []policy.Source
	for _, s := range p.sources {
		all = append(all, policy.Source{ID: s.id, IP: s.ip})
	}
	if len(all) == 0 { // the system chooses
		all = []policy.Source{{}}
	}
	f := j.facts(targets[0])
	m := j.message(&f, policy.Source{})
	d := j.Plugins.Insert(&m, all)
	j.said = d.Return
	switch {
	case !d.OK:
		return nil
	case d.Sources == nil:
		return targets
	}
	j.pool = &d.Sources
	p.sources = slices.DeleteFunc(p.sources, func(s source) bool { return !slices.Contains(d.Sources, policy.Source{ID: s.id, IP: s.ip}) })
	var left []target
	for _, t := range targets {
		if p.Reaches(t.IP) {
			left = append(left, t)
		}
	}
	return left
}

// kept decides what becomes of a unit that was kept back: postdelivery runs without an
// attempt, and by default it is tried again as after a temporary error.
func (j *job) kept(ctx context.Context) queue.Outcome {
	return j.decide(ctx, &hook.Attempt{Error: errKept, Duration: time.Since(j.begin)}, nil)
}

// veto is the result of an attempt that queue plugins did not want at pickup, and the
// note that the unit goes back with.
type veto struct {
	said  *value.Value
	times int // in a row
}

// pick asks queue plugins about a unit that is about to be sent (spec plugin 6.2). When
// they do not want it, the lease is as if it had not been asked for, except that a
// connectinterval begins anew.
func (a *attempt) pick(r *queue.Ready, c queue.Conn) (v veto, ok bool) {
	if !a.j.Plugins.Picks() {
		return v, true
	}
	f := r.Facts
	if c != nil {
		c.Remote(&f)
	}
	m := a.j.message(&f, a.lease.Source)
	d := a.j.Plugins.Pick(&m)
	if d.OK {
		a.out.Picked = d.Return
		return v, true
	}
	a.policies().Refund(a.lease)
	v = veto{d.Return, a.j.vetoes + 1}
	if v.said == nil { // that it came back is said all the same (spec hooks 11.1)
		v.said = new(value.None)
	}
	return v, false
}

// breather is how long a unit waits that plugins do not want twice or more in a row, when
// predelivery does not put it off: else nothing would slow it down.
const breather = time.Second

// giveBack makes predelivery run again. No retry is counted.
func (j *job) giveBack(v veto) queue.Outcome {
	due := time.Now()
	if v.times > 1 {
		due = due.Add(breather)
	}
	return queue.Outcome{Action: queue.Back, Due: due, Note: v}
}

// plugin lets a plugin make the attempt, and waits until it is over or the server stops:
// what the plugin does then counts no more.
func (a *attempt) plugin(ctx context.Context, r *queue.Ready, content message.Source) {
	j, id := a.j, a.p.try.Plugin.ID
	deliver, ok := j.Plugins.Deliverer(id)
	if !ok { // plan has seen it, and plugins stay
		a.out.Error = pluginError("no delivery plugin '%s' is loaded", id)
		return
	}
	done := make(chan plugin.Result, 1)
	d := &plugin.Delivery{
		Message: j.message(&r.Facts, a.lease.Source), Context: ctx, Arguments: a.p.try.Plugin.Arguments, Content: content,
		Trace: func(text string) { j.Logger.Debug(text, j.about("event", "attempt", "plugin", id)...) },
		Done: func(r plugin.Result) {
			select {
			case done <- r:
			default: // it is over
			}
		},
	}
	go deliver(d)
	late := time.NewTimer(overdue)
	defer late.Stop()
	for {
		select {
		case r := <-done:
			a.ended(&r)
			return
		case <-ctx.Done():
			select {
			case r := <-done:
				a.ended(&r)
			default:
				j.Logger.Warn("the server stops before a plugin has ended its attempt", j.about("event", "attempt", "plugin", id)...)
			}
			return
		case <-late.C:
			j.Logger.Warn("an attempt of a plugin lasts for more than an hour", j.about("event", "attempt", "plugin", id)...)
		}
	}
}

// about adds which unit a record of the log is about.
func (j *job) about(attrs ...any) []any {
	return append(attrs, "transaction", j.u.Transaction, "queueid", j.u.Queue)
}

// ended turns the result of a plugin into what scripts see. The class of the code counts
// as that of an SMTP reply does.
func (a *attempt) ended(r *plugin.Result) {
	a.out.Return, a.out.Relayed = r.Return, true
	switch {
	case r.Failed:
		a.out.Error = pluginError("%s", r.Error)
		a.out.Error.Temporary = !r.Permanent
	case r.Code == 0:
		a.out.Error = pluginError("no result")
	default:
		a.out.Result = &hook.AttemptResult{Reply: smtp.Reply{Code: r.Code, Enhanced: r.Enhanced, Lines: smtp.SplitText(r.Reason)}}
	}
}
