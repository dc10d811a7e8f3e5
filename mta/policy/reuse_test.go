package policy_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
)

// TestPromisesEnd: of waiters that need places of the same two counters, woken by one or by
// the other, the first to come gets both, and nobody is woken again and again.
func TestPromisesEnd(t *testing.T) {
	r := newRig(t, `
policies:
  - { default: { concurrency: 2 } }
  - { fields: [recipientdomain], default: { concurrency: 1 } }`)
	l := r.take(waiter("a.test"))
	first, second, third, fourth := waiter("a.test"), waiter("a.test"), waiter("a.test"), waiter("a.test")
	r.refused(first) // these wait for the domain
	r.refused(second)
	r.take(waiter("b.test"))
	r.refused(third) // and these for the whole system
	r.refused(fourth)
	r.Release(l)
	asked := 0
	for woken := r.Woken(); len(woken) > 0; woken = r.Woken() {
		for _, w := range woken {
			l, _ := r.Acquire(w)
			if (l != nil) != (w == first) {
				t.Fatalf("the lease %v is not for the first", l)
			}
			if asked++; asked > 10 {
				t.Fatal("there is no end to waking")
			}
		}
	}
	if asked < 2 {
		t.Errorf("%d were woken, want one of each kind at least", asked)
	}
}

// TestKept: an idle connection goes on; where a rate keeps it from that, another source
// may have room, and else it waits with the waiter, which does not evict it.
func TestKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { fields: [localip], default: { concurrency: 1, rate: 2/10 } }`)
		w := waiter("a.test", "192.0.2.10", "192.0.2.11")
		kept := func(list ...*policy.Lease) (out []policy.Kept) {
			for _, l := range list {
				out = append(out, policy.Kept{Lease: l, Facts: &w.Facts})
			}
			return out
		}
		idle := func(l *policy.Lease) {
			t.Helper()
			if r.Idle(l) {
				t.Error("somebody wants the place of an idle lease")
			}
		}
		one := r.take(w)
		idle(one)
		if l, _ := r.Acquire(w, kept(one)...); l != one {
			t.Errorf("got %+v, want the kept one", l)
		}
		idle(one)
		two, evict := r.Acquire(w, kept(one)...)
		if two == nil || evict != nil || two.Source.IP.String() != "192.0.2.11" {
			t.Fatalf("got %+v and %v, want one of the other source", two, evict)
		}
		idle(two)
		if l := r.Reuse(w, kept(one, two)...); l != two {
			t.Errorf("got %+v, want the second", l)
		}
		idle(two)
		if l, evict := r.Acquire(w, kept(one, two)...); l != nil || evict != nil {
			t.Errorf("got %+v and %+v, want neither", l, evict)
		}
		if l, evict := r.Acquire(waiter("b.test", "192.0.2.11")); l != nil || evict != two {
			t.Errorf("got %+v and %+v, want the place of the second for somebody else", l, evict)
		}
		r.want("too early", []string(nil), r.woken())
		time.Sleep(10 * time.Second)
		r.want("woken", []string{"a.test"}, r.woken())
		if l, _ := r.Acquire(w, kept(one, two)...); l != one {
			t.Errorf("got %+v, want the first", l)
		}
	})
}

// TestRefund: a message that was not tried counts for no rate, and who waits for it is
// woken; the place of its connection is given back with the lease.
func TestRefund(t *testing.T) {
	for _, algorithm := range []string{"fixedwindow", "tokenbucket"} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fmt.Sprintf(`
rate: { algorithm: %s }
policies:
  - { fields: [recipientdomain], default: { rate: 2/60, concurrency: 4 } }`, algorithm))
			w := waiter("a.test")
			r.take(w)
			l := r.take(w)
			r.refused(w)
			r.want("before", []string(nil), r.woken())
			r.Refund(l)
			r.want("after", []string{"a.test"}, r.woken())
			r.take(w)
			r.refused(w)
			r.Release(l)
			r.want("released", []string(nil), r.woken()) // it is the rate that it waits for
			r.Refund(l)
			r.want("released before", []string(nil), r.woken())
			time.Sleep(time.Hour) // a new window, a full bucket: nothing to give back
			r.Refund(r.take(w))
			r.take(w)
			r.Tick(time.Now())
			if l, _ := r.Acquire(w); l != nil {
				t.Errorf("%s: a fifth connection", algorithm)
			}
		})
	}
}
