package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/socket"
	"github.com/hawser-mta/hawser/stdlib/str"
	"github.com/hawser-mta/hawser/stdlib/types"
	"github.com/hawser-mta/hawser/stdlib/x509"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is a compiled script with its host.
type program struct {
	img    *vm.Image
	host   *vm.Host
	out    strings.Builder
	limits vm.Limits
	vars   map[string]value.Value
}

// compile prepares a script that sees $address and $port.
func compile(t testing.TB, src, address string, port int) *program {
	t.Helper()
	b := registry.New()
	types.Register(b)
	str.Register(b)
	x509.Register(b)
	socket.Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src), Globals: []string{"address", "port", "x"}}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	p := &program{img: set.Image("main"), vars: map[string]value.Value{"address": value.Str(address), "port": value.Int(port)}}
	p.host = vm.DefaultHost(&p.out)
	return p
}

func (p *program) run(ctx context.Context) error {
	thread := vm.New(p.img, p.host, p.limits)
	for k, v := range p.vars {
		thread.SetGlobal(k, v)
	}
	_, err := thread.Run(ctx)
	return err
}

// want runs the program and compares what it prints.
func (p *program) want(t testing.TB, lines ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := p.run(ctx); err != nil {
		t.Error(err)
	}
	if got, want := strings.TrimSuffix(p.out.String(), "\n"), strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// listen serves connections, each on its own, until the test ends.
func listen(t testing.TB, network, address string, serve func(net.Conn)) (string, int) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				serve(c)
				c.Close()
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close() // scripts leave theirs to the garbage collector
		}
		mu.Unlock()
		all.Wait()
	})
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.IP.String(), a.Port
	}
	return address, 0
}

// tcp is listen on the usual network.
func tcp(t testing.TB, serve func(net.Conn)) (string, int) {
	return listen(t, "tcp4", "127.0.0.1:0", serve)
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

// silent keeps a connection open without a word.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// cancelled runs the program, whose host has seen ready before it waits, and checks
// that the wait ends at once with the context.
func (p *program) cancelled(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	ready := make(chan struct{})
	p.host.Echo = func(*vm.Thread, string) { close(ready) }
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	<-ready
	begun := time.Now()
	cause := errors.New("client gone")
	cancel(cause)
	err := <-ended
	var c *vm.CancelError
	if !errors.As(err, &c) || !errors.Is(err, cause) {
		t.Errorf("ended with %v, want a cancellation", err)
	}
	if d := time.Since(begun); d > 20*time.Second {
		t.Errorf("took %s to end", d)
	}
}

func path(t testing.TB, name string) string { return filepath.Join(t.TempDir(), name) }
