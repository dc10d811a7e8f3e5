package policy_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// rig is an engine with the text of a policy file.
type rig struct {
	*policy.Engine
	t *testing.T
}

func newRig(t *testing.T, policies string) *rig {
	t.Helper()
	r := &rig{policy.New(), t}
	r.load(policies)
	return r
}

// load puts the text of policies and, behind a line ---, suspensions in force.
func (r *rig) load(policies string) {
	r.t.Helper()
	c := parse(r.t, policies)
	g, err := policy.NewGroupings(&c.App.Queues.Grouping, c.App.Lists)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.Load(&policy.Config{Policies: c.Policies, Suspends: c.Suspends, Lists: c.App.Lists, Groupings: g}); err != nil {
		r.t.Fatal(err)
	}
}

// waiter is a sub-queue to a domain from some sources.
func waiter(domain string, ips ...string) *policy.Waiter {
	w := &policy.Waiter{Facts: policy.Facts{
		RecipientDomain: domain, RemoteMX: "mx." + domain, RemoteIP: netip.MustParseAddr("192.0.2.1"), Grouping: domain,
	}}
	for _, ip := range ips {
		w.Sources = append(w.Sources, policy.Source{ID: "id" + ip, IP: netip.MustParseAddr(ip)})
	}
	if len(ips) == 0 {
		w.Sources = []policy.Source{{}}
	}
	return w
}

func (r *rig) take(w *policy.Waiter) *policy.Lease {
	r.t.Helper()
	l, _ := r.Acquire(w)
	if l == nil {
		r.t.Fatalf("no lease for %s", w.Facts.RecipientDomain)
	}
	return l
}

func (r *rig) refused(w *policy.Waiter) {
	r.t.Helper()
	if l, _ := r.Acquire(w); l != nil {
		r.t.Fatalf("a lease for %s", w.Facts.RecipientDomain)
	}
}

// woken returns who was woken after the clock was looked at.
func (r *rig) woken() []string {
	r.Tick(time.Now())
	var out []string
	for _, w := range r.Woken() {
		out = append(out, w.Facts.RecipientDomain)
	}
	return out
}

func (r *rig) want(what string, want, got any) {
	r.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		r.t.Errorf("%s (-want +got)\n%s", what, d)
	}
}

func TestConcurrency(t *testing.T) {
	r := newRig(t, `
policies:
  - { fields: [recipientdomain], default: { concurrency: 2 } }
  - { default: { concurrency: 3 } }`)
	a1, a2, a3, b1, b2, c := waiter("a.test"), waiter("a.test"), waiter("a.test"), waiter("b.test"), waiter("b.test"), waiter("c.test")
	l1 := r.take(a1)
	r.take(a2)
	r.refused(a3) // two for the domain
	l4 := r.take(b1)
	r.refused(b2) // three in all
	r.refused(c)
	r.want("woken without a reason", []string(nil), r.woken())
	r.Release(l4)
	r.want("the first that waits for the whole system", []string{"b.test"}, r.woken())
	r.refused(c) // promised to b.test
	r.take(b2)
	r.Release(l1)
	// A place of the domain and one of the system are free: a.test waits for the first,
	// c.test for the other. Only one of them can have both: who came first.
	r.want("both", []string{"a.test", "c.test"}, r.woken())
	l5 := r.take(a3)
	r.refused(c)
	r.Release(l5)
	r.want("next", []string{"c.test"}, r.woken())
	r.take(c)
}

func TestTokenBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
rate: { algorithm: tokenbucket }
policies:
  - { fields: [recipientdomain], default: { rate: 10/20 } }`)
		w := waiter("a.test")
		for range 10 {
			r.take(w)
		}
		start := time.Now()
		for n := range 5 {
			r.refused(w)
			r.want("too early", []string(nil), r.woken())
			time.Sleep(r.Tick(time.Now()).Sub(time.Now()))
			r.want("woken", []string{"a.test"}, r.woken())
			r.take(w)
			r.want("at", time.Duration(n+1)*2*time.Second, time.Since(start).Round(time.Millisecond))
		}
		time.Sleep(time.Hour)
		for range 10 {
			r.take(w)
		}
		r.refused(w)
	})
}

func TestFixedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { fields: [recipientdomain], default: { rate: 3/60 } }`)
		w := waiter("a.test")
		r.take(w)
		time.Sleep(50 * time.Second)
		r.take(w)
		r.take(w)
		r.refused(w)
		time.Sleep(10*time.Second - 1)
		r.want("too early", []string(nil), r.woken())
		time.Sleep(1)
		r.want("woken", []string{"a.test"}, r.woken())
		for range 3 {
			r.take(w)
		}
		r.refused(w)
	})
}

func TestConnectInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { fields: [localip], default: { connectinterval: 0.5 } }`)
		w := waiter("a.test", "192.0.2.10", "192.0.2.11")
		r.want("first source", "192.0.2.10", r.take(w).Source.IP.String())
		r.want("second source", "192.0.2.11", r.take(w).Source.IP.String())
		r.refused(w)
		time.Sleep(500*time.Millisecond - 1)
		r.want("too early", []string(nil), r.woken())
		time.Sleep(1)
		r.want("woken", []string{"a.test"}, r.woken())
		l := r.take(w)
		// A message on a connection that is there needs no new one.
		if !r.Again(l, w, &w.Facts) {
			t.Error("not again")
		}
	})
}

// TestOrder: who came first goes first, whatever others ask for in between.
func TestOrder(t *testing.T) {
	r := newRig(t, `
policies:
  - { default: { concurrency: 1 } }`)
	l := r.take(waiter("first.test"))
	var list []*policy.Waiter
	for i := range 5 {
		w := waiter(fmt.Sprintf("w%d.test", i))
		if i == 4 {
			w.Priority = 1
		}
		r.refused(w)
		list = append(list, w)
	}
	for _, want := range []int{4, 0, 1, 2, 3} {
		r.Release(l)
		r.refused(waiter("late.test"))
		r.want("woken", []string{list[want].Facts.RecipientDomain}, r.woken())
		l = r.take(list[want])
	}
}

// TestLeave: a promise to somebody who has gone is passed on.
func TestLeave(t *testing.T) {
	r := newRig(t, `
policies:
  - { default: { concurrency: 1 } }`)
	l := r.take(waiter("first.test"))
	a, b := waiter("a.test"), waiter("b.test")
	r.refused(a)
	r.refused(b)
	r.Release(l)
	r.Leave(a)
	r.want("woken", []string{"b.test"}, r.woken())
	r.take(b)
}

func TestSources(t *testing.T) {
	r := newRig(t, `
policies:
  - fields: [localip, recipientdomain]
    conditions:
      - { if: { localip: id192.0.2.12 }, then: { concurrency: 0 } }
    default: { concurrency: 1 }
---
suspends:
  - { localip: 192.0.2.10, recipientdomain: a.test, tag: blocked }
---
addresses:
  - { id: id192.0.2.12, address: 192.0.2.12 }`)
	w := waiter("a.test", "192.0.2.10", "192.0.2.11", "192.0.2.12")
	r.want("the one that is free", "192.0.2.11", r.take(w).Source.IP.String())
	r.refused(w)
	r.want("other domain", "192.0.2.10", r.take(waiter("b.test", "192.0.2.10", "192.0.2.11")).Source.IP.String())

	// In random order all get their share.
	x := waiter("c.test", "192.0.2.10", "192.0.2.11", "192.0.2.12")
	x.Random = true
	count := map[string]int{}
	for range 200 {
		l := r.take(x)
		count[l.Source.IP.String()]++
		r.Release(l)
	}
	if count["192.0.2.10"] < 50 || count["192.0.2.11"] < 50 || count["192.0.2.12"] != 0 {
		t.Errorf("%v", count)
	}
}

func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "policies: []")
		s := policy.Suspension{ID: "x", If: config.Match{{Field: "recipientdomain", Patterns: []string{"*.test"}}}, TTL: time.Minute}
		id, added, err := r.Suspend(s, true)
		r.want("new", []any{"x", true, error(nil)}, []any{id, added, err})
		w := waiter("a.test")
		r.refused(w)
		r.take(waiter("a.example"))
		s.ID, s.TTL = "y", 2*time.Minute
		id, added, _ = r.Suspend(s, true)
		r.want("the same again", []any{"x", false}, []any{id, added})
		time.Sleep(90 * time.Second)
		r.want("too early", []string(nil), r.woken())
		time.Sleep(31 * time.Second)
		r.want("ended", []string{"a.test"}, r.woken())
		r.take(w)
		s.TTL = 0
		_, _, _ = r.Suspend(s, true)
		r.refused(w)
		if !r.Resume("y") || r.Resume("y") {
			t.Error("Resume")
		}
		r.want("resumed", []string{"a.test"}, r.woken())
	})
}

func TestMove(t *testing.T) {
	r := newRig(t, `
policies:
  - { fields: [remoteip], default: { concurrency: 1 } }
  - { default: { concurrency: 2, rate: 3/60 } }`)
	w := waiter("a.test")
	l := r.take(w)
	other := w.Facts
	other.RemoteIP = netip.MustParseAddr("192.0.2.2")
	x := r.Beside(l, &other, policy.Source{})
	if x == nil {
		t.Fatal("no second connection")
	}
	if r.Beside(l, &other, policy.Source{}) != nil {
		t.Error("a third connection")
	}
	r.Swap(l, x)
	r.Release(x)
	r.take(w) // its place is free again
	if r.Move(l, &w.Facts, policy.Source{}) {
		t.Error("moved to a host without room")
	}
	third := w.Facts
	third.RemoteIP = netip.MustParseAddr("192.0.2.3")
	if !r.Move(l, &third, policy.Source{}) {
		t.Error("not moved")
	}
	r.Release(l)
	b := waiter("b.test")
	b.Facts.RemoteIP = netip.MustParseAddr("192.0.2.4")
	r.Release(r.take(b)) // the third message: what was beside the first and moved is none
	r.refused(b)
}

func TestIdle(t *testing.T) {
	r := newRig(t, `
policies:
  - { default: { concurrency: 1 } }`)
	a, b := waiter("a.test"), waiter("b.test")
	l := r.take(a)
	if r.Idle(l) {
		t.Error("nobody waits")
	}
	if _, evict := r.Acquire(b); evict != l {
		t.Error("the idle connection is in the way")
	}
	r.Release(l)
	r.want("woken", []string{"b.test"}, r.woken())
	l = r.take(b)
	r.refused(a)
	if r.Wanted(l, b, time.Hour) || !r.Wanted(l, b, -1) || r.Wanted(l, a, -1) {
		t.Error("Wanted")
	}
	if !r.Idle(l) {
		t.Error("somebody waits for it")
	}
}

// TestPromises: no more are woken than there is room for, and who was told in vain keeps
// the place that it had.
func TestPromises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
rate: { algorithm: tokenbucket }
policies:
  - { fields: [tenantid], default: { rate: 2/20 } }
  - { fields: [recipientdomain], conditions: [{ if: { recipientdomain: full.test }, then: { concurrency: 1 } }] }`)
		r.take(waiter("full.test"))
		r.take(waiter("a.test"))
		var list []*policy.Waiter
		for _, d := range []string{"w0.test", "full.test", "w2.test", "w3.test"} {
			w := waiter(d)
			r.refused(w)
			list = append(list, w)
			time.Sleep(time.Second)
		}
		time.Sleep(6*time.Second - 1)
		r.want("too early", []string(nil), r.woken())
		time.Sleep(1)
		r.want("one token", []string{"w0.test"}, r.woken())
		r.take(list[0])
		time.Sleep(10 * time.Second)
		r.want("the next", []string{"full.test"}, r.woken())
		r.refused(list[1]) // the domain is full: the token is for the next one
		r.want("passed on", []string{"w2.test"}, r.woken())
		r.take(list[2])
		r.refused(list[2])
		time.Sleep(10 * time.Second)
		r.want("who came before", []string{"w3.test"}, r.woken())
	})
}

// TestDivide: each of several hosts has its share of a limit, at least one connection, and
// never more messages than its part of the rate; who waits goes by the whole at once.
func TestDivide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { fields: [recipientdomain], conditions: [{ if: { recipientdomain: own.test }, then: { concurrency: 4, cluster: false } }, { if: { recipientdomain: rate.test }, then: { rate: 10/60 } }], default: { concurrency: 5 } }`)
		r.Divide(2)
		w, own, rate := waiter("a.test"), waiter("own.test"), waiter("rate.test")
		r.take(w)
		r.take(w)
		r.refused(w)
		for range 4 {
			r.take(own)
		}
		r.refused(own)
		for hosts, atOnce := range map[int]int{3: 3, 20: 1} { // 3 in 54 seconds, 1 in 120
			r.Divide(hosts)
			time.Sleep(time.Hour)
			n := 0
			for l, _ := r.Acquire(rate); l != nil; l, _ = r.Acquire(rate) {
				n++
			}
			r.want("at once", atOnce, n)
			for begin := time.Now(); time.Since(begin) < time.Hour; {
				if l, _ := r.Acquire(rate); l != nil {
					n++
					continue
				}
				time.Sleep(r.Tick(time.Now()).Sub(time.Now()))
			}
			if most := 600 / hosts; n > most+3 || n < most-3 {
				t.Errorf("%d hosts: %d messages in an hour, want %d", hosts, n, most)
			}
		}
		r.woken()
		r.refused(w)
		_, _, err := r.AddCondition(policy.Condition{Fields: []policy.Field{policy.RecipientDomain}, Then: config.PolicyAction{Concurrency: new(60)},
			If: config.Match{{Field: "recipientdomain", Patterns: []string{"a.test"}}}, TTL: time.Minute}, true)
		if err != nil {
			t.Fatal(err)
		}
		r.want("a condition", []string{"a.test"}, r.woken()) // 3 of 60
		r.take(w)
		r.refused(w)
		time.Sleep(time.Minute)
		r.Tick(time.Now())
		r.load(`
policies:
  - { fields: [recipientdomain], default: { concurrency: 5 } }`)
		r.woken()
		r.refused(w) // of another file too
		r.Divide(0)
		r.want("woken", []string{"a.test"}, r.woken())
		r.take(w)
	})
}
