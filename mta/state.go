package mta

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/policy"
	scriptqueue "github.com/hawser-mta/hawser/mta/script/queue"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// state is one version of everything that can change while the server runs. It
// never changes itself.
type state struct {
	config   *config.Config
	snapshot *hook.Snapshot
	settings *delivery.Settings
	roots    *module.Roots
	certs    map[string]*tls.Certificate
	loaded   time.Time
}

// load reads configuration and scripts and makes a state. The list holds every fault
// and warning. With an error in it there is no state at start; later there is one of
// what can be taken over.
func (s *Server) load(ctx context.Context) (*state, diag.List) {
	old := s.current()
	c, diags := s.configuration(old)
	if c == nil {
		return nil, diags
	}
	scripts, more := s.ws.Scripts(c, s.extras, s.std)
	diags = append(diags, more...)
	s.loader.Compat = c.Smtpd.Scripting.Compat
	set, faults := s.loader.Build(ctx, scripts.Roots, scripts.Entries)
	diags = append(diags, faults...)
	certs, more := certificates(c)
	diags = append(diags, more...)
	st := &state{config: c, certs: certs, roots: scripts.Roots, loaded: time.Now()}
	if diags.Errors() {
		if old == nil {
			return nil, diags
		}
		st.config, st.certs, st.roots, set = live(old.config, config.PolicyFile, config.SuspendFile, config.DeliveryFile), old.certs, old.roots, old.snapshot.Set
	}
	var err error
	if st.settings, err = s.settings(st.config, resolver(old, st.config)); err != nil { // validation has found nothing
		x := c.Fault(config.PolicyFile, "version", "%s", err)
		return nil, append(diags, x)
	}
	st.snapshot = s.snapshot(st.config, st.roots, set, st.settings)
	return st, diags
}

// configuration reads the files. At start every fault counts; later a file that is
// broken keeps its running version.
func (s *Server) configuration(old *state) (*config.Config, diag.List) {
	c, diags := config.LoadWith(s.ws.Root, os.LookupEnv, s.made())
	if old == nil {
		if diags.Errors() {
			return nil, diags
		}
		return c, diags
	}
	if diags.Errors() {
		return live(old.config, config.AppFile, config.PolicyFile, config.SuspendFile, config.DeliveryFile), diags
	}
	for _, x := range config.Changes(old.config, c) {
		if x.File == config.SmtpdFile {
			x := c.Fault(x.File, x.Path, "the change counts from the next start")
			x.Severity = diag.Warning
			diags = append(diags, x)
		}
	}
	c.Smtpd = old.config.Smtpd
	return c, diags
}

// live takes those of some files over that are whole, each for itself.
func live(c *config.Config, files ...string) *config.Config {
	for _, name := range files {
		if now, diags := c.Reload(name, os.LookupEnv); !diags.Errors() {
			c = now
		}
	}
	return c
}

// current returns the running state, nil before the first.
func (s *Server) current() *state { return s.state.Load() }

// certificates loads the pairs that servers use.
func certificates(c *config.Config) (map[string]*tls.Certificate, diag.List) {
	var diags diag.List
	out := map[string]*tls.Certificate{}
	for i, s := range c.App.Servers {
		for _, id := range append([]string{s.TLS.Certs.Cert}, s.TLS.Certs.SNI...) {
			if id == "" || out[id] != nil {
				continue
			}
			cert, err := pair(c, id)
			if err != nil {
				diags = append(diags, c.Fault(config.AppFile, fmt.Sprintf("servers[%d].tls.certs", i), "certificate '%s' cannot be used: %s", id, err))
				continue
			}
			out[id] = cert
		}
	}
	return out, diags
}

func pair(c *config.Config, id string) (*tls.Certificate, error) {
	k := c.Key(id)
	if k == nil {
		return nil, fmt.Errorf("no entry '%s'", id)
	}
	key, err := c.Read(k.PrivateKey)
	if err != nil {
		return nil, err
	}
	cert, err := c.Read(k.Certificate)
	if err != nil {
		return nil, err
	}
	p, err := tls.X509KeyPair(cert, key)
	return &p, err
}

// resolver returns that of a state, or a new one when it is nil or the configuration wants
// another: a reload does not make the server forget what it has looked up.
func resolver(old *state, c *config.Config) *dns.Resolver {
	o := dns.Options{
		Servers: c.App.Resolver.Servers, Timeout: time.Duration(c.App.Resolver.Timeout), Retries: c.App.Resolver.Retries,
		CacheSize: c.App.Resolver.Cache.Size, NoDNSSEC: !or(c.App.Resolver.DNSSEC, true),
	}
	if old != nil && old.settings.Resolver.Is(o) {
		return old.settings.Resolver
	}
	return dns.New(o)
}

func (s *Server) settings(c *config.Config, r *dns.Resolver) (*delivery.Settings, error) {
	d := &delivery.Settings{
		Hostname: c.Hostname(), CAs: c.Authorities(), Transports: c.App.Transports(), Source: c.Source,
		ClientCert: func(id string) (*tls.Certificate, error) { return pair(c, id) },
		Resolver:   r, Lists: c.App.Lists, PoolPolicy: c.App.Queues.Pooling.Policy, Self: s.self, Routed: s.ways.To,
	}
	var err error
	if d.Groupings, err = policy.NewGroupings(&c.App.Queues.Grouping, c.App.Lists); err != nil {
		return nil, err
	}
	d.Overlay, err = delivery.NewOverlay(&c.Delivery, c.App.Lists)
	return d, err
}

func (s *Server) snapshot(c *config.Config, roots *module.Roots, set *module.Set, d *delivery.Settings) *hook.Snapshot {
	if s.http == nil {
		s.http = web.New(web.Options{
			Concurrency: c.Smtpd.HTTP.Concurrency,
			Log:         func(text string) { s.o.Logger.Error("background request", "event", "script", "text", text) },
			Resolver:    func() *net.Resolver { return s.current().settings.Resolver.Net() },
		})
	}
	if s.pools == nil {
		s.pools = newPools(&c.Smtpd)
	}
	host := vm.DefaultHost(nil)
	host.Echo, host.Log = s.hooks.Echo, s.hooks.Log
	host.Hostname, host.UUIDVersion = d.Hostname, c.Smtpd.Environment.UUID.Version
	host.FFI = c.Smtpd.Scripting.FFI
	host.Files, host.Keys, host.Addresses, host.Shared = roots, c, c, s.shared
	host.Services[dns.Service], host.Services[web.Service] = d.Resolver, s.http
	host.Services["txt"] = txtResolver{d.Resolver}
	host.Services[smtp.Service] = clientSettings{d}
	host.Services[scriptqueue.Service] = scriptQueue{s}
	host.Services[scriptqueue.ConnectionService] = scriptqueue.Connections(s.connections)
	return &hook.Snapshot{
		Compat:   c.Smtpd.Scripting.Compat,
		Universe: s.universe, Set: set, Hostname: d.Hostname, Host: host, Limits: hook.Limits(c),
		Transports: hook.TransportIDs(&c.App), Hooks: hook.Bindings(&c.App), Pools: s.pools.bind(c),
	}
}

// clientSettings implements smtp.Configuration.
type clientSettings struct{ d *delivery.Settings }

func (c clientSettings) Transport(id, domain string) (*smtp.Server, bool) {
	return c.d.Server(id, domain)
}

func (c clientSettings) Source(id string) (netip.Addr, string, bool) {
	a, ok := c.d.Source(id)
	ip, err := netip.ParseAddr(a.Address)
	return ip, a.Helo, ok && err == nil
}
