package policy_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// TestReloadOrder: which condition is the newest is the same after a reload.
func TestReloadOrder(t *testing.T) {
	t.Parallel()
	const text = "policies: [{ fields: [tenantid, recipientdomain] }]"
	r := newRig(t, text)
	const n = 40
	for i := range n {
		c := condition(fmt.Sprint(i), i, fmt.Sprintf("/^a.test|%d/", i))
		if _, _, err := r.AddCondition(c, true); err != nil {
			t.Fatal(err)
		}
	}
	w := waiter("a.test")
	r.want("the newest", n-1, r.limit(w))
	r.load(text + "\nrate: { algorithm: tokenbucket }")
	r.want("the newest after a reload", n-1, r.limit(w))
}

// TestDynamicAlgorithm: a rate that a dynamic condition adds is counted as the file says
// for all rates, unless the action that it changes says otherwise.
func TestDynamicAlgorithm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		want       bool
	}{
		{"no static action", "policies: [{ fields: [tenantid, recipientdomain] }]\nrate: { algorithm: tokenbucket }", true},
		{"one without a rate", "policies: [{ fields: [tenantid, recipientdomain], default: { concurrency: 9 } }]\nrate: { algorithm: tokenbucket }", true},
		{"one of its own", "policies: [{ fields: [tenantid, recipientdomain], default: { rate: 9/1, algorithm: fixedwindow } }]\nrate: { algorithm: tokenbucket }", false},
		{"the default", "policies: [{ fields: [tenantid, recipientdomain] }]", false},
		{"another default", "policies: [{ fields: [tenantid, recipientdomain], default: { algorithm: tokenbucket } }]", true},
	} {
		r := newRig(t, c.file)
		d := condition("d", 9, "a.test")
		d.Then = config.PolicyAction{Rate: &config.Rate{Count: 2, Interval: time.Minute}}
		if _, _, err := r.AddCondition(d, true); err != nil {
			t.Fatal(err)
		}
		if v := r.Explain(waiter("a.test")); len(v) != 1 || v[0].TokenBucket != c.want || v[0].Rate.Count != 2 {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// TestSuspendChanged: what an equal suspension does not give stays, and one with the same
// id suspends what it was changed to.
func TestSuspendChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "policies: []")
		s := policy.Suspension{ID: "x", Tag: "storm", If: config.Match{{Field: "recipientdomain", Patterns: []string{"a.test"}}}, TTL: time.Minute}
		_, _, _ = r.Suspend(s, true)
		s.ID, s.Tag, s.TTL = "y", "", time.Hour
		_, _, _ = r.Suspend(s, true)
		list := r.Suspensions()
		r.want("the tag and the new ttl", []any{"x", "storm", time.Hour}, []any{list[0].ID, list[0].Tag, list[0].Left()})
		a, b := waiter("a.test"), waiter("b.test")
		r.refused(a)
		s.ID, s.If[0].Patterns = "x", []string{"b.test"}
		id, added, err := r.Suspend(s, true)
		r.want("changed", []any{"x", false, error(nil)}, []any{id, added, err})
		r.want("no longer suspended", []string{"a.test"}, r.woken())
		r.take(a)
		r.refused(b)
		r.want("one", 1, len(r.Suspensions()))
		if !r.Resume("x") {
			t.Error("Resume")
		}
		r.take(b)
	})
}

// TestFull: the list of what has no room now, and how often it was looked at.
func TestFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - fields: [recipientdomain]
    conditions:
      - { if: { recipientdomain: rate.test }, then: { rate: 1/60 } }
      - { if: { recipientdomain: interval.test }, then: { connectinterval: 60 } }
    default: { concurrency: 1 }
---
suspends: [{ recipientdomain: off.test }]`)
		for _, d := range []string{"rate.test", "interval.test", "a.test", "b.test"} {
			r.take(waiter(d))
			if d != "b.test" {
				r.refused(waiter(d))
			}
		}
		r.refused(waiter("off.test"))
		s := r.Stats()
		r.want("full", []any{1, 1, 1, int64(1)}, []any{s.ConcurrencyFull, s.RateFull, s.IntervalFull, s.Suspend})
		if s.Evals < 8 {
			t.Errorf("%d evaluations for 8 waiters", s.Evals)
		}
		time.Sleep(61 * time.Second)
		r.woken()
		s = r.Stats()
		r.want("still full", []any{1, 0, 0}, []any{s.ConcurrencyFull, s.RateFull, s.IntervalFull})
	})
}
