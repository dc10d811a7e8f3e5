package mta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/policy/keep"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/mta/smtpserver"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/reload"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/bundled"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// Options of a server.
type Options struct {
	Dir    string        // workspace
	Drain  time.Duration // for what is in flight when the server stops
	Logger *slog.Logger
	Ready  func() // called once all listeners accept
	// LogLevel is that of Logger, for who changes it while the server runs; nil: nobody can.
	LogLevel *slog.LevelVar
	Version  string // of the program
	Check    bool   // the server will not run: its plugins do not start
	// Beside is the running server that the files are checked for. No library is loaded
	// beside its plugins: it could end the process.
	Beside *Server
	// Reload makes the server load its files anew; nil: only the watcher does.
	Reload <-chan struct{}
}

// Server is the mail server.
type Server struct {
	o        Options
	ws       *workspace.Workspace
	universe *registry.Universe
	loader   *module.Loader
	extras   []*module.Root
	plugins  *plugin.Set
	lists    plugin.Lists   // of plugins
	early    *config.Config // that plugins start with
	std      *module.Root
	shared   *vm.Shared
	http     *web.Client // made by the first load
	pools    *pools      // likewise
	hooks    *hook.Runner
	spool    *spool.Spool
	queue    *queue.Queue
	policies *policy.Engine
	keeper   *keep.Keeper        // of suspensions that are added
	bound    []netip.AddrPort    // of the listeners, set before the first attempt
	own      map[netip.Addr]bool // addresses of the host
	ways     route.Ways
	servers  map[string]*smtpserver.Server // by id, set before the first connection

	loaded    atomic.Int64        // units that were read since the start
	listening map[string][]string // addresses by id of server, likewise
	started   time.Time

	running, accepting context.Context // the server is not stopping, the listeners are open
	end, endAccept     context.CancelFunc

	state   atomic.Pointer[state]
	loading sync.Mutex
	telling sync.Mutex             // plugins of what was loaded
	said    string                 // diagnostics of the last load
	refused bool                   // it failed
	fault   atomic.Pointer[string] // the same for readers, with files relative to the workspace
}

// Universe returns every function, class and variable of the server, and what
// more declares.
func Universe(more ...func(*registry.Builder)) *registry.Universe {
	b := registry.New()
	for _, register := range append([]func(*registry.Builder){stdlib.Register, script.Register, hook.Register}, more...) {
		register(b)
	}
	return b.Freeze()
}

// New opens a workspace and checks everything in it. The list holds every fault
// and warning; with an error in it, or an error besides, there is no server.
func New(ctx context.Context, o Options) (*Server, diag.List, error) {
	ws, err := workspace.Open(o.Dir)
	if err != nil {
		return nil, nil, err
	}
	u := Universe()
	s := &Server{o: o, ws: ws, universe: u, loader: module.NewLoader(u), shared: vm.NewShared(), started: time.Now(),
		policies: policy.New(), own: ownAddresses(), extras: []*module.Root{bundled.Extras()}}
	q := &quotas{
		bounds: func() []config.Quota { return s.current().config.App.Queues.Quotas },
		used:   func(name string) queue.Usage { return s.queue.Quota(name) }, reserved: map[string]queue.Usage{},
	}
	s.hooks = &hook.Runner{Current: func() *hook.Snapshot { return s.current().snapshot }, Logger: o.Logger, Submit: s.submitCopy, Reserve: q.reserve}
	warnings, err := s.plug()
	if err != nil || warnings.Errors() {
		s.Close()
		return nil, warnings, err
	}
	st, diags := s.load(ctx)
	diags = append(warnings, diags...)
	if st == nil {
		s.Close()
		return nil, diags, nil
	}
	if err := s.enforce(st, nil); err != nil {
		s.Close()
		return nil, diags, err
	}
	m := st.config.Smtpd.Environment.Syslog.Mask
	s.hooks.Script, s.hooks.Mask = s.hooks.Logger, m
	s.o.Logger = mask(o.Logger, m)
	s.hooks.Logger = s.o.Logger
	s.state.Store(st)
	s.relist() // plugins run already
	return s, diags, nil
}

// Close frees a server that did not run.
func (s *Server) Close() {
	s.plugins.EarlyCleanup()
	s.plugins.Cleanup()
	if s.http != nil {
		s.http.Close()
	}
	s.ws.Close()
}

// newID returns a connection or transaction id.
func (s *Server) newID() string {
	if s.current().config.Smtpd.Environment.UUID.Version == 1 {
		if id, err := uuid.NewUUID(); err == nil {
			return id.String()
		}
	}
	return uuid.NewString()
}

// reload loads the files anew. A file that is broken keeps its running version, and so
// do scripts that do not compile, with the configuration that names them. The list holds
// every fault and warning; after an error besides, everything stays.
func (s *Server) reload(ctx context.Context) (diag.List, error) {
	diags, changed, err := s.reloadFiles(ctx)
	if changed {
		// Outside of the lock, because plugins may want lists to be reloaded. Whoever is last
		// tells what is last.
		s.telling.Lock()
		defer s.telling.Unlock()
		c := s.current().config
		s.plugins.Reload(func(id string) config.Tree { return liveTree(c, id) })
	}
	return diags, err
}

func (s *Server) reloadFiles(ctx context.Context) (diags diag.List, changed bool, err error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	if err := s.ws.Refresh(); err != nil {
		s.o.Logger.Error("reload", "event", "config", "err", err)
		return nil, false, err
	}
	old := s.current()
	st, diags := s.load(ctx)
	var text strings.Builder
	diag.Text(&text, diags)
	failed := st == nil || diags.Errors()
	recovered := !failed && s.refused
	if said := text.String(); said != s.said {
		switch s.said = said; {
		case failed:
			s.o.Logger.Error("reload failed, the running version stays", "event", "config", "action", "refused", "errors", "\n"+said)
		case said != "":
			s.o.Logger.Warn("reload", "event", "config", "errors", "\n"+said)
		}
	}
	s.refused = failed
	s.fault.Store(nil)
	if failed {
		s.fault.Store(new(s.diagnostics(diags)))
	}
	if st == nil || !recovered && st.snapshot.Set == old.snapshot.Set && sameLive(st.config, old.config) {
		return diags, false, nil
	}
	if err := s.enforce(st, old); err != nil {
		s.o.Logger.Error("reload failed, the running version stays", "event", "config", "action", "refused", "err", err)
		return diags, false, err
	}
	s.state.Store(st)
	s.o.Logger.Info("reloaded", "event", "config", "action", "reloaded", "version", st.snapshot.Set.Version, "generation", st.snapshot.Set.Generation)
	return diags, true, nil
}

// Run serves until ctx ends, then drains: listeners close, sessions end after
// their command, running deliveries finish, as far as Drain allows.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	s.running, s.end = context.WithCancel(ctx)
	defer s.end()
	s.accepting, s.endAccept = context.WithCancel(s.running)
	defer s.endAccept()
	c := s.current().config
	listeners, err := s.listen(c)
	if err != nil {
		return err
	}
	socket, err := s.controlSocket(ctx, c)
	if err == nil {
		if err = s.open(c); err == nil {
			err = s.serve(listeners, socket)
			_ = s.keeper.Save() // the log tells
			return errors.Join(err, s.spool.Close())
		}
		socket.Close()
	}
	for _, l := range listeners {
		l.Close()
	}
	return err
}

// serve runs everything that runs. Each stage ends before the next one is told
// to, so that nothing feeds what has stopped already.
func (s *Server) serve(listeners []listener, socket net.Listener) error {
	stop, cut := context.WithCancel(context.Background())
	defer cut()
	dispatch, endDispatch := context.WithCancel(context.Background())
	defer endDispatch()
	orders, endOrders := context.WithCancel(context.Background())
	defer endOrders()
	errs := make(chan error, len(listeners)+5)
	var servers, queueDone, helpers, operators sync.WaitGroup
	start := func(wg *sync.WaitGroup, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil {
				errs <- err
				s.end()
			}
		})
	}
	start(&queueDone, func() error { return s.queue.Run(dispatch, stop) })
	for _, l := range listeners {
		start(&servers, func() error { return l.server.Serve(s.accepting, stop, l.Listener, l.implicit) })
	}
	start(&operators, func() error { return s.control().Serve(orders, socket) })
	start(&operators, func() error { return s.keeper.Run(orders) })
	w := &reload.Watcher{
		Dirs: []string{filepath.Join(s.ws.Root, "hooks"), filepath.Join(s.ws.Root, "files"), filepath.Join(s.ws.Root, "config"), filepath.Join(s.ws.Root, "plugins")},
		// What is wrong stands in the log and in the status.
		Build: func(ctx context.Context) { _, _ = s.reload(ctx) }, Now: s.o.Reload, Logger: s.o.Logger,
	}
	start(&helpers, func() error { return w.Run(s.running) })
	start(&helpers, func() error {
		s.recover(s.running)
		return nil
	})
	s.plugins.Ready()
	if s.o.Ready != nil {
		s.o.Ready()
	}
	<-s.running.Done()
	s.plugins.EarlyCleanup()
	timer := time.AfterFunc(s.o.Drain, cut)
	defer timer.Stop()
	s.o.Logger.Info("draining", "event", "stop", "limit", s.o.Drain.String())
	servers.Wait()
	endDispatch()
	queueDone.Wait()
	helpers.Wait()
	endOrders()
	operators.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// recover schedules the units of the spool, while mail is accepted.
func (s *Server) recover(ctx context.Context) {
	begin := time.Now()
	err := s.spool.Recover(func(some []*spool.Unit) error {
		s.queue.Add(some...)
		s.loaded.Add(int64(len(some)))
		return ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		s.o.Logger.Error("read spool", "event", "spool", "err", err)
	}
	s.o.Logger.Info("the spool is read", "event", "spool", "units", s.loaded.Load(), "duration", time.Since(begin).String())
}

// listener is a bound address and the server behind it.
type listener struct {
	net.Listener
	server   *smtpserver.Server
	implicit bool
}

// listen binds every address, all or none.
func (s *Server) listen(c *config.Config) ([]listener, error) {
	var out []listener
	s.servers, s.listening = map[string]*smtpserver.Server{}, map[string][]string{}
	for _, x := range c.Smtpd.Servers {
		srv := &smtpserver.Server{
			Options: func() *smtpserver.Options { return s.serverOptions(x.ID) }, Hooks: s.hooks, Enqueuer: s, Resolver: clientNames{s},
			NewID: s.newID, Logger: s.o.Logger,
		}
		s.servers[x.ID] = srv
		for _, l := range x.Listeners {
			addr := net.JoinHostPort(l.Address, fmt.Sprint(l.Port))
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				for _, o := range out {
					o.Close()
				}
				return nil, fmt.Errorf("server %s: cannot listen on %s: %s", x.ID, addr, cause(err))
			}
			if a, ok := ln.Addr().(*net.TCPAddr); ok {
				s.bound = append(s.bound, a.AddrPort())
				s.listening[x.ID] = append(s.listening[x.ID], a.AddrPort().String())
			}
			out = append(out, listener{ln, srv, s.implicit(c, x.ID, l.ID)})
		}
	}
	return out, nil
}

// connections implements server_concurrency().
func (s *Server) connections(id string, from netip.Prefix) (int, bool) {
	srv := s.servers[id]
	if srv == nil {
		return 0, false
	}
	if !from.IsValid() {
		return srv.Connections(nil), true
	}
	return srv.Connections(func(ip netip.Addr) bool { return from.Contains(ip.Unmap()) }), true
}

// cause words why an address cannot be bound.
func cause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

func (s *Server) implicit(c *config.Config, server, id string) bool {
	for _, x := range c.App.Servers {
		if x.ID != server {
			continue
		}
		if x.TLS.Implicit.All {
			return true
		}
		for _, l := range x.TLS.Implicit.Listeners {
			if l == id && id != "" {
				return true
			}
		}
	}
	return false
}

// Process returns the settings that belong to the process: umask in octal, and
// the number of open files, 0 to leave it.
func (s *Server) Process() (umask string, files int) {
	e := &s.current().config.Smtpd.Environment
	return e.Umask, e.Rlimit.NoFile
}
