package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// Server answers on control sockets. All fields are set before Serve.
type Server struct {
	Host     Host
	Queue    Queue
	Mail     Mail
	Policies Policies
	Shared   *vm.Shared
	Logger   *slog.Logger
	Limits   Limits
	// Save returns when the suspensions that were added are on stable storage, as far as
	// they can be.
	Save func()

	big chan struct{} // who may send a big body
}

// Limits bound what peers can take. Zero values mean the defaults.
type Limits struct {
	Connections int           // at a time; 32
	Greeting    time.Duration // for TLS and the version; 10 s
	Idle        time.Duration // between commands; 10 min
	Request     time.Duration // for the rest of a request, once it has begun; 30 s
	Import      time.Duration // likewise, of commands with a message; 10 min
	Write       time.Duration // for each piece of an answer; 30 s
}

func (l *Limits) defaults() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if l.Connections == 0 {
		l.Connections = 32
	}
	set(&l.Greeting, 10*time.Second)
	set(&l.Idle, 10*time.Minute)
	set(&l.Request, 30*time.Second)
	set(&l.Import, 10*time.Minute)
	set(&l.Write, 30*time.Second)
}

// bigBodies is how many bodies over maxBody are read at a time: each lies in memory.
const bigBodies = 2

// Serve answers connections until ctx ends. Then answers that are under way may end,
// and it returns when all commands have.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.Limits.defaults()
	s.big = make(chan struct{}, bigBodies)
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var running sync.WaitGroup
	defer running.Wait()
	places := make(chan struct{}, s.Limits.Connections)
	for {
		nc, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				nc.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("control socket: %w", err)
		case err != nil: // too many open files: it will be better
			s.Logger.Error("accept on the control socket", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		select {
		case places <- struct{}{}:
			running.Go(func() {
				defer func() { <-places }()
				s.serve(ctx, nc)
			})
		default:
			running.Go(func() {
				defer nc.Close()
				_ = s.answer(ctx, nc, Failure, []byte("too many connections, come back later"))
			})
		}
	}
}

// serve answers one connection.
func (s *Server) serve(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	defer context.AfterFunc(ctx, func() {
		_ = nc.SetReadDeadline(time.Now())
		_ = nc.SetWriteDeadline(time.Now().Add(lastAnswer))
	})()
	r := bufio.NewReader(nc)
	_ = nc.SetReadDeadline(time.Now().Add(s.Limits.Greeting))
	err := readVersion(r)
	if errors.Is(err, errVersion) {
		_ = s.answer(ctx, nc, Failure, []byte(err.Error()))
	}
	for err == nil && ctx.Err() == nil {
		err = s.command(ctx, nc, r)
	}
}

// lastAnswer is how long an answer may take when the server ends.
const lastAnswer = 2 * time.Second

// command reads and answers one command. An error ends the connection.
func (s *Server) command(ctx context.Context, nc net.Conn, r *bufio.Reader) error {
	_ = nc.SetReadDeadline(time.Now().Add(s.Limits.Idle))
	if ctx.Err() != nil { // the deadline came too late
		return ctx.Err()
	}
	if _, err := r.Peek(1); err != nil {
		return err
	}
	_ = nc.SetReadDeadline(time.Now().Add(s.Limits.Request))
	_, v, body, done, err := s.request(nc, r)
	defer done()
	var no *refusal
	if errors.As(err, &no) {
		_ = s.answer(ctx, nc, Failure, []byte(no.text))
	}
	if err != nil {
		return err
	}
	kind, data := s.run(ctx, v, body)
	return s.answer(ctx, nc, kind, data)
}

// request reads a request; a big body waits for its turn.
func (s *Server) request(nc net.Conn, r *bufio.Reader) (c Command, v *verb, body []byte, done func(), err error) {
	done = func() {}
	c, v, err = readCommand(r)
	if err != nil || !v.body {
		return c, v, nil, done, err
	}
	n, err := readLength(r, v.most())
	if err != nil {
		return c, v, nil, done, err
	}
	if n > maxBody {
		select {
		case s.big <- struct{}{}:
			done = func() { <-s.big }
		default:
			return c, v, nil, done, &refusal{"too many imports at a time, try again later"}
		}
		_ = nc.SetReadDeadline(time.Now().Add(s.Limits.Import))
	}
	body, err = readBody(r, n)
	return c, v, body, done, err
}

// run runs a command. A panic costs the answer, not the server.
func (s *Server) run(ctx context.Context, v *verb, body []byte) (kind byte, data []byte) {
	defer func() {
		if r := recover(); r != nil {
			s.Logger.Error("panic in a control command", "event", "control", "command", v.name, "err", r, "stack", string(debug.Stack()))
			kind, data = Failure, []byte("the command broke down, the log says more")
		}
	}()
	out, err := v.run(ctx, s, body)
	if err == nil {
		if data, err = json.Marshal(out); err == nil {
			return Success, data
		}
	}
	return Failure, []byte(err.Error())
}

// piece is how much of an answer has to go in one limit of time.
const piece = 256 << 10

func (s *Server) answer(ctx context.Context, nc net.Conn, kind byte, data []byte) error {
	data = append(header(kind, len(data)), data...)
	for len(data) > 0 {
		limit := s.Limits.Write
		if ctx.Err() != nil {
			limit = min(limit, lastAnswer)
		}
		_ = nc.SetWriteDeadline(time.Now().Add(limit))
		n, err := nc.Write(data[:min(piece, len(data))])
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// log notes a command that changed something.
func (s *Server) log(command string, args ...any) {
	s.Logger.Info("control", append([]any{"event", "control", "command", command}, args...)...)
}
