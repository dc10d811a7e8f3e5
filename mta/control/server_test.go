package control

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/runtime/vm"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host has nothing but a state, and breaks down when it is asked for counters.
type host struct{ Host }

func (host) Status() *Status { return &Status{State: "running"} }
func (host) Stats() []Sample { panic("on purpose") }

// units is a queue with some.
type units struct {
	Queue
	changed queue.Change
}

func (u *units) Change(_ queue.Selection, c queue.Change) int { u.changed = c; return 7 }

// pipes is a listener whose connections are pipes, so that time can be virtual.
type pipes struct {
	c    chan net.Conn
	once sync.Once
	done chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.c:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// serve runs a server over pipes until the test ends.
func serve(t *testing.T, l Limits) (dial func() net.Conn, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ln := &pipes{c: make(chan net.Conn), done: make(chan struct{})}
	s := &Server{Host: host{}, Queue: &units{}, Shared: vm.NewShared(), Logger: slog.New(slog.DiscardHandler), Limits: l, Save: func() {}}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	return func() net.Conn {
			a, b := net.Pipe()
			ln.c <- b
			return a
		}, func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
}

// body is a command with its length.
func body(c byte, text string) string {
	return string(binary.LittleEndian.AppendUint64([]byte{c}, uint64(len(text)))) + text
}

// TestProtocol: what is sent, and everything that comes back until the connection ends
// or nothing more is sent.
func TestProtocol(t *testing.T) {
	status := body('+', `{"state":"running","version":"","pid":0,"hostname":"","started":"0001-01-01T00:00:00Z","uptime":0,"loglevel":"","servers":null,"spool":null,"queue":{"active":0,"defer":0,"hold":0,"sending":0,"working":0,"update":0,"delivered":0,"delayed":0,"failed":0},"conditions":0,"suspensions":0,"scripts":null}`)
	set, get := body('z', `{"key":"k","value":[1,"x"]}`), body('y', `{"key":"k"}`)
	long := binary.LittleEndian.AppendUint64([]byte{'y'}, maxBody+1)
	huge := binary.LittleEndian.AppendUint64([]byte{'y'}, 1<<63)
	for _, c := range []struct{ name, send, want string }{
		{"raw version", "\x05\x07m", status},
		{"version in digits", "57m", status},
		{"several commands", "57m" + set + get + "m", status + body('+', `{"affected":1}`) + body('+', `{"key":"k","value":[1,"x"]}`) + status},
		{"another version", "\x05\x08m", body('E', "got another version, want the version bytes 5 7")},
		{"mixed version", "5\x07m", body('E', "got another version, want the version bytes 5 7")},
		{"an HTTP client", "GET / HTTP/1.1\r\n\r\n", body('E', "got another version, want the version bytes 5 7")},
		{"unknown command", "57!m", body('E', `got command "!", want one of the table`)},
		{"too long", "57" + string(long) + "{}m", body('E', "got a body of 1048577 bytes, want 1048576 at most")},
		{"much too long", "57" + string(huge), body('E', "got a body of 9223372036854775808 bytes, want 1048576 at most")},
		{"garbage in a body", "57" + body('y', "\x00\xff") + "m", body('E', `not valid JSON at byte 1: invalid character '\x00' looking for beginning of value`) + status},
		{"cut JSON", "57" + body('y', `{"key":`) + "m", body('E', "not valid JSON: it ends too early") + status},
		{"no object", "57" + body('y', `3`) + "m", body('E', "got number, want an object") + status},
		{"wrong kind", "57" + body('y', `{"key":3}`) + "m", body('E', "field 'key': got number, want a string") + status},
		{"unknown field", "57" + body('y', `{"keys":"k"}`) + "m", body('E', "unknown field 'keys'") + status},
		{"two objects", "57" + body('y', `{}{}`) + "m", body('E', "got more than one JSON value, want one object") + status},
		{"no body", "57" + body('y', "") + "m", body('+', "[]") + status},
		{"later work", "57c" + body('c', "{}")[1:] + "bfm", strings.Repeat(body('E', "live staging is not available in this version"), 2) + body('E', "debugging by breakpoints is not available in this version") + status},
		{"a command that breaks down", "57qm", body('E', "the command broke down, the log says more") + status},
		{"a change of everything", "57" + body('G', `{"update":{"action":"delete"}}`), body('E', "got no conditions, want some or all: true")},
		{"a change that is meant", "57" + body('G', `{"all":true,"update":{"action":"delete"}}`), body('+', `{"affected":7}`)},
		{"an action with values", "57" + body('G', `{"all":true,"update":{"action":"hold","jobid":"x"}}`), body('E', "update: hold takes no values")},
		{"an end inside a length", "57y\x00\x00", ""},
		{"an end inside a body", "57" + body('y', "{}")[:10], ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, end := serve(t, Limits{})
				nc := dial()
				var got bytes.Buffer
				read := make(chan struct{})
				go func() {
					defer close(read)
					_, _ = io.Copy(&got, nc)
				}()
				_, _ = io.WriteString(nc, c.send) // it may have been refused
				synctest.Wait()
				nc.Close()
				<-read
				if diff := cmp.Diff(c.want, got.String()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				end()
			})
		})
	}
}

// TestSlow: who does not go on loses the connection, at the time that the limits say.
func TestSlow(t *testing.T) {
	l := Limits{Greeting: time.Second, Idle: time.Minute, Request: 2 * time.Second, Write: 3 * time.Second}
	for _, c := range []struct {
		name, send string
		want       time.Duration
	}{
		{"no version", "5", l.Greeting},
		{"no command", "57", l.Idle},
		{"no length", "57y\x01", l.Request},
		{"no body", "57" + body('y', "{}")[:10], l.Request},
		{"no reader", "57m", l.Write},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, end := serve(t, l)
				nc := dial()
				begin := time.Now()
				if _, err := io.WriteString(nc, c.send); err != nil {
					t.Fatal(err)
				}
				if c.name == "no reader" {
					time.Sleep(l.Write + time.Millisecond)
					if n, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
						t.Errorf("read %d, %v", n, err)
					}
					end()
					return
				}
				if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begin) != c.want {
					t.Errorf("%v after %s, want the end after %s", err, time.Since(begin), c.want)
				}
				end()
			})
		})
	}
}

// TestBounds: one connection too many is told so, and imports wait for nobody.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, end := serve(t, Limits{Connections: 4})
		var all []net.Conn
		for range 4 {
			nc := dial()
			all = append(all, nc)
			if _, err := io.WriteString(nc, "57"); err != nil {
				t.Fatal(err)
			}
		}
		many := dial()
		if b, _ := io.ReadAll(many); string(b) != body('E', "too many connections, come back later") {
			t.Errorf("%q", b)
		}
		big := string(binary.LittleEndian.AppendUint64([]byte{'E'}, maxBody+1))
		for i, nc := range all[:bigBodies+1] {
			if _, err := io.WriteString(nc, big); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if i == bigBodies {
				if b, _ := io.ReadAll(nc); string(b) != body('E', "too many imports at a time, try again later") {
					t.Errorf("%q", b)
				}
			}
		}
		all[0].Close()
		synctest.Wait()
		free := dial()
		if _, err := io.WriteString(free, "57m"); err != nil {
			t.Fatal(err)
		}
		if b := make([]byte, 1); true {
			if _, err := io.ReadFull(free, b); err != nil || b[0] != Success {
				t.Errorf("%q %v", b, err)
			}
		}
		for _, nc := range append(all, free) {
			nc.Close()
		}
		end()
	})
}

// TestEnd: the end of a server waits for no idle client.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, end := serve(t, Limits{})
		nc := dial()
		if _, err := io.WriteString(nc, "57"); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		end()
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %s", d)
		}
		nc.Close()
	})
}

// FuzzRequest: no input makes the parser panic, read past a request or take more
// memory than the input has.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{"m", "!", body('y', `{"key":"k"}`), body('F', `{"conditions":{"ages":[{"operator":"..","value":1,"to":2}]}}`), "y\xff\xff\xff\xff\xff\xff\xff\x7f", "E\x00\x00\x00\x0f\x00\x00\x00\x00x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		c, v, data, err := readRequest(r)
		if err != nil {
			return
		}
		used := len(in) - r.Len()
		if v == nil || c != Command(in[0]) || v.body && used != 9+len(data) || !v.body && used != 1 || cap(data) > 4*len(in)+8*bytes.MinRead {
			t.Fatalf("command %q, %d bytes used, body %d of capacity %d", in[0], used, len(data), cap(data))
		}
		var list ListQueue
		if c == 'F' && decode(data, &list) == nil {
			_, _ = list.Conditions.Filter(time.Unix(0, 0))
		}
		var add AddCondition
		if c == 'w' && decode(data, &add) == nil {
			_, _ = add.Then.config()
		}
		var up UpdateQueue
		if c == 'G' && decode(data, &up) == nil {
			_, _ = up.Update.change()
		}
	})
}
