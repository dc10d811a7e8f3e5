package mta

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// controlSocket opens the control socket.
func (s *Server) controlSocket(ctx context.Context, c *config.Config) (net.Listener, error) {
	x := &c.Smtpd.Environment.ControlSocket
	mode, err := strconv.ParseUint(x.Chmod, 8, 9)
	if err != nil {
		return nil, err // validation has found nothing
	}
	a := control.Address{Path: s.path(x.Path), Group: x.Group, Mode: fs.FileMode(mode), Host: x.Address, Port: x.Port}
	if a.Port != 0 && x.TLS.Server.Certificate != nil {
		if a.TLS, err = controlTLS(c); err != nil {
			return nil, err
		}
	}
	return control.Listen(ctx, a)
}

func controlTLS(c *config.Config) (*tls.Config, error) {
	x := &c.Smtpd.Environment.ControlSocket.TLS.Server
	cert, err1 := c.Read(x.Certificate)
	key, err2 := c.Read(x.PrivateKey)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	t := &tls.Config{Certificates: []tls.Certificate{pair}}
	if x.ClientCA != nil {
		ca, err := c.Read(x.ClientCA)
		if err != nil {
			return nil, err
		}
		t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !t.ClientCAs.AppendCertsFromPEM(ca) {
			return nil, errors.New("environment.controlsocket.tls.server.clientca has no certificate")
		}
	}
	return t, nil
}

// control returns what answers on the control socket.
func (s *Server) control() *control.Server {
	return &control.Server{
		Host: controlHost{s}, Queue: s.queue, Mail: controlMail{s}, Policies: s.policies, Shared: s.shared, Logger: s.o.Logger,
		Save: func() { _ = s.keeper.Save() }, // the log and the status tell
	}
}

// controlMail implements control.Mail.
type controlMail struct{ s *Server }

// Content implements control.Mail.
func (m controlMail) Content(u *spool.Unit) (message.Source, error) { return m.s.spool.Content(u) }

// Import implements control.Mail.
func (m controlMail) Import(ctx context.Context, content message.Source, u *spool.Unit) (string, error) {
	u.Transaction = m.s.newID()
	return u.Transaction, m.s.store(ctx, content, []*spool.Unit{u})
}

// controlHost implements control.Host.
type controlHost struct{ s *Server }

// Config implements control.Host.
func (h controlHost) Config() *config.Config { return h.s.current().config }

// Place implements control.Host.
func (h controlHost) Place(file, path string) string { return h.Config().Place(file, path) }

// Reload implements control.Host.
func (h controlHost) Reload(ctx context.Context, file string) string {
	diags, err := h.s.reload(ctx)
	if err != nil {
		return err.Error()
	}
	c := h.Config()
	var own diag.List
	for _, d := range diags {
		name := c.Name(d.Pos.File)
		if d.Severity == diag.Error && (name == file || file == config.AppFile && (name == "" || name == config.SmtpdFile)) {
			own = append(own, d)
		}
	}
	return h.s.diagnostics(own)
}

// Check implements control.Host: everything is loaded as another server would.
func (h controlHost) Check(ctx context.Context) (text string, ok bool) {
	other, diags, err := New(ctx, Options{Dir: h.s.o.Dir, Logger: slog.New(slog.DiscardHandler), Check: true, Beside: h.s})
	if err != nil {
		return err.Error(), false
	}
	if other != nil {
		other.Close()
	}
	return h.s.diagnostics(diags), other != nil
}

// diagnostics writes diagnostics with their files relative to the workspace.
func (s *Server) diagnostics(list diag.List) string {
	var b strings.Builder
	var out diag.List
	for _, d := range list {
		x := *d
		if rel, err := filepath.Rel(s.ws.Root, x.Pos.File); err == nil && filepath.IsAbs(x.Pos.File) {
			x.Pos.File = filepath.ToSlash(rel)
		}
		out = append(out, &x)
	}
	diag.Text(&b, out)
	return b.String()
}

// Grouping implements control.Host.
func (h controlHost) Grouping(f *policy.Facts) string { return h.s.current().settings.Groupings.Of(f) }

// Sources implements control.Host.
func (h controlHost) Sources(transport string) []policy.Source {
	d := h.s.current().settings
	t := d.Transports[transport]
	if t == nil {
		return nil
	}
	var ids []string
	x := &t.Connection.SourceIP
	for _, e := range x.Addresses {
		if list, ok := strings.CutPrefix(e.ID, "@"); ok {
			items, _ := d.Lists.Find("localip", list) // an unknown list is empty
			ids = append(ids, items...)
			continue
		}
		if ids = append(ids, e.ID); e.ID == "" {
			ids[len(ids)-1] = e.Address
		}
	}
	for _, family := range []*config.Source{x.IPv4, x.IPv6} {
		if family != nil {
			ids = append(ids, family.Addresses...)
		}
	}
	var out []policy.Source
	for _, id := range ids {
		out = append(out, h.Source(id)...)
	}
	return out
}

// Source implements control.Host.
func (h controlHost) Source(id string) []policy.Source {
	a, ok := h.Config().Source(id)
	if !ok {
		return nil
	}
	ip, err := netip.ParseAddr(a.Address)
	if err != nil {
		return nil
	}
	return []policy.Source{{ID: a.ID, IP: ip}}
}

// ReloadResolver implements control.Host: the settings are made anew, and with them a
// resolver that reads the servers of the system again.
func (h controlHost) ReloadResolver() error {
	s := h.s
	s.loading.Lock()
	defer s.loading.Unlock()
	st := *s.current()
	var err error
	if st.settings, err = s.settings(st.config, resolver(nil, st.config)); err != nil {
		return err
	}
	st.snapshot = s.snapshot(st.config, st.roots, st.snapshot.Set, st.settings)
	s.state.Store(&st)
	return nil
}

// Query implements control.Host.
func (h controlHost) Query(ctx context.Context, name, typ string) *dns.Answer {
	return h.s.current().settings.Resolver.Query(ctx, name, typ)
}

// ClearDNS implements control.Host.
func (h controlHost) ClearDNS() int { return h.s.current().settings.Resolver.Clear() }

// SetLogLevel implements control.Host.
func (h controlHost) SetLogLevel(l slog.Level) {
	if h.s.o.LogLevel != nil {
		h.s.o.LogLevel.Set(l)
	}
}

// Drain implements control.Host.
func (h controlHost) Drain() { h.s.endAccept() }

// Shutdown implements control.Host.
func (h controlHost) Shutdown() { h.s.end() }

// Scripts implements control.Host.
func (h controlHost) Scripts() *control.ScriptStatus {
	s := h.s
	st := s.current()
	set := st.snapshot.Set
	x := &control.ScriptStatus{
		Generation: set.Generation, Version: set.Version, Loaded: st.loaded.UTC().Truncate(time.Millisecond), Scripts: set.IDs(), Files: set.Files(),
	}
	if fault := s.fault.Load(); fault != nil {
		x.Error = strings.TrimRight(*fault, "\n")
	}
	return x
}

// Status implements control.Host.
func (h controlHost) Status() *control.Status {
	s := h.s
	q, p := s.queue.Stats(), s.policies.Stats()
	x := &control.Status{
		State: "running", Version: s.o.Version, PID: os.Getpid(), Hostname: s.current().settings.Hostname,
		Started: s.started.UTC().Truncate(time.Millisecond), Uptime: float64(time.Since(s.started).Milliseconds()) / 1000,
		Queue: control.QueueStatus{
			Active: q.Active, Defer: q.Deferred, Hold: q.Held, Sending: q.Sending, Working: q.Due + q.Working, Update: q.Updating,
			Delivered: q.Delivered, Delayed: q.Retried, Failed: q.Bounced,
		},
		Conditions: p.Conditions, Suspensions: p.Suspensions, Scripts: h.Scripts(), Servers: []control.ServerStatus{},
	}
	switch {
	case s.running.Err() != nil:
		x.State = "stopping"
	case s.accepting.Err() != nil:
		x.State = "draining"
	}
	if err := s.keeper.Err(); err != nil {
		x.Unsaved = err.Error()
	}
	if s.o.LogLevel != nil {
		x.LogLevel = strings.ToLower(s.o.LogLevel.Level().String())
	}
	for _, c := range s.current().config.Smtpd.Servers {
		v := control.ServerStatus{ID: c.ID, Listeners: s.listening[c.ID], Connections: s.servers[c.ID].Connections(nil)}
		if v.Listeners == nil {
			v.Listeners = []string{}
		}
		x.Servers = append(x.Servers, v)
	}
	for _, p := range s.spool.Status() {
		v := control.SpoolStatus{
			Path: p.Path, Weight: p.Weight, State: string(p.State), FreeBytes: p.FreeBytes, FreeInodes: p.FreeInodes, Units: p.Units,
		}
		if p.Err != nil {
			v.Error = p.Err.Error()
		}
		x.Spool = append(x.Spool, v)
	}
	return x
}
