package delivery

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/mta/spool"
)

// attempt is one attempt to hand a unit over.
type attempt struct {
	j      *job
	p      *plan
	lease  *policy.Lease
	mail   *smtpclient.Mail
	out    *hook.Attempt
	failed *candidate // the last address that could not be connected to
	tried  []netip.Addr
	barred bool // policies let nothing be tried
}

// errLimited tells that policies let no connection be opened now.
var errLimited error = &smtpclient.Error{Type: smtpclient.ErrNetwork, Temporary: true, Message: "no further connection is allowed now"}

func (a *attempt) policies() *policy.Engine { return a.j.Policies }

// Transmit implements queue.Deliverer. The result is a *hook.Attempt, or a veto.
func (d *Deliverer) Transmit(ctx context.Context, u *spool.Unit, r *queue.Ready, l *policy.Lease, c queue.Conn) (any, queue.Conn) {
	a := &attempt{j: d.resume(u, r), lease: l, out: &hook.Attempt{Grouping: r.Facts.Grouping}}
	a.out.Policy = d.Policies.Applied(l)
	if v, ok := a.pick(r, c); !ok {
		return v, c
	}
	begin := time.Now()
	left := a.run(ctx, r, c)
	a.out.Duration = time.Since(begin)
	return a.out, left
}

// Conclude implements queue.Deliverer.
func (d *Deliverer) Conclude(ctx context.Context, u *spool.Unit, r *queue.Ready, result any) queue.Outcome {
	j := d.resume(u, r)
	if v, ok := result.(veto); ok {
		return j.giveBack(v)
	}
	a := result.(*hook.Attempt)
	if a.Picked != nil {
		j.said = a.Picked
	}
	if ctx.Err() != nil && a.Result == nil {
		return j.interrupted()
	}
	j.begin = j.begin.Add(-a.Duration)
	return j.conclude(ctx, a)
}

// resume goes on with a unit that was prepared.
func (d *Deliverer) resume(u *spool.Unit, r *queue.Ready) *job {
	j := d.job(u)
	if x, ok := r.Plan.(*prepared); ok {
		j.prepared = *x
	}
	j.sent = &r.Facts
	return j.override()
}

func (a *attempt) run(ctx context.Context, r *queue.Ready, c queue.Conn) queue.Conn {
	j := a.j
	p, fail := j.plan()
	if fail != nil {
		a.out.Error = fail
		return c
	}
	a.p = p
	p.overlay(&r.Facts, &a.lease.Source)
	if fail := p.apply(j); fail != nil {
		a.out.Error = fail
		return c
	}
	original, err := j.Content.Content(j.u)
	if err != nil {
		j.Logger.Error("read message", "transaction", j.u.Transaction, "queueid", j.u.Queue, "err", err)
		a.out.Error = configError("the message cannot be read")
		return c
	}
	content := j.u.Patch.At(time.Now()).Apply(original)
	if p.try.Plugin != nil {
		a.plugin(ctx, r, content)
		return c
	}
	a.mail = j.mail(content)
	if old, ok := c.(*conn); ok {
		left, done := a.again(ctx, r, old)
		if done {
			return left
		}
	}
	return a.fresh(ctx, r, c != nil)
}

// again sends on a connection that is there. done is false when the connection turns
// out to be lost before the peer has seen the message, or its peer is not the unit's own
// and lacks an extension that the message needs (spec mta 7).
func (a *attempt) again(ctx context.Context, r *queue.Ready, c *conn) (left queue.Conn, done bool) {
	f := r.Facts
	c.Remote(&f)
	grouping, before := a.out.Grouping, c.Info().Transactions
	a.out.Grouping = f.Grouping
	left, err := a.send(ctx, c)
	var own *smtpclient.Error
	if !errors.As(err, &own) || ctx.Err() != nil {
		return left, true
	}
	lost := own.Type == smtpclient.ErrNetwork && (own.State == smtp.StateMail || own.State == smtp.StateRset)
	unfit := own.Type == smtpclient.ErrSMTP && c.Info().Transactions == before && f.RemoteIP != r.Facts.RemoteIP
	if !lost && !unfit {
		return left, true
	}
	if unfit {
		c.Close()
	}
	a.out.Error, a.out.Result, a.out.Grouping = nil, nil, grouping
	return nil, false
}

// forbearance is how long an attempt waits until policies let its first connection be
// opened: the lease was for another one, that is lost or whose address is not in DNS any
// more.
const forbearance = 30 * time.Second

// fresh opens a connection to one host after the other until a session stands.
func (a *attempt) fresh(ctx context.Context, r *queue.Ready, used bool) queue.Conn {
	groups, none := a.hosts(ctx, r)
	if none != nil {
		a.out.Error = none
		return nil
	}
	for begin := time.Now(); ; {
		a.out.Error, a.barred = nil, false
		for i, g := range groups {
			left, done := a.host(ctx, g, i == 0 && !used && g[0].IP.Unmap() == r.Facts.RemoteIP)
			if done || ctx.Err() != nil {
				return left
			}
		}
		if !a.barred || time.Since(begin) > forbearance {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(stagger):
		}
	}
}

// hosts returns the addresses to try by host, that of the sub-queue first. Names are
// looked up again: the unit may have waited for long.
func (a *attempt) hosts(ctx context.Context, r *queue.Ready) ([][]target, *hook.AttemptError) {
	list, none := a.p.Targets(ctx)
	if none != nil {
		return nil, &hook.AttemptError{Type: "dns", DNS: none.Kind, Temporary: none.Temporary, Message: none.Message}
	}
	var groups [][]target
	at := map[string]int{}
	for _, t := range list {
		k, ok := at[t.Name()]
		if !ok {
			k = len(groups)
			at[t.Name()] = k
			groups = append(groups, nil)
		}
		groups[k] = append(groups[k], t)
	}
	for i, g := range groups {
		for k, t := range g {
			if t.IP.Unmap() == r.Facts.RemoteIP {
				first := append([]target{t}, append(append([]target{}, g[:k]...), g[k+1:]...)...)
				rest := append(append([][]target{}, groups[:i]...), groups[i+1:]...)
				return append([][]target{first}, rest...), nil
			}
		}
	}
	return groups, nil
}

// send runs the transaction and returns the connection when it is still of use.
func (a *attempt) send(ctx context.Context, c *conn) (queue.Conn, error) {
	out, err := c.Send(ctx, a.mail)
	info := c.Info()
	a.out.Conn = connFacts(info, c.to, c.from, c.helo, c.capture)
	a.out.Conn.ID = c.id
	c.tlsa.put(a.out.Conn)
	a.out.Relayed = !info.Extensions.Has(smtp.ExtDSN)
	if err != nil {
		a.out.Result, a.out.Error = describe(err)
		var own *smtpclient.Error
		if errors.As(err, &own) && own.Type == smtpclient.ErrSMTP && c.Usable() {
			return c, err // it was the message that did not fit
		}
		c.Abort()
		return nil, err
	}
	a.out.Result = &hook.AttemptResult{Reply: out.Reply, State: out.State}
	return c, nil
}

func (j *job) mail(content message.Source) *smtpclient.Mail {
	u := j.used
	return &smtpclient.Mail{
		Sender: u.Sender, SenderParams: u.SenderParams, Content: content, SMTPUTF8: u.SMTPUTF8, RequireTLS: u.RequireTLS,
		EnvID: u.DSN.EnvID, Ret: u.DSN.Ret,
		Recipients: []smtpclient.Recipient{{Address: u.Recipient, Params: u.RcptParam, Notify: u.DSN.Notify, Orcpt: u.DSN.Orcpt}},
	}
}

// connFacts describes a connection for scripts.
func connFacts(info *smtpclient.Info, t target, src source, helo string, capture bool) *hook.AttemptConn {
	c := &hook.AttemptConn{LocalIPID: src.id, Helo: helo, RemoteIP: t.IP.String(), RemoteMX: t.Name()}
	if src.ip.IsValid() {
		c.LocalIP = src.ip.String()
	}
	if info == nil {
		return c
	}
	if !src.ip.IsValid() {
		c.LocalIP = info.LocalIP.String()
	}
	c.Greet, c.Transactions = info.Greet, info.Transactions
	if x := info.TLS; x != nil {
		c.TLSTried, c.TLSStarted, c.Protocol, c.Cipher, c.KeySize, c.Report = true, x.Started, x.Protocol, x.Cipher, x.KeySize, x.Report
		if capture {
			c.Peer, c.PeerErr = x.Peer, x.PeerErr
		}
	}
	return c
}

// describe turns an error of the client into what scripts see.
func describe(err error) (*hook.AttemptResult, *hook.AttemptError) {
	var re *smtpclient.ReplyError
	if errors.As(err, &re) {
		return &hook.AttemptResult{Reply: re.Result.Reply, State: re.Result.State}, nil
	}
	e := &hook.AttemptError{Type: "network", Temporary: true, Message: "connection failed"}
	var own *smtpclient.Error
	if errors.As(err, &own) {
		e.Type, e.Temporary, e.Message = string(own.Type), own.Temporary, own.Message
		e.Status = own.Status
	}
	return nil, e
}
