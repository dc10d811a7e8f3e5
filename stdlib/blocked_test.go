package stdlib_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// blocked is the number of scripts that wait at once in one function.
const blocked = 10_000

// step is how many of them begin before the servers have heard of those before: the system
// keeps some hundred queries that a busy server has not read, and loses more.
const step = 100

// silent is a UDP socket that answers nothing and counts what reaches it.
func silent(t *testing.T) (addr string, got *atomic.Int64) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.(*net.UDPConn).SetReadBuffer(8 << 20); err != nil {
		t.Fatal(err)
	}
	got = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := make([]byte, 2048); ; {
			if _, _, err := pc.ReadFrom(b); err != nil {
				return
			}
			got.Add(1)
		}
	}()
	t.Cleanup(func() {
		pc.Close()
		<-done
	})
	return pc.LocalAddr().String(), got
}

// atOnce is the number of HTTP requests that are on the way at the same time; the
// other scripts wait for their turn. Each end of a connection takes a descriptor here.
const atOnce = 2000

// accepting is a TCP server that reads requests and never answers; it counts them.
func accepting(t *testing.T) (addr string, got *atomic.Int64) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got = &atomic.Int64{}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer nc.Close()
				b := make([]byte, 1024)
				if n, _ := nc.Read(b); n > 0 {
					got.Add(1)
				}
				_, _ = nc.Read(b) // ends with the client
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		all.Wait()
	})
	return ln.Addr().String(), got
}

// prints counts what scripts print, from many at once.
type prints struct{ atomic.Int64 }

func (r *prints) Write(p []byte) (int, error) {
	r.Add(1)
	return len(p), nil
}

// TestBlocked lets ten thousand scripts wait in one function: all of them wait at the
// same time, and all end as soon as their session does, without a goroutine left.
func TestBlocked(t *testing.T) {
	addr, queries := silent(t)
	asleep := &atomic.Int64{}
	server, requests := accepting(t)
	resolver := dns.New(dns.Options{Servers: []string{addr}, Timeout: time.Hour})
	for _, c := range []struct {
		name, src string
		waiting   func() int
	}{
		{"sleep", "sleep(3600);", func() int { return int(asleep.Load()) }},
		{"http", `http("http://` + server + `/", ["timeout" => 3600]);`, func() int { return int(requests.Load()) * blocked / atOnce }},
		{"dns_query", `dns_query("n" . $n . ".test", ["timeout" => 3600]);`, func() int { return int(queries.Load()) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			root := &module.Root{FS: fstest.MapFS{}}
			set, diags := module.NewLoader(universe()).Build(t.Context(), &module.Roots{Files: root},
				[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(c.src + ` echo "not reached";`), Globals: []string{"n"}}})
			if set == nil {
				t.Fatal(diags.Err())
			}
			var out prints
			host := vm.DefaultHost(&out)
			sleep := host.Sleep
			host.Sleep = func(ctx context.Context, d time.Duration) error {
				asleep.Add(1)
				return sleep(ctx, d)
			}
			host.Services[dns.Service] = resolver
			client := web.New(web.Options{Concurrency: atOnce})
			host.Services[web.Service] = client
			ctx, end := context.WithCancel(t.Context())
			defer end()
			var all sync.WaitGroup
			wrong := make(chan error, blocked)
			started := time.Now()
			wait := func(n int) {
				for c.waiting() < n {
					if time.Since(started) > 3*time.Minute {
						t.Fatalf("only %d of %d wait", c.waiting(), n)
					}
					runtime.Gosched()
				}
			}
			for i := range blocked {
				if i%step == 0 {
					wait(i)
				}
				all.Go(func() {
					th := vm.New(set.Image("main"), host, vm.Limits{})
					th.SetGlobal("n", value.Str(strconv.Itoa(i)))
					_, err := th.Run(ctx)
					var stop *vm.CancelError
					if !errors.As(err, &stop) {
						wrong <- err
					}
				})
			}
			wait(blocked)
			begin := time.Now()
			start := begin.Sub(started)
			end()
			all.Wait()
			if d := time.Since(begin); d > 5*time.Second+3*start {
				t.Errorf("they ended after %s, to start took %s", d, start)
			}
			client.Close()
			close(wrong)
			for err := range wrong {
				t.Fatalf("one ended with %v", err)
			}
			if out.Load() > 0 {
				t.Error("one went on")
			}
			for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before+5; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
				}
			}
		})
	}
}
