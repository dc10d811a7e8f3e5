package hook

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

type addressOf = address.Address

// Snapshot is one version of scripts and of what they need of the
// configuration. It never changes.
type Snapshot struct {
	Universe   *registry.Universe
	Set        *module.Set
	Hooks      map[string]Binding // by server id
	Transports map[string]bool
	Hostname   string
	Compat     bool // scripts may use legacy variables
	Limits     vm.Limits
	Host       *vm.Host
	Pools      Pools
}

// Binding says which script a server runs in each phase.
type Binding struct {
	IDs     map[Phase]string
	Domains map[string]string // rcptto: by recipient domain
}

// script returns the image of a phase, nil when none is configured.
func (s *Snapshot) script(p Phase, server, domain string) (*vm.Image, string) {
	if p == PreDelivery || p == PostDelivery {
		id := "queue/" + string(p)
		return s.Set.Image(id), id
	}
	b := s.Hooks[server]
	id := b.IDs[p]
	if p == RcptTo && domain != "" {
		if d, ok := b.Domains[address.ASCIIDomain(domain)]; ok {
			id = d
		}
	}
	if id == "" {
		return nil, ""
	}
	id = string(p) + "/" + id
	return s.Set.Image(id), id
}

// Runner runs hooks.
type Runner struct {
	Current func() *Snapshot
	Logger  *slog.Logger
	// Script, when set, takes what syslog() of scripts writes; Mask are the priorities
	// that it gets, as a mask of setlogmask(3), 0 all.
	Script *slog.Logger
	Mask   int
	// Submit stores one copy of a message that a script made and releases it; it
	// returns the new transaction.
	Submit func(ctx context.Context, src message.Source, q Queued) (transaction string, err error)
	// Reserve, when set, counts a copy of size bytes for its quotas until release is
	// called, which is when the queue counts it. The error names a quota that is full.
	Reserve func(quotas []string, size int64) (release func(), err error)
	// Vars, when set, may replace the value of a variable before the script runs.
	// Tests of scripts use it.
	Vars func(name string, v value.Value) value.Value

	counts counts
}

// set gives a script a variable.
func (r *Runner) set(t *vm.Thread, name string, v value.Value) {
	if r.Vars != nil {
		v = r.Vars(name, v)
	}
	t.SetGlobal(name, v)
}

// Context returns the $context of a connection.
func Context(c *Connection) value.Value {
	if s, ok := c.Script.(*connState); ok {
		return s.context
	}
	return value.None
}

// connState is what a connection keeps for its scripts.
type connState struct {
	snap    *Snapshot
	context value.Value
}

// Begin pins the current snapshot to a connection.
func (r *Runner) Begin(c *Connection) { c.Script = &connState{snap: r.Current(), context: value.None} }

// End drops what the connection kept.
func (r *Runner) End(c *Connection) { c.Script = nil }

func (r *Runner) connState(c *Connection) *connState {
	s, ok := c.Script.(*connState)
	if !ok {
		r.Begin(c)
		s = c.Script.(*connState)
	}
	return s
}

// Has reports whether a script is configured for a phase.
func (r *Runner) Has(p Phase, c *Connection) bool {
	s := r.connState(c)
	img, _ := s.snap.script(p, c.ServerID, "")
	return img != nil || p == RcptTo && len(s.snap.Hooks[c.ServerID].Domains) > 0
}

// Run runs an inbound hook.
func (r *Runner) Run(ctx context.Context, in *Input) Verdict {
	cs := r.connState(in.Conn)
	img, id := cs.snap.script(in.Phase, in.Conn.ServerID, in.Address.Domain)
	if img == nil {
		return cs.snap.unscripted(in)
	}
	x := &run{ctx: ctx, r: r, snap: cs.snap, phase: in.Phase, in: in, mail: value.None}
	t := vm.New(img, cs.snap.Host, cs.snap.Limits)
	t.Data = x
	if t.Uses("connection") {
		r.set(t, "connection", connectionVar(in))
	}
	if t.Uses("transaction") {
		r.set(t, "transaction", transactionVar(in))
	}
	r.set(t, "context", cs.context)
	args := argumentsVar(in)
	if in.Phase == EOD {
		m, _ := mail.Open(cs.snap.Universe, in.Mail)
		args.Array().SetStr("mail", m)
		x.mail = m
	}
	r.set(t, "arguments", args)
	if cs.snap.Compat {
		legacyInbound(in, t.SetGlobal)
	}
	err := r.counts.run(ctx, in.Conn.ServerID, in.Phase, x.snap.Pools.of(x, id), func() error { return x.execute(ctx, t) })
	cs.context = left(t, cs.context)
	v, ok := x.decision(id, err)
	t.Free()
	if !ok {
		v = x.fallback(err != nil)
	}
	if v.Action != Accept {
		Release(x.queued)
	}
	return v
}

// Release ends the reservations of copies.
func Release(copies []Queued) {
	for i := range copies {
		if f := copies[i].Reserved; f != nil {
			f()
		}
	}
}

// RunQueue runs a queue hook. The context is what predelivery leaves for
// postdelivery.
func (r *Runner) RunQueue(ctx context.Context, in *QueueInput) (Verdict, any) {
	snap := r.Current()
	x := &run{ctx: ctx, r: r, snap: snap, phase: in.Phase, queue: in, mail: value.None}
	action := map[Phase]Action{PreDelivery: Try, PostDelivery: Default}[in.Phase]
	img, id := snap.script(in.Phase, "", "")
	if img == nil {
		return Verdict{Action: action}, nil
	}
	t := vm.New(img, snap.Host, snap.Limits)
	t.Data = x
	if t.Uses("message") {
		r.set(t, "message", messageVar(in))
	}
	r.set(t, "arguments", queueArguments(in))
	before := value.None
	if v, ok := in.Context.(value.Value); ok {
		before = v
	}
	r.set(t, "context", before)
	if snap.Compat {
		legacyQueue(in, t.SetGlobal)
	}
	err := r.counts.run(ctx, "", in.Phase, x.snap.Pools.of(x, id), func() error { return x.execute(ctx, t) })
	v, ok := x.decision(id, err)
	switch {
	case ok:
	case err != nil && in.Phase == PreDelivery:
		d := duration(300)
		v = Verdict{Action: Queue, Scripted: true, Queue: &QueueOptions{Delay: &d, Reason: "script error"}}
	default:
		v = Verdict{Action: action, Scripted: true}
	}
	if x.metaSet {
		if v.Meta = x.meta; v.Meta == nil {
			v.Meta = map[string]string{}
		}
	}
	after := left(t, before)
	t.Free()
	return v, after
}

// execute runs the script.
func (x *run) execute(ctx context.Context, t *vm.Thread) error {
	if _, err := t.Run(ctx); err != nil {
		return err
	}
	return x.unended(t)
}

// decision returns what a script decided; a failure is logged.
func (x *run) decision(id string, err error) (Verdict, bool) {
	if term, ok := errors.AsType[*vm.Terminate](err); ok {
		v, ok := term.Decision.(Verdict)
		return v, ok
	}
	if err != nil {
		x.logError(id, err)
	}
	return Verdict{}, false
}

func (x *run) logError(id string, err error) {
	attrs := []any{"event", "script", "hook", string(x.phase), "script", id, "err", err.Error()}
	var thrown *vm.Thrown
	var limit *vm.LimitError
	var stack []vm.Frame
	switch {
	case errors.As(err, &thrown):
		stack = thrown.Stack
	case errors.As(err, &limit):
		stack = limit.Stack
	}
	if len(stack) > 0 {
		attrs = append(attrs, "position", stack[0].Pos.String())
		var lines []string
		for _, f := range stack {
			lines = append(lines, f.String())
		}
		attrs = append(attrs, "stack", strings.Join(lines, "; "))
	}
	x.r.Logger.Error("script error", append(attrs, x.ids()...)...)
}

// ids are the log attributes of what the run is about.
func (x *run) ids() []any {
	if x.in != nil {
		return []any{"session", x.in.Conn.ID, "transaction", x.in.Tx.ID, "remoteip", x.in.Conn.RemoteIP.String()}
	}
	return []any{"transaction", x.queue.Unit.Transaction, "queueid", x.queue.Unit.Queue}
}

// fallback is the action of a script that failed or did not decide (spec hooks
// 16).
func (x *run) fallback(failed bool) Verdict {
	action := Accept
	switch {
	case x.phase == Proxy && failed:
		return Verdict{Action: ReplyAction, Scripted: true, Disconnect: true,
			Reply: smtp.MakeReply(421, [3]int{4, 3, 0}, "Temporary failure, session "+x.in.Conn.ID)}
	case x.phase == Proxy || x.phase == Disconnect:
		return Verdict{Action: Pass, Scripted: true}
	case failed || x.phase == EOD:
		action = Defer
	case x.phase == Auth:
		action = Reject
	}
	v := Verdict{Action: action, Scripted: true, Disconnect: x.phase == Connect && action != Accept}
	v.Reply, _ = smtp.DefaultReply(string(x.phase), smtp.DefaultAction(action), x.snap.Hostname, x.in.Tx.ID)
	return v
}

// unscripted is what happens without a script (spec hooks 16).
func (s *Snapshot) unscripted(in *Input) Verdict {
	v := Verdict{Action: Accept}
	switch in.Phase {
	case Proxy, Disconnect:
		return Verdict{Action: Pass}
	case RcptTo:
		if in.TransportID == "" {
			v.Action = Reject
		}
	case EOD:
		for i, r := range in.Tx.Recipients {
			q := Queued{
				Number: i + 1, Sender: *in.Tx.Sender, Recipient: r.Address, TransportID: r.TransportID, Priority: in.Conn.Priority,
			}
			q.DSN = requested(in.Tx.SenderParams, r.Params)
			v.Queued = append(v.Queued, q)
		}
	}
	v.Reply, _ = smtp.DefaultReply(string(in.Phase), smtp.DefaultAction(v.Action), s.Hostname, in.Tx.ID)
	return v
}

// requested reads the DSN parameters of an envelope.
func requested(sender, rcpt smtp.Params) DSNRequest {
	var d DSNRequest
	if v, ok := sender.Get("RET"); ok {
		d.Ret = strings.ToUpper(v)
	}
	if v, ok := sender.Get("ENVID"); ok {
		d.EnvID, _ = smtp.DecodeXtext(v)
	}
	if v, ok := rcpt.Get("NOTIFY"); ok {
		d.Notify = strings.Split(strings.ToUpper(v), ",")
	}
	if v, ok := rcpt.Get("ORCPT"); ok {
		kind, addr, _ := strings.Cut(v, ";")
		addr, _ = smtp.DecodeXtext(addr)
		d.Orcpt = kind + ";" + addr
	}
	return d
}

// Echo and Log are what a Host prints to in the server.
func (r *Runner) Echo(t *vm.Thread, text string) {
	if x, ok := t.Data.(*run); ok {
		r.Logger.Debug(text, append([]any{"event", "script", "hook", string(x.phase)}, x.ids()...)...)
	}
}

// Log writes a syslog() record.
func (r *Runner) Log(t *vm.Thread, priority int, text string) {
	if r.Mask != 0 && r.Mask>>(priority&7)&1 == 0 {
		return
	}
	level := slog.LevelDebug
	switch p := priority & 7; {
	case p <= 3:
		level = slog.LevelError
	case p == 4:
		level = slog.LevelWarn
	case p <= 6:
		level = slog.LevelInfo
	}
	log := r.Logger
	if r.Script != nil {
		log = r.Script
	}
	log.Log(t.Context(), level, text, "event", "script", "hook", t.Hook())
}
