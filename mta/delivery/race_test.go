package delivery

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/runtest"
)

// TestRace: addresses that do not answer are passed over one after the other, beside
// them as many as policies let and no more.
func TestRace(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	good := ln.Addr().(*net.TCPAddr).AddrPort()
	group := make([]target, 3)
	for i, s := range []string{"127.0.0.2", "127.0.0.3"} {
		group[i].IP = netip.MustParseAddr(s)
		runtest.Stalled(t, netip.AddrPortFrom(group[i].IP, good.Port()))
	}
	group[2].IP = good.Addr()
	for _, c := range []struct {
		name          string
		limit         int
		patience      time.Duration // of one connection
		least, longer time.Duration // of the race
	}{
		{"room for all", 3, time.Minute, 2 * stagger, time.Minute},
		{"room for two", 2, 2 * time.Second, 2 * time.Second, time.Minute},
		{"room for one", 1, time.Second, 2 * time.Second, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, w := racer(t, c.limit)
			a.p = &plan{port: int(good.Port()), options: smtpclient.Options{ConnectTimeout: c.patience}}
			open := func() int { return a.policies().Explain(w)[0].Open }
			most := watch(t, open)
			begin := time.Now()
			won, err := a.race(t.Context(), group, true)
			took := time.Since(begin)
			if err != nil {
				t.Fatal(err)
			}
			won.nc.Close()
			if won.target.IP != good.Addr() || took < c.least || took >= c.longer {
				t.Errorf("%s after %s, want %s after %s at least", won.target.IP, took, good.Addr(), c.least)
			}
			for open() > 1 { // until the others are given up
				if time.Since(begin) > 2*time.Minute {
					t.Fatalf("%d places are still taken", open())
				}
			}
			a.policies().Release(a.lease)
			if n := open(); n != 0 {
				t.Errorf("%d places are taken at the end", n)
			}
			if n := most(); n > c.limit || n < min(c.limit, 2) { // the third may be open too shortly to be seen
				t.Errorf("%d connections at once, want %d", n, c.limit)
			}
		})
	}
}

// racer is an attempt that has a lease for its first address, at a policy with a limit
// of connections at once; the waiter asks that policy.
func racer(t *testing.T, limit int) (*attempt, *policy.Waiter) {
	t.Helper()
	e := policy.New()
	p := config.Policies{Policies: []config.Policy{{Fields: []config.PolicyField{{Name: "transportid"}}, Default: &config.PolicyAction{Concurrency: &limit}}}}
	if err := e.Load(&policy.Config{Policies: p}); err != nil {
		t.Fatal(err)
	}
	u := &spool.Unit{TransportID: "out"}
	a := &attempt{j: &job{Deliverer: &Deliverer{Policies: e}, s: &Settings{}, u: u, used: u}}
	w := &policy.Waiter{Facts: policy.Facts{TransportID: "out"}, Sources: []policy.Source{{}}}
	if a.lease, _ = e.Acquire(w); a.lease == nil {
		t.Fatal("no lease")
	}
	return a, w
}

// watch looks at a number again and again; the function returned ends it and tells the
// highest.
func watch(t *testing.T, f func() int) func() int {
	ctx, cancel := context.WithCancel(t.Context())
	highest := make(chan int, 1)
	go func() {
		most := 0
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, f())
			select {
			case <-tick.C:
			case <-ctx.Done():
				highest <- most
				return
			}
		}
	}()
	return func() int { cancel(); return <-highest }
}

// TestRacePlace: an address that has failed gives its place back at once, although the
// next one is still waited for.
func TestRacePlace(t *testing.T) {
	t.Parallel()
	first, second := netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")
	gone := &early{TB: t}
	port := runtest.Stalled(gone, netip.AddrPortFrom(first, 0))
	runtest.Stalled(t, netip.AddrPortFrom(second, uint16(port)))
	a, w := racer(t, 2)
	a.p = &plan{port: port, options: smtpclient.Options{ConnectTimeout: time.Hour}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := func() int { return a.policies().Explain(w)[0].Open }
	seen := func(n int) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); open() != n; {
			if time.Now().After(end) {
				t.Fatalf("%d places are taken, want %d", open(), n)
			}
		}
	}
	done := make(chan error)
	go func() {
		_, err := a.race(ctx, []target{{IP: first}, {IP: second}}, true)
		done <- err
	}()
	seen(2)
	gone.end() // which refuses the next packet
	seen(1)
	select {
	case err := <-done:
		t.Fatalf("the race has ended: %v", err)
	default:
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("somebody answered")
	}
	a.policies().Release(a.lease)
	seen(0)
}

// early lets a test clean up before its end.
type early struct {
	testing.TB
	f []func()
}

// Cleanup implements testing.TB.
func (e *early) Cleanup(f func()) { e.f = append(e.f, f) }

func (e *early) end() {
	for _, f := range e.f {
		f()
	}
}
