package mta

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"reflect"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/hook"
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
	certs    map[string]*tls.Certificate
}

// Load reads configuration and scripts and makes a state. The list holds every
// fault and warning; with an error in it there is no state.
func (s *Server) load(ctx context.Context) (*state, diag.List) {
	c, diags := config.Load(s.ws.Root, os.LookupEnv)
	if diags.Errors() {
		return nil, diags
	}
	if old := s.current(); old != nil && !reflect.DeepEqual(old.config.Smtpd, c.Smtpd) {
		x := c.Fault(config.SmtpdFile, "version", "the file has changed and counts from the next start")
		x.Severity = diag.Warning
		diags = append(diags, x)
		c.Smtpd = old.config.Smtpd
	}
	scripts, more := s.ws.Scripts(c, s.extras, s.std)
	diags = append(diags, more...)
	s.loader.Compat = c.Smtpd.Scripting.Compat
	set, more := s.loader.Build(ctx, scripts.Roots, scripts.Entries)
	diags = append(diags, more...)
	certs, more := certificates(c)
	diags = append(diags, more...)
	if diags.Errors() {
		return nil, diags
	}
	st := &state{config: c, certs: certs}
	st.settings = s.settings(c, st)
	st.snapshot = s.snapshot(c, scripts.Roots, set, st.settings)
	return st, diags
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

func (s *Server) settings(c *config.Config, st *state) *delivery.Settings {
	d := &delivery.Settings{
		Hostname: c.Hostname(), CAs: c.Authorities(), Transports: c.App.Transports(), Source: c.Source,
		ClientCert: func(id string) (*tls.Certificate, error) { return pair(c, id) },
		Resolver: dns.New(dns.Options{
			Servers: c.App.Resolver.Servers, Timeout: time.Duration(c.App.Resolver.Timeout), Retries: c.App.Resolver.Retries,
			CacheSize: c.App.Resolver.Cache.Size,
		}),
	}
	return d
}

func (s *Server) snapshot(c *config.Config, roots *module.Roots, set *module.Set, d *delivery.Settings) *hook.Snapshot {
	if s.http == nil {
		s.http = web.New(web.Options{
			Concurrency: c.Smtpd.HTTP.Concurrency,
			Resolver:    func() *net.Resolver { return s.current().settings.Resolver.Net() },
		})
	}
	host := vm.DefaultHost(nil)
	host.Echo, host.Log = s.hooks.Echo, s.hooks.Log
	host.Hostname, host.UUIDVersion = d.Hostname, c.Smtpd.Environment.UUID.Version
	host.FFI = c.Smtpd.Scripting.FFI
	host.Files, host.Keys, host.Addresses, host.Shared = roots, c, c, s.shared
	host.Services[dns.Service], host.Services[web.Service] = d.Resolver, s.http
	host.Services["txt"] = txtResolver{d.Resolver}
	host.Services[smtp.Service] = clientSettings{d}
	host.Services[scriptqueue.ConnectionService] = scriptqueue.Connections(s.connections)
	return &hook.Snapshot{
		Compat:   c.Smtpd.Scripting.Compat,
		Universe: s.universe, Set: set, Hostname: d.Hostname, Host: host, Limits: hook.Limits(c),
		Transports: hook.TransportIDs(&c.App), Hooks: hook.Bindings(&c.App),
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
