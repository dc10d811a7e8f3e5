package delivery

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/pires/go-proxyproto"
)

// stagger is how long after one address the next one of its host is tried (RFC 8305
// section 5).
const stagger = 250 * time.Millisecond

// candidate is one address while connections to a host are opened.
type candidate struct {
	target target
	source source
	lease  *policy.Lease // nil: that of the attempt
	nc     net.Conn
	err    error
}

// race opens connections to the addresses of one host, each a while after the one
// before it or as soon as that has failed, and returns the first that is there. Others
// are begun beside it only as far as policies let them (spec mta 5). fresh tells that
// the lease was given for the first address and no connection was opened yet.
func (a *attempt) race(ctx context.Context, group []target, fresh bool) (*candidate, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan *candidate)
	var running []*candidate
	var last error
	var spare *policy.Lease // what the attempt had before another address won
	defer func() {
		if len(running) > 0 { // those who come too late
			go a.drain(results, len(running), spare)
			return
		}
		a.policies().Release(spare)
	}()
	next := 0
	start := func() bool {
		for ; next < len(group); next++ {
			c := &candidate{target: group[next], source: a.sourceFor(group[next])}
			f := a.j.facts(group[next])
			switch s := (policy.Source{ID: c.source.id, IP: c.source.ip}); {
			case fresh && next == 0:
			case len(running) == 0:
				if !a.policies().Move(a.lease, &f, s) {
					continue
				}
			default:
				if c.lease = a.policies().Beside(a.lease, &f, s); c.lease == nil {
					return false
				}
			}
			next++
			running = append(running, c)
			go func() {
				c.nc, c.err = a.dial(ctx, c.target, c.source)
				results <- c
			}()
			return true
		}
		return false
	}
	if !start() {
		return nil, errLimited
	}
	timer := time.NewTimer(stagger)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			if start() {
				timer.Reset(stagger)
			}
		case c := <-results:
			running = slices.DeleteFunc(running, func(x *candidate) bool { return x == c })
			a.tried = append(a.tried, c.target.IP)
			if c.err == nil {
				if c.lease != nil {
					a.policies().Swap(a.lease, c.lease)
					spare = c.lease
				}
				return c, nil
			}
			last = smtpclient.DialError(ctx, netip.AddrPortFrom(c.target.IP, uint16(a.p.port)), c.err)
			a.failed = c
			if c.lease == nil && len(running) > 0 { // the place of the attempt is that of the next
				c.lease, running[0].lease = running[0].lease, nil
				a.policies().Swap(a.lease, c.lease)
			}
			a.policies().Release(c.lease)
			if !start() && len(running) == 0 {
				return nil, last
			}
			timer.Reset(stagger)
		}
	}
}

// drain closes connections that lost the race; their leases count until then.
func (a *attempt) drain(results <-chan *candidate, n int, spare *policy.Lease) {
	for range n {
		c := <-results
		if c.nc != nil {
			c.nc.Close()
		}
		a.policies().Release(c.lease)
	}
	a.policies().Release(spare)
}

// dial opens the TCP connection to a target, through a proxy when there is one.
func (a *attempt) dial(ctx context.Context, t target, s source) (net.Conn, error) {
	o := a.p.options
	wait := o.ConnectTimeout
	if wait <= 0 {
		wait = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	to := netip.AddrPortFrom(t.IP, uint16(a.p.port))
	proxy := s.proxy
	if proxy == (config.Proxy{}) {
		proxy = a.p.proxy
	}
	if proxy.Host != "" {
		d := net.Dialer{Resolver: a.j.s.Resolver.Net()}
		nc, err := d.DialContext(ctx, "tcp", net.JoinHostPort(proxy.Host, strconv.Itoa(proxy.Port)))
		if err != nil {
			return nil, err
		}
		return announce(nc, proxy.Version, s.ip, to)
	}
	o.Local = s.ip
	d, err := o.NetDialer(t.IP)
	if err != nil {
		return nil, err
	}
	nc, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil || a.p.header == 0 {
		return nc, err
	}
	return announce(nc, a.p.header, s.ip, to)
}

// announce writes a PROXY header: we connect from a source to a target.
func announce(nc net.Conn, version int, source netip.Addr, to netip.AddrPort) (net.Conn, error) {
	if version == 0 {
		version = 2
	}
	from := nc.LocalAddr()
	if source.IsValid() {
		from = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	h := proxyproto.HeaderProxyFromAddrs(byte(version), from, net.TCPAddrFromAddrPort(to))
	if _, err := h.WriteTo(nc); err != nil {
		nc.Close()
		return nil, err
	}
	return nc, nil
}

// opened is a Dialer that gives away a connection that is open already. Another one, of
// a session that goes on in clear, waits for what policies demand between connections.
type opened struct {
	a  *attempt
	c  *candidate
	nc net.Conn
}

// DialContext implements smtpclient.Dialer.
func (o *opened) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if nc := o.nc; nc != nil {
		o.nc = nil
		return nc, nil
	}
	f := o.a.j.facts(o.c.target)
	for !o.a.policies().Move(o.a.lease, &f, o.a.lease.Source) {
		select {
		case <-ctx.Done():
			return nil, errLimited
		case <-time.After(stagger):
		}
	}
	return o.a.dial(ctx, o.c.target, o.c.source)
}
