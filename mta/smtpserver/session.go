package smtpserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
)

var (
	errDraining = errors.New("the server is shutting down")
	errClose    = errors.New("closed by a reply")
)

// session is one connection.
type session struct {
	srv  *Server
	o    *Options
	w    *wire
	ctx  context.Context
	log  *slog.Logger
	conn *hook.Connection
	tx   *hook.Transaction
	in   hook.Input // of mailfrom, rcptto and eod, used again and again

	enabled  map[string]bool // extensions, built-in and announced by script
	announce []string
	esmtp    bool
	utf8     bool // the transaction asked for SMTPUTF8
	body     *spill
	bdat     *content
	messages int
	errors   int
	proxy    bool // run the proxy hook for the next command
	close    hook.Close
}

// maxErrors is how many bad commands a client has.
const maxErrors = 10

func (srv *Server) serveConn(drain, stop context.Context, nc net.Conn, implicit bool) {
	o := srv.Options()
	begin := time.Now()
	ctx, cancel := context.WithCancel(stop)
	defer cancel()
	cut := context.AfterFunc(stop, func() { nc.Close() })
	defer cut()
	end := time.Time{}
	if o.SessionTimeout > 0 {
		end = begin.Add(o.SessionTimeout)
		var done context.CancelFunc
		ctx, done = context.WithDeadline(ctx, end)
		defer done()
	}
	s := &session{srv: srv, o: o, ctx: ctx, w: newWire(nc, drain, end)}
	defer nc.Close()
	defer s.w.stop()
	c := &hook.Connection{ID: srv.NewID(), ServerID: o.ID}
	c.RemoteIP, c.RemotePort = addrPort(nc.RemoteAddr())
	c.LocalIP, c.LocalPort = addrPort(nc.LocalAddr())
	s.conn = c
	s.log = srv.Logger.With("session", c.ID, "remoteip", c.RemoteIP.String())
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("panic in a session", "err", r, "stack", string(debug.Stack()))
		}
	}()
	leave, ok := srv.enter(c.RemoteIP, o)
	if !ok {
		s.reply(smtp.MakeReply(421, [3]int{4, 7, 0}, "Too many connections"))
		s.w.bw.Flush()
		return
	}
	defer leave()
	srv.Hooks.Begin(c)
	defer srv.Hooks.End(c)
	s.newTransaction()
	err := s.run(implicit)
	s.finish(err)
	s.log.Info("disconnect", "event", "disconnect", "serverid", o.ID, "reason", s.close.Error,
		"local", s.close.Local, "duration", time.Since(begin).Seconds(), "in", s.w.in, "out", s.w.out)
}

// run speaks with the client until either side ends it.
func (s *session) run(implicit bool) error {
	if implicit && s.o.TLS != nil {
		if err := s.handshake(); err != nil {
			return err
		}
	}
	if err := s.greet(); err != nil {
		return err
	}
	s.proxy = s.srv.Hooks.Has(hook.Proxy, s.conn)
	for {
		line, err := s.w.line(s.o.IdleTimeout)
		if err != nil {
			if err = s.readFailed(err); err != nil {
				return err
			}
			continue
		}
		if s.o.Verbose {
			s.log.Info("smtp", "line", "C: "+redact(string(line)))
		}
		if err := s.command(line); err != nil {
			return err
		}
	}
}

// redact hides what follows AUTH.
func redact(line string) string {
	if len(line) >= 4 && strings.EqualFold(line[:4], "AUTH") {
		return "AUTH ***"
	}
	return line
}

// readFailed answers what ended the reading of a command; nil: the next one is read.
func (s *session) readFailed(err error) error {
	var ne net.Error
	switch {
	case errors.Is(err, errDraining):
		return s.bye(smtp.MakeReply(421, [3]int{4, 3, 2}, s.o.Hostname+" is shutting down"), "")
	case errors.Is(err, smtp.ErrLineTooLong) && !errors.Is(err, io.ErrUnexpectedEOF):
		return s.fault(smtp.MakeReply(500, [3]int{5, 5, 2}, "Line too long"))
	case errors.As(err, &ne) && ne.Timeout():
		s.close.Error = "time-out"
		return s.bye(smtp.MakeReply(421, [3]int{4, 4, 2}, s.o.Hostname+" timed out waiting for you"), "")
	}
	return err
}

// greet runs the connect hook and sends the banner.
func (s *session) greet() error {
	in := &hook.Input{Phase: hook.Connect, Conn: s.conn, Tx: s.tx}
	if s.o.ClientNames && s.srv.Resolver != nil && s.conn.RemoteIP.IsValid() {
		name, ok, result := s.srv.Resolver.ClientName(s.ctx, s.conn.RemoteIP)
		if ok {
			s.conn.RemotePTR = name
		}
		in.PTRResult = result
	}
	s.log.Info("connect", "event", "connect", "serverid", s.o.ID, "remoteptr", s.conn.RemotePTR, "localip", s.conn.LocalIP.String())
	v := s.srv.Hooks.Run(s.ctx, in)
	if v.RemoteIP.IsValid() {
		s.conn.RemoteIP = v.RemoteIP
	}
	if v.RemotePTR != nil {
		s.conn.RemotePTR = *v.RemotePTR
	}
	if v.Priority != nil {
		s.conn.Priority = *v.Priority
	}
	if v.Action != hook.Accept {
		return s.bye(v.Reply, smtp.StateBanner)
	}
	return s.reply(v.Reply)
}

// newTransaction begins with a fresh id.
func (s *session) newTransaction() {
	s.tx = &hook.Transaction{ID: s.srv.NewID()}
	s.utf8 = false
	s.forget()
	s.bdat = nil
}

// forget frees the content of the transaction. $context may hold it.
func (s *session) forget() {
	if s.body != nil {
		s.body.Close(!hook.Context(s.conn).IsNone())
		s.body = nil
	}
}

// hook runs a hook of a transaction.
func (s *session) hook(in hook.Input) hook.Verdict {
	in.Conn, in.Tx = s.conn, s.tx
	s.in = in
	defer func() { s.in = hook.Input{} }()
	return s.srv.Hooks.Run(s.ctx, &s.in)
}

// finish runs the disconnect hook.
func (s *session) finish(err error) {
	switch {
	case errors.Is(err, errClose):
		s.close.Local = true
	case err != nil && !errors.Is(err, io.EOF):
		s.close.Error = reason(err)
		s.close.Type = errorKind(err)
		var errno syscall.Errno
		if errors.As(err, &errno) {
			s.close.Code = int(errno)
		}
	}
	s.w.bw.Flush()
	s.forget()
	// The client may be gone and the server stopping: the hook still has its
	// time limit.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Minute)
	defer cancel()
	s.srv.Hooks.Run(ctx, &hook.Input{Phase: hook.Disconnect, Conn: s.conn, Tx: &hook.Transaction{}, Close: s.close})
}

// reason words an error of the connection without addresses.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// reply queues a reply.
func (s *session) reply(r smtp.Reply) error {
	b := smtp.AppendReply(s.w.bw.AvailableBuffer(), r)
	if s.o.Verbose {
		s.log.Info("smtp", "line", "S: "+strings.TrimRight(string(b), "\r\n"))
	}
	_, err := s.w.bw.Write(b)
	return err
}

// decide queues the reply of a verdict and logs what refuses.
func (s *session) decide(p hook.Phase, v hook.Verdict) error {
	if !v.Reply.Positive() && v.Reply.Code != 334 {
		s.refused(p, v.Reply)
	}
	if v.Disconnect {
		return s.bye(v.Reply, strings.ToUpper(string(p)))
	}
	return s.reply(v.Reply)
}

func (s *session) refused(p hook.Phase, r smtp.Reply) {
	s.log.Info("reply", "event", "reply", "transaction", s.tx.ID, "hook", string(p), "code", r.Code,
		"enhanced", smtp.FormatEnhanced(r.Enhanced), "reason", strings.Join(r.Lines, " "))
}

// bye sends a last reply; state names the command it answers.
func (s *session) bye(r smtp.Reply, state string) error {
	s.close.Reply, s.close.State = &r, state
	if err := s.reply(r); err != nil {
		return err
	}
	if err := s.w.bw.Flush(); err != nil {
		return err
	}
	return errClose
}

// fault answers a bad command; too many of them end the session.
func (s *session) fault(r smtp.Reply) error {
	if s.errors++; s.errors >= maxErrors {
		return s.bye(smtp.MakeReply(421, [3]int{4, 7, 0}, "Too many errors"), "")
	}
	return s.reply(r)
}
