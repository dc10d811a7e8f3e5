package delivery

import (
	"context"
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
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	protocol "github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// plan is a transport with the overrides of one attempt.
type plan struct {
	route.Route
	port     int
	dane     dane.Mode // "": none
	no4, no6 bool
	sources  []source
	options  smtpclient.Options
	capture  bool
}

// source is one address of the pool.
type source struct {
	id   string
	ip   netip.Addr
	helo string
}

// reaches reports whether some source can connect to an address.
func (p *plan) reaches(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Is4() && p.no4 || ip.Is6() && p.no6 {
		return false
	}
	if len(p.sources) == 0 {
		return true
	}
	_, ok := p.source(ip)
	return ok
}

// source returns the first source of the family of ip.
func (p *plan) source(ip netip.Addr) (source, bool) {
	for _, s := range p.sources {
		if s.ip.Is4() == ip.Is4() {
			return s, true
		}
	}
	return source{}, false
}

func configError(format string, args ...any) *hook.AttemptError {
	return &hook.AttemptError{Type: "config", Temporary: true, Message: fmt.Sprintf(format, args...)}
}

// plan merges the transport of a unit with what the script said.
func (j *job) plan(o *hook.TryOptions) (*plan, *hook.AttemptError) {
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
			Hosts: first(o.Host, c.Server, []string{route.LookupMX}), Domain: pick(o.Domain, j.u.Recipient.Domain),
			Include: first(o.MXInclude, c.MX.Include), Exclude: first(o.MXExclude, c.MX.Exclude), Resolver: j.s.Resolver,
		},
		port: 25, capture: o.TLSCapturePeer,
	}
	p.Reaches = p.reaches
	if c.Port != nil {
		p.port = *c.Port
	}
	if o.Port != 0 {
		p.port = o.Port
	}
	p.no4 = c.SourceIP.IPv4 != nil && c.SourceIP.IPv4.Off
	p.no6 = c.SourceIP.IPv6 != nil && c.SourceIP.IPv6.Off
	if err := j.sources(p, t, o); err != nil {
		return nil, err
	}
	return p, j.session(p, t, o)
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
func (j *job) sources(p *plan, t *config.Transport, o *hook.TryOptions) *hook.AttemptError {
	s := &t.Connection.SourceIP
	wanted := o.SourceIP
	if wanted == nil {
		for _, e := range s.Addresses {
			wanted = append(wanted, hook.SourceIP(e))
		}
		var ids []string
		for _, family := range []*config.Source{s.IPv4, s.IPv6} {
			if family != nil {
				ids = append(ids, family.Addresses...)
			}
		}
		for _, id := range ids {
			wanted = append(wanted, hook.SourceIP{ID: id})
		}
	}
	for _, w := range wanted {
		id := w.ID
		if id == "" {
			id = w.Address
		}
		a, ok := j.s.Source(id)
		ip, err := netip.ParseAddr(a.Address)
		if !ok || err != nil {
			return configError("no source address '%s'", id)
		}
		helo := w.Helo
		if helo == "" {
			helo = a.Helo
		}
		p.sources = append(p.sources, source{a.ID, ip, helo})
	}
	random := s.Random == nil || *s.Random
	if o.SourceIPRandom != nil {
		random = *o.SourceIPRandom
	}
	if random {
		rand.Shuffle(len(p.sources), func(x, y int) { p.sources[x], p.sources[y] = p.sources[y], p.sources[x] })
	}
	return nil
}

// session makes the options of the connection.
func (j *job) session(p *plan, t *config.Transport, o *hook.TryOptions) *hook.AttemptError {
	s := &t.Session
	c := &p.options
	c.Helo = pick(o.Helo, s.Helo, j.s.Hostname)
	c.LMTP = pick(o.Protocol, s.Protocol, "smtp") == "lmtp"
	c.Username, c.Password = pick(o.Username, s.Auth.Username), pick(o.Password, s.Auth.Password)
	c.Timeouts = map[string]time.Duration{}
	for k, d := range s.Timeout {
		c.Timeouts[k] = time.Duration(d)
	}
	for k, d := range o.Timeout {
		c.Timeouts[k] = d
	}
	if t.Connection.Timeout != nil {
		c.ConnectTimeout = time.Duration(*t.Connection.Timeout)
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
	x := &c.TLS
	mode := pick(o.TLS, s.TLS.Mode, "disabled")
	if !slices.Contains(config.TLSModes, mode) {
		return configError("unknown TLS mode '%s'", mode)
	}
	if x.Mode = smtpclient.TLSMode(mode); dane.Is(mode) {
		p.dane = dane.Mode(mode)
	}
	x.Implicit = s.TLS.Implicit != nil && *s.TLS.Implicit
	x.SNI = pick(o.TLSSNI, s.TLS.SNI)
	x.VerifyHost = flag(o.TLSVerifyHost, s.TLS.VerifyHost)
	x.DefaultCA = flag(o.TLSDefaultCA, s.TLS.DefaultCA)
	x.VerifyNames = first(o.TLSVerifyName, s.TLS.VerifyNames)
	x.CAs = j.s.CAs
	if id := strings.TrimPrefix(pick(o.TLSClientCert, s.TLS.ClientCert), "pki:"); id != "" {
		cert, err := j.s.ClientCert(id)
		if err != nil {
			return configError("client certificate '%s' is not usable", id)
		}
		x.ClientCert = cert
	}
	var err error
	if x.MinVersion, x.MaxVersion, err = pki.Versions(pick(o.TLSProtocols, s.TLS.Protocols)); err != nil {
		return configError("%s", err)
	}
	if x.CipherSuites, err = pki.Suites(pick(o.TLSCiphers, s.TLS.Ciphers)); err != nil {
		return configError("%s", err)
	}
	return nil
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

// dialOptions are the options for one target. The error is one of DANE.
func (p *plan) dialOptions(ctx context.Context, t route.Target) (*smtpclient.Options, source, error) {
	o := p.options
	s, _ := p.source(t.IP)
	o.Local = s.ip
	if s.helo != "" {
		o.Helo = s.helo
	}
	o.TLS.Host = t.Name()
	if p.dane == "" {
		return &o, s, nil
	}
	policy, err := dane.Find(ctx, p.Resolver, t.Host, p.port, t.Secure, p.dane)
	if err == nil {
		policy.Apply(&o.TLS)
	}
	return &o, s, err
}

func (p *plan) addrPort(t route.Target) netip.AddrPort {
	return netip.AddrPortFrom(t.IP, uint16(p.port))
}

// Server returns the settings of a transport for scripts that talk to it without the
// queue. It implements part of smtp.Configuration.
func (s *Settings) Server(id, domain string) (*smtp.Server, bool) {
	j := &job{s: s, u: &spool.Unit{TransportID: id, Recipient: address.Address{Domain: domain}}}
	if j.transport() == nil {
		return nil, false
	}
	p, fail := j.plan(nil)
	if fail != nil {
		return nil, false
	}
	return &smtp.Server{Route: p.Route, Port: p.port, Options: p.options, CapturePeer: p.capture, DANE: p.dane, Bind: func(ip netip.Addr) (netip.Addr, string) {
		src, _ := p.source(ip)
		return src.ip, src.helo
	}}, true
}
