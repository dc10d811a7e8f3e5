package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// BenchmarkPickup is what a unit costs from ready to sent, scripts, network and disk
// left out, with 100,000 sub-queues parked on counters of their own.
func BenchmarkPickup(b *testing.B) {
	const parked = 100_000
	dir := b.TempDir()
	_ = os.Mkdir(filepath.Join(dir, "config"), 0o700)
	_ = os.WriteFile(filepath.Join(dir, "config", config.PolicyFile), []byte(`version: "6.10"
policies:
  - fields: [localip, recipientdomain]
    conditions: [{ if: { recipientdomain: "*.parked.test" }, then: { concurrency: 0 } }]
    default: { concurrency: 20, rate: 1000000/1 }
  - { fields: [tenantid], default: { rate: 100000000/1 } }
`), 0o600)
	c, diags := config.Load(dir, os.LookupEnv)
	if diags.Errors() {
		b.Fatal(diags)
	}
	e := policy.New()
	if err := e.Load(&policy.Config{Policies: c.Policies}); err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{}, 1<<20)
	s := &script{start: time.Now(), quiet: true}
	s.prepare = func(u *spool.Unit) (*queue.Ready, queue.Outcome) {
		r := ready(u)
		r.Sources = []policy.Source{{ID: "a", IP: netip.MustParseAddr("192.0.2.1")}, {ID: "b", IP: netip.MustParseAddr("192.0.2.2")}}
		return r, queue.Outcome{}
	}
	s.transmit = func(*spool.Unit, *queue.Ready, *policy.Lease, queue.Conn) (any, queue.Conn) {
		done <- struct{}{}
		return queue.Outcome{Action: queue.Delivered}, nil
	}
	store := &memory{units: map[string]spool.Unit{}}
	q := queue.New(store, s, queue.Options{Policies: e, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { _ = q.Run(ctx, context.Background()); close(ended) }()
	add := func(n int, domain string) {
		u := &spool.Unit{Transaction: "t", Queue: n, Received: time.Now()}
		u.Recipient.Domain = domain
		_ = store.Update(u)
		q.Add(u)
	}
	for n := range parked {
		add(n, fmt.Sprintf("d%d.parked.test", n))
	}
	for q.Stats().Parks < parked {
		runtime.Gosched()
	}
	b.ResetTimer()
	for n := range b.N {
		add(parked+n, fmt.Sprintf("d%d.test", n%1000))
	}
	for range b.N {
		<-done
	}
	b.StopTimer()
	stop()
	<-ended
	if st := q.Stats(); st.Active != parked {
		b.Errorf("%+v", st)
	}
}
