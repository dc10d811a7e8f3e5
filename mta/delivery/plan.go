package delivery

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	protocol "github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/mta/spool"
)

// plan is a transport with the overrides of one attempt.
type plan struct {
	route.Route
	try        *hook.TryOptions // never nil
	transport  *config.Transport
	port       int
	dane       dane.Mode // "": none
	no4, no6   bool
	sources    []source // in random order unless told otherwise
	random     bool
	proxy      config.Proxy
	header     int // version of the PROXY header sent to the peer itself; 0: none
	options    smtpclient.Options
	clientCert string
	capture    bool

	routed     func(netip.Addr) bool // nil: everything is
	settings   *Overlay
	delivery   config.DeliverySettings // of settings, for one destination
	pooling    pooling
	poolPolicy string
}

// target is where an attempt leads.
type target = route.Target

// source is one address of the pool.
type source struct {
	id    string
	ip    netip.Addr
	helo  string
	proxy config.Proxy
}

// reaches reports whether some source can connect to an address.
func (p *plan) reaches(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Is4() && p.no4 || ip.Is6() && p.no6 {
		return false
	}
	if len(p.sources) == 0 { // the system chooses, if it has one
		return p.routed == nil || p.proxy.Host != "" || p.routed(ip)
	}
	_, ok := p.source(ip)
	return ok
}

// source returns the first source of the family of ip.
func (p *plan) source(ip netip.Addr) (source, bool) {
	for _, s := range p.sources {
		if s.reaches(ip) {
			return s, true
		}
	}
	return source{}, false
}

// sourceFor returns the source of the lease, or one of the right family when that cannot
// reach the target.
func (a *attempt) sourceFor(t target) source {
	for _, s := range a.p.sources {
		if s.id == a.lease.Source.ID && s.ip == a.lease.Source.IP && s.reaches(t.IP) {
			return s
		}
	}
	s, _ := a.p.source(t.IP)
	return s
}

func configError(format string, args ...any) *hook.AttemptError {
	return &hook.AttemptError{Type: "config", Temporary: true, Message: fmt.Sprintf(format, args...)}
}

// plan merges the transport of a unit with what the script said.
func (j *job) plan() (*plan, *hook.AttemptError) {
	o := j.try
	if o == nil {
		o = &hook.TryOptions{}
	}
	t := j.transport()
	if t == nil {
		if len(o.Host) == 0 {
			return nil, configError("transport '%s' does not exist", j.u.TransportID)
		}
		t = &config.Transport{}
	}
	c := &t.Connection
	p := &plan{
		Route: route.Route{
			Hosts: first(o.Host, c.Server, []string{route.LookupMX}), Domain: pick(o.Domain, j.used.Recipient.Domain),
			Include: first(o.MXInclude, c.MX.Include), Exclude: first(o.MXExclude, c.MX.Exclude), Resolver: j.s.Resolver,
		},
		try: o, transport: t, port: 25, capture: o.TLSCapturePeer, proxy: c.Proxy, header: o.ProxyProtocol,
		routed: j.s.Routed, settings: j.s.Overlay, poolPolicy: j.s.PoolPolicy,
	}
	if o.Plugin != nil {
		return p, j.planPlugin(p)
	}
	p.Reaches = p.reaches
	set(&p.port, c.Port)
	if o.Port != 0 {
		p.port = o.Port
	}
	if j.s.Self != nil {
		p.Self = func(ip netip.Addr) bool { return j.s.Self(ip, p.port) }
	}
	p.no4 = c.SourceIP.IPv4 != nil && c.SourceIP.IPv4.Off
	p.no6 = c.SourceIP.IPv6 != nil && c.SourceIP.IPv6.Off
	return p, j.sources(p)
}

// first returns the first list that is not empty.
func first(lists ...[]string) []string {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}

// sources makes the source pool, in random order unless told otherwise.
func (j *job) sources(p *plan) *hook.AttemptError {
	s := &p.transport.Connection.SourceIP
	wanted := p.try.SourceIP
	if wanted == nil {
		for _, e := range s.Addresses {
			wanted = append(wanted, hook.SourceIP{ID: e.ID, Address: e.Address, Helo: e.Helo})
		}
		for _, family := range []*config.Source{s.IPv4, s.IPv6} {
			if family != nil {
				for _, id := range family.Addresses {
					wanted = append(wanted, hook.SourceIP{ID: id})
				}
			}
		}
	}
	for _, w := range j.spread(wanted) {
		id := pick(w.ID, w.Address)
		a, ok := j.s.Source(id)
		ip, err := netip.ParseAddr(a.Address)
		if !ok || err != nil {
			return configError("no source address '%s'", id)
		}
		x := source{a.ID, ip, pick(w.Helo, a.Helo), w.Proxy}
		if x.proxy == (config.Proxy{}) {
			x.proxy = a.Proxy
		}
		if j.pool == nil || slices.Contains(*j.pool, policy.Source{ID: x.id, IP: x.ip}) {
			p.sources = append(p.sources, x)
		}
	}
	p.random = flag(p.try.SourceIPRandom, s.Random, &yes)
	if p.random {
		rand.Shuffle(len(p.sources), func(x, y int) { p.sources[x], p.sources[y] = p.sources[y], p.sources[x] })
	}
	return nil
}

var yes = true

// spread puts the items of lists in the place of @ID.
func (j *job) spread(pool []hook.SourceIP) []hook.SourceIP {
	var out []hook.SourceIP
	for _, x := range pool {
		id, ok := strings.CutPrefix(x.ID, "@")
		if !ok {
			out = append(out, x)
			continue
		}
		items, _ := j.s.Lists.Find("localip", id)
		for _, y := range items {
			out = append(out, hook.SourceIP{ID: y, Helo: x.Helo, Proxy: x.Proxy})
		}
	}
	return out
}

// apply makes the options of the connection: what the script says counts before the
// settings of the destination, and these before the transport.
func (p *plan) apply(j *job) *hook.AttemptError {
	if p.try.Plugin != nil { // it connects as it likes
		return nil
	}
	o, t, d := p.try, p.transport, &p.delivery
	s := &t.Session
	c := &p.options
	c.Helo = pick(o.Helo, s.Helo, j.s.Hostname)
	c.LMTP = pick(o.Protocol, s.Protocol, "smtp") == "lmtp"
	c.Username, c.Password = pick(o.Username, s.Auth.Username), pick(o.Password, s.Auth.Password)
	c.Timeouts = map[string]time.Duration{}
	for _, m := range []map[string]config.Duration{s.Timeout, d.Timeout.SMTP} {
		for k, x := range m {
			c.Timeouts[k] = time.Duration(x)
		}
	}
	maps.Copy(c.Timeouts, o.Timeout)
	for _, x := range []*config.Duration{t.Connection.Timeout, d.Timeout.Connect} {
		if x != nil {
			c.ConnectTimeout = time.Duration(*x)
		}
	}
	if o.ConnectTimeout > 0 {
		c.ConnectTimeout = o.ConnectTimeout
	}
	c.XClient, c.FreeBind = o.XClient, flag(o.NonlocalSource, t.Connection.NonLocalSource)
	if c.XClient == nil {
		for _, name := range slices.Sorted(maps.Keys(s.XClient)) {
			c.XClient = append(c.XClient, protocol.Param{Key: name, Value: s.XClient[name]})
		}
	}
	c.NoChunking = o.Chunking != nil && !*o.Chunking
	return p.secure(j)
}

func pick(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func flag(list ...*bool) bool {
	for _, b := range list {
		if b != nil {
			return *b
		}
	}
	return false
}

func (p *plan) addrPort(t target) netip.AddrPort {
	return netip.AddrPortFrom(t.IP, uint16(p.port))
}

// Server returns the settings of a transport for scripts that talk to it without the
// queue. It implements part of smtp.Configuration.
func (s *Settings) Server(id, domain string) (*smtp.Server, bool) {
	u := &spool.Unit{TransportID: id, Recipient: address.Address{Domain: domain}}
	j := &job{s: s, u: u, used: u}
	if j.transport() == nil {
		return nil, false
	}
	p, fail := j.plan()
	if fail == nil {
		fail = p.apply(j)
	}
	if fail != nil {
		return nil, false
	}
	return &smtp.Server{Route: p.Route, Port: p.port, Options: p.options, CapturePeer: p.capture, DANE: p.dane, Bind: func(ip netip.Addr) (netip.Addr, string) {
		src, _ := p.source(ip)
		return src.ip, src.helo
	}}, true
}
