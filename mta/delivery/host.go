package delivery

import (
	"context"
	"errors"
	"slices"

	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
)

// host tries the addresses of one host; done is false when the next one should be
// tried. leased tells that the lease was given for the first address.
func (a *attempt) host(ctx context.Context, g []target, leased bool) (left queue.Conn, done bool) {
	o, found, err := a.p.sessionOptions(ctx, g[0])
	if err != nil {
		a.out.Result, a.out.Error = describe(err)
		a.out.Conn = connFacts(nil, g[0], a.sourceFor(g[0]), "", false)
		a.out.Conn.ID, a.out.Conn.TLSTried = a.j.NewID(), true
		found.put(a.out.Conn)
		return nil, false
	}
	for len(g) > 0 && ctx.Err() == nil {
		before := *a.out
		a.out.Result, a.out.Error, a.out.Conn = nil, nil, nil
		c, err := a.race(ctx, g, leased)
		limited := errors.Is(err, errLimited)
		if limited && (before.Result != nil || before.Error != nil) {
			*a.out = before // what was tried says more
			return nil, false
		}
		a.barred = limited
		if err != nil {
			a.out.Result, a.out.Error = describe(err)
			if f := a.failed; f != nil {
				a.out.Conn = connFacts(nil, f.target, f.source, "", false)
				a.out.Conn.ID = a.j.NewID()
			}
			return nil, false
		}
		x, err := a.session(ctx, c, o, found)
		if err == nil {
			left, _ = a.send(ctx, x)
			return left, true
		}
		if !elsewhere(err) {
			return nil, false
		}
		leased = false
		g = slices.DeleteFunc(g, func(t target) bool { return slices.Contains(a.tried, t.IP) })
	}
	return nil, false
}

// session speaks to an address up to the point where mail can be sent.
func (a *attempt) session(ctx context.Context, c *candidate, o *smtpclient.Options, found *tlsa) (*conn, error) {
	own := *o
	own.Local, own.Dialer = c.source.ip, &opened{a, c, c.nc}
	if c.source.helo != "" {
		own.Helo = c.source.helo
	}
	sc, info, err := smtpclient.Dial(ctx, a.p.addrPort(c.target), &own)
	id := a.j.NewID()
	a.out.Conn = connFacts(info, c.target, c.source, own.Helo, a.p.capture)
	a.out.Conn.ID = id
	found.put(a.out.Conn)
	if err != nil {
		a.out.Result, a.out.Error = describe(err)
		return nil, err
	}
	x := &conn{
		Conn: sc, id: id, facts: a.j.facts(c.target), to: c.target, from: c.source, helo: own.Helo, pooling: a.p.pooling, capture: a.p.capture,
		tlsa: found, groups: a.j.s.Groupings,
	}
	if a.p.pooling.enabled {
		x.reuse = a.p.reuse(&x.facts)
	}
	a.out.Grouping, a.out.Policy = x.facts.Grouping, a.policies().Applied(a.lease)
	return x, nil
}

// elsewhere reports whether another address of the same host may do better: this one
// was refused for now or lost before it had greeted (spec mta 5). What a host says for
// good, or about TLS and AUTH, it would say everywhere.
func elsewhere(err error) bool {
	greeting := func(state string) bool {
		return state == smtp.StateBanner || state == smtp.StateEhlo || state == smtp.StateHelo || state == smtp.StateLhlo
	}
	var re *smtpclient.ReplyError
	if errors.As(err, &re) {
		return re.Result.Reply.Temporary() && greeting(re.Result.State)
	}
	var own *smtpclient.Error
	return errors.As(err, &own) && greeting(own.State)
}
