package queue_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
	"pgregory.net/rapid"
)

// engine returns an engine with the text of a policy file.
func engine(t *testing.T, text string) *policy.Engine {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config", config.PolicyFile), []byte("version: \"6.10\"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(dir, os.LookupEnv)
	if diags.Errors() {
		t.Fatal(diags)
	}
	e := policy.New()
	if err := e.Load(&policy.Config{Policies: c.Policies}); err != nil {
		t.Fatal(err)
	}
	return e
}

// peer plays the receiving side: connections last as long as they are used or kept.
type peer struct {
	mu           sync.Mutex
	open, most   map[string]int
	opened       map[string]int
	got          map[string]int // by unit
	order        []string
	transactions int
	idle         time.Duration
	duration     time.Duration
}

func newPeer() *peer {
	return &peer{open: map[string]int{}, most: map[string]int{}, opened: map[string]int{}, got: map[string]int{}, transactions: 100, idle: 10 * time.Second}
}

// counts is what a peer has seen.
type counts struct {
	open, most, opened, got map[string]int
	order                   []string
}

func (p *peer) counts() counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return counts{maps.Clone(p.open), maps.Clone(p.most), maps.Clone(p.opened), maps.Clone(p.got), slices.Clone(p.order)}
}

type fakeConn struct {
	p      *peer
	domain string
	used   int
	closed bool
}

func (c *fakeConn) Reuse() string { return c.domain }

func (c *fakeConn) Remote(*policy.Facts) {}

func (c *fakeConn) Rest() (int, time.Duration, bool) {
	return c.p.transactions - c.used, c.p.idle, true
}

func (c *fakeConn) Alive() bool {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return !c.closed
}

func (c *fakeConn) Close() {
	time.Sleep(time.Millisecond) // QUIT
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.open[c.domain]--
	c.p.open[""]--
	c.closed = true
}

// transmit takes one message.
func (p *peer) transmit(u *spool.Unit, r *queue.Ready, _ *policy.Lease, c queue.Conn) (any, queue.Conn) {
	x, _ := c.(*fakeConn)
	d := u.Recipient.Domain
	p.mu.Lock()
	if x == nil {
		x = &fakeConn{p: p, domain: d}
		p.opened[d]++
		for _, k := range []string{d, ""} {
			p.open[k]++
			p.most[k] = max(p.most[k], p.open[k])
		}
	}
	x.used++
	p.got[u.ID()]++
	p.order = append(p.order, d)
	p.mu.Unlock()
	time.Sleep(p.duration)
	out := queue.Outcome{Action: queue.Delivered}
	return out, x
}

// pooled prepares units whose connections are kept.
func pooled(u *spool.Unit) (*queue.Ready, queue.Outcome) {
	r := ready(u)
	r.Reuse = u.Recipient.Domain
	r.Facts.RemoteIP = netip.MustParseAddr("192.0.2.1")
	return r, queue.Outcome{}
}

func (r *rig) mail(n int, domain string) {
	r.add(n, func(u *spool.Unit) { u.Recipient.Domain = domain })
}

func TestPooling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		p.duration, p.transactions = 100*time.Millisecond, 4
		r := start(t, queue.Options{Policies: engine(t, "policies: [{ fields: [recipientdomain], default: { concurrency: 1 } }]")}, nil)
		r.s.prepare, r.s.transmit = pooled, p.transmit
		for n := range 8 {
			r.mail(n+1, "a.test")
		}
		time.Sleep(5 * time.Second)
		if d := cmp.Diff(map[string]int{"a.test": 2}, p.counts().opened); d != "" {
			t.Errorf("opened (-want +got)\n%s", d)
		}
		r.mail(9, "a.test")
		r.mail(10, "a.test")
		time.Sleep(5 * time.Second)
		if d := cmp.Diff(map[string]int{"a.test": 3}, p.counts().opened); d != "" {
			t.Errorf("opened (-want +got)\n%s", d)
		}
		if n := p.counts().open["a.test"]; n != 1 {
			t.Errorf("%d open, want the idle one", n)
		}
		r.mail(11, "a.test") // on the idle one
		time.Sleep(11 * time.Second)
		s := r.q.Stats()
		if p.counts().opened["a.test"] != 3 || p.counts().open["a.test"] != 0 || s.Pool.Hits != 1 || s.Pool.Expired != 1 || s.Delivered != 11 {
			t.Errorf("opened %v, open %v, %+v", p.counts().opened, p.counts().open, s)
		}
		r.end(t)
	})
}

// TestPoolingGivesWay: an idle connection is closed for a sub-queue that needs its
// place, and a busy one lets others in after a second.
func TestPoolingGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		p.duration = 100 * time.Millisecond
		r := start(t, queue.Options{Policies: engine(t, "policies: [{ default: { concurrency: 1 } }]")}, nil)
		r.s.prepare, r.s.transmit = pooled, p.transmit
		r.mail(1, "a.test")
		time.Sleep(time.Second)
		r.mail(2, "b.test")
		time.Sleep(time.Second)
		if d := cmp.Diff(map[string]int{"a.test": 1, "b.test": 1}, p.counts().opened); d != "" || p.counts().most[""] != 1 {
			t.Errorf("most %d (-want +got)\n%s", p.counts().most[""], d)
		}
		for n := range 100 {
			r.mail(n+3, "a.test")
		}
		time.Sleep(50 * time.Millisecond)
		r.mail(200, "b.test")
		time.Sleep(20 * time.Second)
		at := 0
		for i, d := range p.counts().order {
			if d == "b.test" {
				at = i
			}
		}
		// Messages of a.test in the 1.05 s that b.test waits.
		if at < 10 || at > 15 || p.counts().most[""] != 1 {
			t.Errorf("b.test came %d., %d at once", at, p.counts().most[""])
		}
		r.end(t)
		if len(p.counts().got) != 103 {
			t.Errorf("%d units", len(p.counts().got))
		}
	})
}

// TestConnectionLimit: connections that are idle count as open ones. They make room for a
// destination that needs another one, and the limit can change at any time.
func TestConnectionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		p.duration, p.idle = 100*time.Millisecond, time.Hour
		var limit atomic.Int32
		limit.Store(3)
		r := start(t, queue.Options{Connections: func() int { return int(limit.Load()) }}, nil)
		r.s.prepare, r.s.transmit = pooled, p.transmit
		n := 0
		mail := func(domains int) {
			for i := range domains {
				n++
				r.mail(n, fmt.Sprintf("d%d.test", i))
			}
			time.Sleep(20 * time.Second)
			if got := r.q.Stats().Delivered; int(got) != n {
				t.Errorf("%d of %d are delivered", got, n)
			}
		}
		mail(3)
		mail(3)
		c := p.counts()
		if d := cmp.Diff(map[string]int{"d0.test": 1, "d1.test": 1, "d2.test": 1}, c.opened); d != "" {
			t.Errorf("opened (-want +got)\n%s", d)
		}
		mail(40)
		if c = p.counts(); c.most[""] != 3 || c.open[""] != 3 {
			t.Errorf("%d were open at once and %d are, want 3", c.most[""], c.open[""])
		}
		limit.Store(5)
		mail(40)
		if c = p.counts(); c.most[""] != 5 {
			t.Errorf("%d were open at once, want 5", c.most[""])
		}
		r.end(t)
	})
}

// TestPeerCloses: an idle connection that its peer has closed is given up within a second
// and keeps no place.
func TestPeerCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		p.idle = time.Hour
		r := start(t, queue.Options{}, nil)
		r.s.prepare = pooled
		var last *fakeConn
		r.s.transmit = func(u *spool.Unit, x *queue.Ready, l *policy.Lease, c queue.Conn) (any, queue.Conn) {
			result, left := p.transmit(u, x, l, c)
			last = left.(*fakeConn)
			return result, left
		}
		r.mail(1, "a.test")
		time.Sleep(time.Minute)
		if n := r.q.Stats().Pool.Size; n != 1 {
			t.Fatalf("%d are idle, want 1", n)
		}
		p.mu.Lock()
		last.closed = true
		p.mu.Unlock()
		time.Sleep(2 * time.Second)
		if s := r.q.Stats().Pool; s.Size != 0 || s.Expired != 1 {
			t.Errorf("%+v, want none idle and 1 expired", s)
		}
		r.end(t)
	})
}

// TestPoolingWaitsForRate: a connection stays while its sub-queue waits for a rate.
func TestPoolingWaitsForRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		r := start(t, queue.Options{Policies: engine(t, `policies: [{ fields: [recipientdomain], default: { concurrency: 1, rate: 2/5 } }]`)}, nil)
		r.s.prepare, r.s.transmit = pooled, p.transmit
		for n := range 10 {
			r.mail(n+1, "a.test")
		}
		begin := time.Now()
		for r.q.Stats().Delivered < 10 {
			time.Sleep(100 * time.Millisecond)
		}
		if d := time.Since(begin).Round(time.Second); p.counts().opened["a.test"] != 1 || d != 20*time.Second {
			t.Errorf("%d connections in %s, want 1 in 20s", p.counts().opened["a.test"], d)
		}
		r.end(t)
	})
}

// TestSuspended: a unit that may not go still ages, can be changed, and goes when it
// may.
func TestSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := policy.New()
		day := func() time.Duration { return 24 * time.Hour }
		r := start(t, queue.Options{Policies: e, MaxAge: day}, func(context.Context, *spool.Unit) queue.Outcome {
			return queue.Outcome{Action: queue.Delivered}
		})
		match := config.Match{{Field: "recipientdomain", Patterns: []string{"a.test"}}}
		_, _, _ = e.Suspend(policy.Suspension{ID: "s", If: match}, true)
		for n := 1; n <= 4; n++ {
			r.mail(n, "a.test")
		}
		time.Sleep(time.Hour)
		if s := r.q.Stats(); s.Active != 4 || s.SubQueues != 1 {
			t.Errorf("%+v", s)
		}
		only := func(n int) queue.Selection {
			return queue.Selection{Match: func(it *queue.Item) bool {
				return it.Queue == n && it.State == queue.Active && it.Facts.RecipientDomain == "a.test"
			}}
		}
		tenant := "b"
		if n := r.q.Change(only(1), queue.Change{Op: queue.OpDelete}) + r.q.Change(only(2), queue.Change{Op: queue.OpHold}) +
			r.q.Change(only(3), queue.Change{Op: queue.OpUpdate, Set: queue.Set{TenantID: &tenant, Metadata: map[string]string{"k": "v"}}}); n != 3 {
			t.Errorf("%d changed", n)
		}
		time.Sleep(time.Hour)
		if u := r.q.Find("t", 3); u.TenantID != "b" || u.Metadata["k"] != "v" {
			t.Errorf("%+v", u)
		}
		if s := r.q.Stats(); s.Active != 2 || s.Held != 1 || s.SubQueues != 2 {
			t.Errorf("%+v", s)
		}
		e.Resume("s")
		time.Sleep(time.Second)
		if s := r.q.Stats(); s.Delivered != 2 || s.SubQueues != 0 {
			t.Errorf("%+v", s)
		}
		_, _, _ = e.Suspend(policy.Suspension{ID: "s", If: match}, true)
		r.mail(5, "a.test")
		time.Sleep(25 * time.Hour)
		r.end(t)
		if s := r.q.Stats(); s.Bounced != 3 || s.SubQueues != 0 || s.Held != 0 { // the deleted one, the held one and the suspended one
			t.Errorf("%+v", s)
		}
	})
}

// TestEverythingArrives: under random policies and peers every unit is sent once, and
// the peer never sees more connections than it may.
func TestEverythingArrives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		domain := rapid.IntRange(1, 3).Draw(rt, "concurrency per domain")
		total := rapid.IntRange(1, 5).Draw(rt, "concurrency in all")
		count := rapid.IntRange(1, 20).Draw(rt, "rate")
		units := rapid.IntRange(1, 60).Draw(rt, "units")
		domains := rapid.IntRange(1, 6).Draw(rt, "domains")
		keep := rapid.IntRange(0, 3).Draw(rt, "seconds idle")
		transactions := rapid.IntRange(1, 10).Draw(rt, "transactions")
		duration := rapid.IntRange(1, 3000).Draw(rt, "milliseconds")
		connections := rapid.IntRange(1, 10).Draw(rt, "connections")
		synctest.Test(t, func(t *testing.T) {
			p := newPeer()
			p.duration, p.transactions, p.idle = time.Duration(duration)*time.Millisecond, transactions, time.Duration(keep)*time.Second
			r := start(t, queue.Options{Connections: most(connections), Policies: engine(t, fmt.Sprintf(`
policies:
  - { fields: [recipientdomain], default: { concurrency: %d, rate: %d/10 } }
  - { default: { concurrency: %d } }`, domain, count, total))}, nil)
			r.s.prepare, r.s.transmit = pooled, p.transmit
			for n := range units {
				r.mail(n+1, fmt.Sprintf("d%d.test", n%domains))
			}
			time.Sleep(time.Duration(units*(duration+1000)) * 3 * time.Millisecond)
			time.Sleep(time.Duration(units) * 10 * time.Second)
			r.end(t)
			if s := r.q.Stats(); int(s.Delivered) != units || s.SubQueues != 0 {
				rt.Fatalf("%d units: %+v", units, s)
			}
			for id, n := range p.counts().got {
				if n != 1 {
					rt.Fatalf("%s was sent %d times", id, n)
				}
			}
			for d, n := range p.counts().most {
				if d != "" && n > domain || n > total {
					rt.Fatalf("%d connections to '%s'", n, d)
				}
			}
			time.Sleep(time.Minute)
			if p.counts().open[""] != 0 {
				rt.Fatalf("%d connections are left open", p.counts().open[""])
			}
		})
	})
}
