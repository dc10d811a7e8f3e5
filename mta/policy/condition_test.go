package policy_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// limit returns the concurrency that the first policy gives a waiter.
func (r *rig) limit(w *policy.Waiter) int {
	r.t.Helper()
	v := r.Explain(w)
	if len(v) == 0 {
		return -1
	}
	return v[0].Concurrency
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, conditions string
		change           func(*policy.Waiter)
		want             int
	}{
		{"exact", `{ if: { recipientdomain: A.Test }, then: { concurrency: 7 } }`, nil, 7},
		{"the first that fits", `{ if: { recipientdomain: "*.test" }, then: { concurrency: 7 } }, { if: { recipientdomain: a.test }, then: { concurrency: 8 } }`, nil, 7},
		{"none fits", `{ if: { recipientdomain: b.test }, then: { concurrency: 7 } }`, nil, 1},
		{"any depth", `{ if: { remotemx: "*.test" }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.RemoteMX = "x.y.z.test" }, 7},
		{"not the name itself", `{ if: { recipientdomain: "*.a.test" }, then: { concurrency: 7 } }`, nil, 1},
		{"all fields", `{ if: { recipientdomain: a.test, tenantid: t }, then: { concurrency: 7 } }`, nil, 1},
		{"alternatives", `{ if: { recipientdomain: [b.test, a.test] }, then: { concurrency: 7 } }`, nil, 7},
		{"pattern", `{ if: { recipientdomain: /^A\.T/ }, then: { concurrency: 7 } }`, nil, 7},
		{"pattern of a tenant, in its case", `{ if: { tenantid: /^T/ }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.TenantID = "t1" }, 1},
		{"empty", `{ if: { tenantid: "" }, then: { concurrency: 7 } }`, nil, 7},
		{"empty only", `{ if: { tenantid: "" }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.TenantID = "t" }, 1},
		{"address", `{ if: { remoteip: 192.0.2.1 }, then: { concurrency: 7 } }`, nil, 7},
		{"network", `{ if: { remoteip: 192.0.2.0/24 }, then: { concurrency: 7 } }`, nil, 7},
		{"other network", `{ if: { remoteip: 198.51.100.0/24 }, then: { concurrency: 7 } }`, nil, 1},
		{"IPv6", `{ if: { remoteip: "2001:db8::/32" }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.RemoteIP = netip.MustParseAddr("2001:db8::1") }, 7},
		{"list", `{ if: { recipientdomain: "@big" }, then: { concurrency: 7 } }`, nil, 7},
		{"grouping", `{ if: { grouping: "&Big" }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.Grouping = "&Big" }, 7},
		{"else ends the search", `{ if: { recipientdomain: b.test }, then: { concurrency: 7 }, else: { concurrency: 9 } }, { if: { recipientdomain: a.test }, then: { concurrency: 8 } }`, nil, 9},
		{"a member stands for its grouping", `{ if: { grouping: gmail.test }, then: { concurrency: 7 } }`, func(w *policy.Waiter) { w.Facts.Grouping = "&Big" }, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, fmt.Sprintf(`
policies:
  - { fields: [recipientdomain, tenantid, remotemx, remoteip, grouping], conditions: [%s], default: { concurrency: 1 } }
---
suspends: []
---
queues: { grouping: { groupings: [{ id: Big, recipientdomain: [gmail.test] }] } }
lists: { recipientdomain: [{ id: big, items: ["*.big.test", a.test] }] }`, c.conditions))
			w := waiter("a.test")
			if c.change != nil {
				c.change(w)
			}
			r.want("limit", c.want, r.limit(w))
		})
	}
}

// TestRollup: what is rolled up shares a counter, and a condition on a member acts on
// all of it.
func TestRollup(t *testing.T) {
	r := newRig(t, `
policies:
  - fields: [{ remotemx: { google: ["*.google.test"], local: [mx.b.test] } }]
    conditions:
      - { if: { remotemx: aspmx.google.test }, then: { concurrency: 2 } }
      - { if: { remotemx: "#local" }, then: { concurrency: 1 } }
    default: { concurrency: 9 }`)
	a, b, c := waiter("a.test"), waiter("c.test"), waiter("b.test")
	a.Facts.RemoteMX, b.Facts.RemoteMX = "alt1.google.test", "alt2.google.test"
	r.want("limits", []int{2, 2, 1}, []int{r.limit(a), r.limit(b), r.limit(c)})
	l := r.take(a)
	r.take(b)
	r.refused(a)
	x := r.Applied(l)[0]
	r.want("rollup", map[policy.Field]string{policy.RemoteMX: "#google"}, x.Rollups)
}

func TestStop(t *testing.T) {
	r := newRig(t, `
policies:
  - { fields: [recipientdomain], conditions: [{ if: { recipientdomain: a.test }, then: { rate: 100/1, stop: true, tag: own } }] }
  - { default: { concurrency: 0, tag: rest } }`)
	r.want("tags", []string{"own"}, policy.Tags(r.Applied(r.take(waiter("a.test")))))
	r.refused(waiter("b.test"))
}

func condition(id string, concurrency int, patterns ...string) policy.Condition {
	c := policy.Condition{ID: id, Type: "backoff", Fields: []policy.Field{policy.RecipientDomain, policy.TenantID}, Then: config.PolicyAction{Concurrency: &concurrency}}
	for i, f := range []string{"recipientdomain", "tenantid"} {
		if i < len(patterns) {
			c.If = append(c.If, config.FieldMatch{Field: f, Patterns: []string{patterns[i]}})
		}
	}
	return c
}

func TestDynamic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - fields: [tenantid, recipientdomain]
    default: { concurrency: 5, tag: static, properties: { a: 1, b: x } }`)
		w := waiter("a.test")
		w.Facts.TenantID = "t"
		add := func(c policy.Condition, update bool) []any {
			id, added, err := r.AddCondition(c, update)
			return []any{id, added, err}
		}
		c := condition("one", 1, "a.test")
		c.TTL = time.Minute
		c.Then.Properties = map[string]any{"b": "y"}
		r.want("new", []any{"one", true, nil}, add(c, true))
		l := r.take(w)
		x := r.Applied(l)[0]
		r.want("what it does not give stays", []any{"static", map[string]any{"a": 1.0, "b": "y"}, "one"}, []any{x.Tag, x.Properties, x.Dynamic.ID})
		r.refused(w)

		two := condition("two", 2, "a.test", "t")
		r.want("more specific", []any{"two", true, nil}, add(two, true))
		r.want("it has room", []string{"a.test"}, r.woken())
		r.take(w)
		r.refused(w)
		two.ID = "three"
		*two.Then.Concurrency = 9
		r.want("equal, left", []any{"two", false, nil}, add(two, false))
		r.want("limit", 2, r.limit(w))
		three := condition("three", 3, "a.test", "t")
		r.want("equal, changed", []any{"two", false, nil}, add(three, true))
		r.want("limit", 3, r.limit(w))
		r.want("woken", []string{"a.test"}, r.woken())
		r.take(w)
		r.refused(w)

		if !r.DeleteCondition("two") || r.DeleteCondition("two") {
			t.Error("DeleteCondition")
		}
		r.want("limit", 1, r.limit(w))
		time.Sleep(61 * time.Second)
		r.want("woken when the ttl has ended", []string{"a.test"}, r.woken())
		r.want("limit", 5, r.limit(w))

		bad := condition("bad", 1, "a.test")
		bad.Fields = bad.Fields[:1]
		if _, _, err := r.AddCondition(bad, true); err == nil || err.Error() != "no policy has the fields recipientdomain" {
			t.Error(err)
		}

		// A reload keeps counters and conditions of a policy that is still there.
		add(c, true)
		r.load(`
policies:
  - { fields: [recipientdomain], default: { concurrency: 4 } }
  - { fields: [tenantid, recipientdomain], default: { concurrency: 6 } }`)
		v := r.Explain(w)
		r.want("explained", []any{4, 1, 3}, []any{v[0].Concurrency, v[1].Concurrency, v[1].Open})
		r.refused(w)
		r.load("policies: []")
		r.want("conditions", 0, len(r.Conditions()))
		r.want("woken by the reload", []string{"a.test"}, r.woken())
	})
}

func TestExplain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { id: tenants, fields: [tenantid], default: { rate: 1/60 } }
---
suspends: [{ localip: 192.0.2.11 }]`)
		w := waiter("a.test", "192.0.2.10", "192.0.2.11")
		w.Facts.TenantID = "t"
		r.take(w)
		r.refused(w)
		until := time.Now().Add(time.Minute)
		type row struct {
			Source, From, Reason string
			Until                bool
			Waiting              int
		}
		var got []row
		for _, v := range r.Explain(w) {
			x := row{Source: v.Source.IP.String(), From: v.From, Reason: string(v.Reason), Until: v.Until.Equal(until), Waiting: v.Waiting}
			if v.Suspension != nil {
				x.From = v.Suspension.ID
			}
			got = append(got, x)
		}
		r.want("explained", []row{
			{"192.0.2.10", "policies[0].default", "rate", true, 1},
			{"192.0.2.11", "suspends[0]", "suspension", false, 0},
			{"192.0.2.11", "policies[0].default", "rate", true, 1},
		}, got)
		b := r.Blocked()
		r.want("blocked", []any{1, []string{"t"}, 1}, []any{len(b), b[0].Values, b[0].Waiting})
	})
}

// TestSweep: counters that say nothing any more are forgotten, others are not.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
policies:
  - { fields: [recipientdomain], conditions: [{ if: { recipientdomain: day.test }, then: { rate: 1/86400 } }], default: { concurrency: 1 } }`)
		for n := range 1000 {
			r.Release(r.take(waiter(fmt.Sprintf("d%d.test", n))))
		}
		day, held := waiter("day.test"), waiter("held.test")
		r.take(day)
		r.take(held)
		time.Sleep(2 * time.Minute)
		r.Tick(time.Now())
		r.want("counters", 2, r.Stats().Counters)
		r.refused(day)
		r.refused(held)
	})
}
