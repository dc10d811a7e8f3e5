package hooktest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/checks"
)

// Service is the key of the *Workspace in the services of a host.
const Service = "hooktest"

// Register declares the function behind run_hook.
func Register(b *registry.Builder) {
	b.Func(sig.New(checks.Prefix+"hook(hook: string, id: any, options: array) -> array", "Runs a hook.",
		sig.Opt("arguments: array", "keys of $arguments"), sig.Opt("connection: array", "keys of $connection"),
		sig.Opt("transaction: array", "keys of $transaction"), sig.Opt("message: array", "keys of $message"),
		sig.Opt("context: any", "$context"), sig.Opt("mail: string", "the message"), sig.Opt("metadata: array", "of the queued message")), runHook)
}

// session is one call of run_hook.
type session struct {
	w      *Workspace
	t      *vm.Thread // of the test
	test   *checks.Case
	phase  hook.Phase
	o      *registry.Options
	snap   *hook.Snapshot
	given  map[string]*value.Array // variables of the options
	mail   message.Source
	object value.Value // $arguments["mail"] of the run
	logs   []string
	failed string // script error with its place
	queued []hook.Queued
	copies []message.Source // of queued, when made outside eod
}

// variables are the options that are variables of hooks.
var variables = []string{"arguments", "connection", "transaction", "message"}

func runHook(t *vm.Thread, a []value.Value) (value.Value, error) {
	w, _ := t.Host().Services[Service].(*Workspace)
	c, _ := t.Host().Services[checks.Service].(*checks.Case)
	if w == nil || c == nil {
		return value.None, errors.New("this script is a test, run it with 'hsl test'")
	}
	phase := hook.Phase(a[0].Str())
	if !slices.Contains(hook.Phases, phase) {
		return value.None, fmt.Errorf("run_hook(): no hook is named '%.40s'", phase)
	}
	if err := w.Load(); err != nil {
		return value.None, fmt.Errorf("run_hook(): %w", err)
	}
	id := ""
	if a[1].IsString() {
		id = a[1].Str()
	}
	if err := w.find(phase, id); err != nil {
		return value.None, fmt.Errorf("run_hook(): %w", err)
	}
	s := &session{w: w, t: t, test: c, phase: phase, o: registry.OptionsAt("run_hook", a, 2), given: map[string]*value.Array{}}
	for _, name := range variables {
		s.given[name] = s.o.Array(name)
	}
	if err := s.message(); err != nil {
		return value.None, err
	}
	if err := s.o.Err(); err != nil {
		return value.None, err
	}
	s.snap = s.snapshot()
	c.Decision = nil
	var result value.Value
	var err error
	if phase == hook.PreDelivery || phase == hook.PostDelivery {
		result, err = s.runQueue()
	} else {
		result, err = s.runInbound(id)
	}
	if c.Ended != nil { // an assertion inside a mock
		return value.None, &vm.Terminate{Decision: c.Ended}
	}
	return result, err
}

// snapshot is what the server would run with; clock, files and library functions
// are those of the test.
func (s *session) snapshot() *hook.Snapshot {
	c := s.w.config
	host := *s.t.Host()
	host.Echo = func(_ *vm.Thread, text string) { s.logs = append(s.logs, text) }
	host.Hostname, host.UUIDVersion = c.Hostname(), c.Smtpd.Environment.UUID.Version
	host.Files, host.Keys = s.w.roots, c
	return &hook.Snapshot{
		Universe: s.w.Universe, Compat: s.w.Loader.Compat, Set: s.w.set, Hostname: host.Hostname, Host: &host,
		Limits: hook.Limits(c), Transports: hook.TransportIDs(&c.App), Hooks: hook.Bindings(&c.App),
	}
}

// runner runs hooks for the test.
func (s *session) runner() *hook.Runner {
	return &hook.Runner{
		Current: func() *hook.Snapshot { return s.snap },
		Logger:  slog.New(errorCatcher{s}),
		Submit: func(_ context.Context, src message.Source, q hook.Queued) (string, error) {
			q.Number = 1
			s.queued = append(s.queued, q)
			s.copies = append(s.copies, src)
			return uuid.NewString(), nil
		},
		Vars: s.variable,
	}
}

// variable lays the keys that the test gives over those of the server.
func (s *session) variable(name string, v value.Value) value.Value {
	if name == "context" {
		if x, ok := s.o.Get(name); ok {
			return x.Freeze()
		}
		return v
	}
	if given := s.given[name]; given != nil {
		merged := v.Array().Clone()
		for k, x := range given.All() {
			merged.Set(k, x.Freeze())
		}
		v = value.FromArray(merged)
	}
	if name == "arguments" {
		s.object = v.Array().GetStr("mail")
	}
	return v
}

// errorCatcher is a log that keeps the script error of the run.
type errorCatcher struct{ s *session }

// Enabled implements slog.Handler.
func (errorCatcher) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (e errorCatcher) Handle(_ context.Context, r slog.Record) error {
	text, position := "", ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "err":
			text = a.Value.String()
		case "position":
			position = a.Value.String() + ": "
		}
		return true
	})
	if r.Message == "script error" && e.s.failed == "" {
		e.s.failed = position + text
		e.s.t.Host().Echo(e.s.t, "hook "+string(e.s.phase)+": script error: "+e.s.failed)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (e errorCatcher) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup implements slog.Handler.
func (e errorCatcher) WithGroup(string) slog.Handler { return e }
